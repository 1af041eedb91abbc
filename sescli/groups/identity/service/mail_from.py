"""The custom MAIL FROM domain of an identity: it receives bounces, and receivers check its SPF record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import NextCommand
from sescli.aws.try_read import try_read
from sescli.dns.names import IdentityName, parse_domain
from sescli.dns.records import Record, WantedRecords
from sescli.errors import UsageError
from sescli.groups.identity.service.identities import SUCCESS, Identity, build_identity, get_email_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sescli.aws.gateway import Gateway

USE_DEFAULT, REJECT = "USE_DEFAULT_VALUE", "REJECT_MESSAGE"
# The spelling of sescli, of API v2, and (without underscores) of API v1.
_BEHAVIOURS = {
    "use-default": USE_DEFAULT,
    "reject": REJECT,
    "usedefaultvalue": USE_DEFAULT,
    "rejectmessage": REJECT,
}


@dataclass(frozen=True)
class MailFrom:
    """The MAIL FROM domain of an identity, None without one, and the DNS records that it needs."""

    identity: str
    mail_from_domain: str | None
    mail_from_status: str | None
    mail_from_on_mx_failure: str | None
    records: tuple[Record, ...]


def parse_behaviour(text: str) -> str:
    """`use-default` or `reject`, or the spelling of either API. Raises `UsageError`."""
    name = text.strip().lower().replace("_", "")
    if name not in _BEHAVIOURS:
        raise UsageError(f"--on-mx-failure {text!r} is not valid", hint="use use-default or reject")
    return _BEHAVIOURS[name]


def parse_mail_from_domain(name: IdentityName, given: str) -> str:
    """The MAIL FROM domain from a label or a full name. Raises `UsageError` if it is not a subdomain."""
    domain = parse_domain(given if "." in given.strip(".") else f"{given.strip('.')}.{name.domain}")
    if not domain.endswith(f".{name.domain}"):
        raise UsageError(
            f"the MAIL FROM domain {domain} is not a subdomain of {name.domain}",
            hint=f"use a label such as bounce, which means bounce.{name.domain}",
        )
    return domain


def show(aws: Gateway, name: IdentityName) -> tuple[Identity, MailFrom]:
    """The MAIL FROM domain of an identity (SES API v2 GetEmailIdentity). Raises `NotFoundError`."""
    answer = get_email_identity(aws, name)
    return build_identity(name.text, answer), _mail_from(aws, name, answer)


@dataclass(frozen=True)
class MailFromChange:
    """A MAIL FROM domain to set. `risk` is what to ask about first."""

    before: Identity
    domain: str
    behaviour: str

    @property
    def risk(self) -> str | None:
        """Email that SES would reject because of the change, in a sentence without its full stop, or None."""
        is_found = self.before.mail_from_status == SUCCESS and self.before.mail_from_domain == self.domain
        if is_found or self.behaviour != REJECT or not self.before.sending_enabled:
            return None
        return (
            f"SES rejects all email from {self.before.identity} until it finds the MX record of {self.domain}"
        )

    def apply(self, aws: Gateway) -> tuple[Identity, MailFrom]:
        """Set it (SES API v2 PutEmailIdentityMailFromAttributes); SES looks for its MX record again."""
        name = IdentityName(self.before.identity)
        aws.write(
            "sesv2",
            "PutEmailIdentityMailFromAttributes",
            EmailIdentity=name.text,
            MailFromDomain=self.domain,
            BehaviorOnMxFailure=self.behaviour,
        )
        return show(aws, name)


def plan_change(now: Identity, domain: str | None, behaviour: str | None) -> MailFromChange:
    """The full settings, from the new and the current ones, because the API call replaces both.

    Raises `UsageError` without a new or a current domain, and for a domain that is not a subdomain.
    """
    if domain is None and now.mail_from_domain is None:
        raise UsageError(
            f"{now.identity} has no MAIL FROM domain yet, so --domain is required",
            hint=NextCommand("identity", "mail-from", "set", now.identity, "--domain", "bounce"),
        )
    chosen = (
        parse_mail_from_domain(IdentityName(now.identity), domain)
        if domain is not None
        else now.mail_from_domain
    )
    present = now.mail_from_on_mx_failure if now.mail_from_domain else None
    return MailFromChange(now, str(chosen), behaviour or present or USE_DEFAULT)


def is_registered_identity(aws: Gateway, domain: str, *, warn: Callable[[str], None]) -> bool:
    """Whether a domain is itself an identity (SES API v1 GetIdentityVerificationAttributes).

    A look-up that is denied calls `warn` and returns False.
    """
    answer = try_read(
        f"whether {domain} is also an identity",
        lambda: aws.read("ses", "GetIdentityVerificationAttributes", Identities=[domain]),
        warn=warn,
    )
    return domain in (answer or {}).get("VerificationAttributes", {})


def clear(aws: Gateway, name: IdentityName) -> MailFrom:
    """Remove the MAIL FROM domain (SES API v2 PutEmailIdentityMailFromAttributes without a domain)."""
    aws.write("sesv2", "PutEmailIdentityMailFromAttributes", EmailIdentity=name.text)
    return MailFrom(name.text, None, None, None, ())


def clear_effect(now: Identity) -> str:
    """What its removal changes, in a sentence without its full stop."""
    is_signed = now.dkim.signing_enabled and now.dkim.status == SUCCESS
    dmarc = "passes through DKIM alone" if is_signed else "fails, and many mailbox providers treat it as spam"
    return (
        f"Bounces go to amazonses.com instead of {now.mail_from_domain}. SPF no longer passes for "
        f"{IdentityName(now.identity).domain}, so DMARC {dmarc}"
    )


def _mail_from(aws: Gateway, name: IdentityName, answer: Mapping[str, Any]) -> MailFrom:
    now = build_identity(name.text, answer)
    if now.mail_from_domain is None:
        return MailFrom(name.text, None, None, None, ())
    wanted = WantedRecords(name.text, answer, aws.region).for_address()
    return MailFrom(
        name.text, now.mail_from_domain, now.mail_from_status, now.mail_from_on_mx_failure, tuple(wanted)
    )
