"""The custom MAIL FROM domain of an identity: where its bounces go, and whose SPF is checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.dns.names import IdentityName, parse_domain
from sescli.dns.records import Record, WantedRecords
from sescli.errors import AccessError, ApiError, UsageError
from sescli.groups.identity.service.identities import SUCCESS, Identity, get, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.aws.gateway import Gateway

USE_DEFAULT, REJECT = "USE_DEFAULT_VALUE", "REJECT_MESSAGE"
# As typed here, as API v2 spells them, and (without its _) as API v1 does.
_BEHAVIOURS = {
    "use-default": USE_DEFAULT,
    "reject": REJECT,
    "usedefaultvalue": USE_DEFAULT,
    "rejectmessage": REJECT,
}


@dataclass(frozen=True)
class MailFrom:
    """The MAIL FROM of an identity, None where it has no domain of its own, and the DNS records it wants."""

    identity: str
    mail_from_domain: str | None
    mail_from_status: str | None
    mail_from_on_mx_failure: str | None
    records: tuple[Record, ...]


def parse_behaviour(text: str) -> str:
    """`use-default` or `reject`, or as either API spells them. Raises `UsageError`."""
    name = text.strip().lower().replace("_", "")
    if name not in _BEHAVIOURS:
        raise UsageError(f"--on-mx-failure is {text!r}", hint="it takes use-default or reject")
    return _BEHAVIOURS[name]


def subdomain(name: IdentityName, given: str) -> str:
    """The MAIL FROM domain for a label or a whole domain. Raises `UsageError` for one that is no subdomain."""
    domain = parse_domain(given if "." in given.strip(".") else f"{given.strip('.')}.{name.domain}")
    if not domain.endswith(f".{name.domain}"):
        raise UsageError(
            f"the MAIL FROM domain {domain} is no subdomain of {name.domain}",
            hint=f"a label will do: bounce, for bounce.{name.domain}",
        )
    return domain


def show(aws: Gateway, name: IdentityName) -> tuple[Identity, MailFrom]:
    """The MAIL FROM of an identity (SES API v2 GetEmailIdentity). Raises `NotFoundError`."""
    answer = get(aws, name)
    return whole(name.text, answer), _mail_from(aws, name, answer)


@dataclass(frozen=True)
class Setting:
    """A MAIL FROM to be set. `risk` is what to ask about before."""

    before: Identity
    domain: str
    behaviour: str

    @property
    def risk(self) -> str | None:
        """Mail that would be refused from now on, or None."""
        found = self.before.mail_from_status == SUCCESS and self.before.mail_from_domain == self.domain
        if found or self.behaviour != REJECT or not self.before.sending_enabled:
            return None
        return f"Until SES has found the MX record of {self.domain}, it refuses all mail from {self.before.identity}"

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


def setting(now: Identity, domain: str | None, behaviour: str | None) -> Setting:
    """What is set, from what was given and what is there: the call replaces both.

    Raises `UsageError` where neither names a domain, and for a domain that is no subdomain of the identity's.
    """
    if domain is None and now.mail_from_domain is None:
        raise UsageError(
            f"{now.identity} has no MAIL FROM domain yet, and --domain names none",
            hint=f"sescli identity mail-from set {now.identity} --domain bounce",
        )
    chosen = subdomain(IdentityName(now.identity), domain) if domain is not None else now.mail_from_domain
    present = now.mail_from_on_mx_failure if now.mail_from_domain else None
    return Setting(now, str(chosen), behaviour or present or USE_DEFAULT)


def is_identity(aws: Gateway, domain: str) -> bool:
    """Whether mail may be sent from it too, as from no MAIL FROM domain (v1 GetIdentityVerificationAttributes).

    A look-up that is denied knows of none.
    """
    try:
        answer = aws.read("ses", "GetIdentityVerificationAttributes", Identities=[domain])
    except (AccessError, ApiError):
        return False
    return domain in answer.get("VerificationAttributes", {})


def clear(aws: Gateway, name: IdentityName) -> MailFrom:
    """Go back to amazonses.com (PutEmailIdentityMailFromAttributes without a domain)."""
    aws.write("sesv2", "PutEmailIdentityMailFromAttributes", EmailIdentity=name.text)
    return MailFrom(name.text, None, None, None, ())


def loss(now: Identity) -> str:
    """What clearing it takes away, in a sentence."""
    signed = now.dkim.signing_enabled and now.dkim.status == SUCCESS
    rest = "passes by DKIM alone" if signed else "fails, for which many mailbox hosts junk mail"
    return (
        f"Bounces no longer go to {now.mail_from_domain} but to amazonses.com; "
        f"SPF then says nothing about {IdentityName(now.identity).domain}, and DMARC {rest}"
    )


def _mail_from(aws: Gateway, name: IdentityName, answer: Mapping[str, Any]) -> MailFrom:
    now = whole(name.text, answer)
    if now.mail_from_domain is None:
        return MailFrom(name.text, None, None, None, ())
    wanted = WantedRecords(name.text, answer, aws.region).for_address()
    return MailFrom(
        name.text, now.mail_from_domain, now.mail_from_status, now.mail_from_on_mx_failure, tuple(wanted)
    )
