"""Deleting identities: what leans on one, and the deletion."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sescli.dns.names import EMAIL_ADDRESS
from sescli.dns.regions import RECEIVING
from sescli.errors import AccessError, ApiError, NotFoundError
from sescli.groups.identity.service.identities import get, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName

_SHOWN = 5
_NAMES_A_CALL = 100  # the most that the attribute calls of API v1 take


@dataclass(frozen=True)
class Dependents:
    """What leans on an identity, and goes or changes with it.

    `identities_below` are verified on their own and stay. `mail_from_of` are other identities whose MAIL
    FROM domain is this one or below it. `receipt_rules` are those of the active rule set that take its mail;
    one without recipients takes the mail of every verified domain, and counts too.
    """

    identity: str
    type: str
    config_set: str | None
    mail_from_domain: str | None
    policies: tuple[str, ...]
    receipt_rules: tuple[str, ...]
    identities_below: tuple[str, ...]
    mail_from_of: tuple[str, ...]

    def consequences(self) -> Iterator[str]:
        """What deleting it changes, in sentences."""
        if self.type != EMAIL_ADDRESS:
            yield f"addresses and subdomains of {self.identity} that are no identities themselves can no longer send"
        if self.config_set:
            yield f"its default configuration set {self.config_set} no longer applies to mail from it"
        if self.mail_from_domain:
            yield f"its MAIL FROM domain {self.mail_from_domain} is forgotten"
        if self.policies:
            yield f"its sending policies go: {_some(self.policies)}"
        if self.receipt_rules:
            yield f"SES no longer receives mail for it; receipt rules that take it: {_some(self.receipt_rules)}"
        if self.identities_below:
            yield f"these stay, verified on their own: {_some(self.identities_below)}"
        if self.mail_from_of:
            yield f"these have their MAIL FROM domain here: {_some(self.mail_from_of)}"


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def leaning(aws: Gateway, name: IdentityName, *, warn: Callable[[str], None]) -> Dependents:
    """Look at what leans on it. Raises `NotFoundError` when there is no such identity.

    SES API v2 GetEmailIdentity and ListEmailIdentities, v1 DescribeActiveReceiptRuleSet and
    GetIdentityMailFromDomainAttributes; a look-up that is denied is warned of and finds nothing.
    """
    with _existing(aws, name):
        now = whole(name.text, get(aws, name))
    look = _Look(aws, name, warn)
    below = () if name.is_address else look.identities_below()
    return Dependents(
        identity=now.identity,
        type=now.type,
        config_set=now.config_set,
        mail_from_domain=now.mail_from_domain,
        policies=tuple(now.policies),
        receipt_rules=() if name.is_address else look.receipt_rules(),
        identities_below=below,
        mail_from_of=() if name.is_address else look.mail_from_of(below),
    )


def delete(aws: Gateway, name: IdentityName) -> str:
    """Delete an identity and give its name (SES API v2 DeleteEmailIdentity).

    SES refuses while the identity is associated with a tenant.
    """
    with _existing(aws, name):
        aws.write("sesv2", "DeleteEmailIdentity", EmailIdentity=name.text)
    return name.text


@contextmanager
def _existing(aws: Gateway, name: IdentityName) -> Iterator[None]:
    """Who deletes what is not there has another name in mind, or another region."""
    try:
        yield
    except NotFoundError as error:
        error.message = f"{name} is no identity in {aws.region}"
        error.hint = "sescli identity list shows those there are, per region (--region)"
        raise


@dataclass(frozen=True)
class _Look:
    """The look-ups for a domain."""

    aws: Gateway
    name: IdentityName
    warn: Callable[[str], None]

    def identities_below(self) -> tuple[str, ...]:
        """Addresses and subdomains that are identities of their own."""
        domain = self.name.text
        found = self._tried(
            lambda: list(
                self.aws.pages(
                    "sesv2",
                    "ListEmailIdentities",
                    "EmailIdentities",
                    Filter={"IDENTITY_NAME_CONTAINS": domain},
                )
            ),
            "which identities are below it",
        )
        names = (identity["IdentityName"] for identity in found or ())
        return tuple(name for name in names if name.endswith((f"@{domain}", f".{domain}")))

    def receipt_rules(self) -> tuple[str, ...]:
        """Rules of the active set that take mail for it, as `set/rule`."""
        if self.aws.region not in RECEIVING:
            return ()
        active = self._tried(
            lambda: self.aws.read("ses", "DescribeActiveReceiptRuleSet"), "which receipt rules take its mail"
        )
        rule_set = (active or {}).get("Metadata", {}).get("Name", "")
        rules = (active or {}).get("Rules", ())
        return tuple(f"{rule_set}/{rule['Name']}" for rule in rules if self._takes_mail(rule))

    def _takes_mail(self, rule: Mapping[str, Any]) -> bool:
        recipients = rule.get("Recipients", ())
        if not recipients:
            return True
        domain = self.name.text
        # A recipient is an address, a domain, or its subdomains as `.example.com`.
        return any(
            f".{recipient.lower().rpartition('@')[2].lstrip('.')}".endswith(f".{domain}")
            for recipient in recipients
        )

    def mail_from_of(self, below: tuple[str, ...]) -> tuple[str, ...]:
        """Identities above or below whose MAIL FROM domain is this one or below it."""
        names = list(islice((*self.name.parents(), *below), _NAMES_A_CALL))
        if not names:
            return ()
        answer = self._tried(
            lambda: self.aws.read("ses", "GetIdentityMailFromDomainAttributes", Identities=names),
            "whose MAIL FROM domain it is",
        )
        return tuple(self._mail_from_here((answer or {}).get("MailFromDomainAttributes", {})))

    def _mail_from_here(self, attributes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
        for name, attribute in sorted(attributes.items()):
            domain = attribute.get("MailFromDomain") or ""
            if f".{domain}".endswith(f".{self.name.text}"):
                yield name

    def _tried(self, ask: Callable[[], Any], what: str) -> Any:
        try:
            return ask()
        except (AccessError, ApiError) as error:
            self.warn(f"not known {what}: {error.message}")
            return None
