"""Delete identities, and find what depends on them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.aws.try_read import try_read
from sescli.dns.names import EMAIL_ADDRESS
from sescli.dns.regions import RECEIVING
from sescli.errors import NotFoundError
from sescli.groups.identity.service.identities import (
    MAX_NAMES_PER_CALL,
    build_identity,
    get_email_identity,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName

_MAX_NAMES_SHOWN = 5


@dataclass(frozen=True)
class Dependents:
    """What depends on an identity, and is deleted or changed with it.

    `identities_below` are verified on their own and stay. `mail_from_of` are other identities whose MAIL FROM
    domain is this one or below it. `receipt_rules` are the rules of the active rule set that match its email. A
    rule without recipients matches the email of every verified domain, so it is included.
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
        """What the deletion changes, one sentence each."""
        if self.type != EMAIL_ADDRESS:
            yield f"you can no longer send from addresses and subdomains of {self.identity}, unless they are identities themselves"
        if self.config_set:
            yield f"its default configuration set {self.config_set} no longer applies to its email"
        if self.mail_from_domain:
            yield f"its MAIL FROM domain {self.mail_from_domain} is removed"
        if self.policies:
            yield f"its sending policies are deleted: {_shorten(self.policies)}"
        if self.receipt_rules:
            yield f"SES no longer receives email for it; matching receipt rules: {_shorten(self.receipt_rules)}"
        if self.identities_below:
            yield f"these identities stay, verified on their own: {_shorten(self.identities_below)}"
        if self.mail_from_of:
            yield f"these identities have their MAIL FROM domain here: {_shorten(self.mail_from_of)}"


def _shorten(names: tuple[str, ...]) -> str:
    more = len(names) - _MAX_NAMES_SHOWN
    return ", ".join(names[:_MAX_NAMES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def find_dependents(aws: Gateway, name: IdentityName, *, warn: Callable[[str], None]) -> Dependents:
    """Find what depends on an identity. Raises `NotFoundError` if the identity does not exist.

    SES API v2 GetEmailIdentity and ListEmailIdentities, v1 DescribeActiveReceiptRuleSet and
    GetIdentityMailFromDomainAttributes. A look-up that is denied goes to `warn` and finds nothing.
    """
    with _explain_not_found(aws, name):
        identity = build_identity(name.text, get_email_identity(aws, name))
    lookup = _DependentLookup(aws, name, warn)
    below = () if name.is_address else lookup.identities_below()
    return Dependents(
        identity=identity.identity,
        type=identity.type,
        config_set=identity.config_set,
        mail_from_domain=identity.mail_from_domain,
        policies=tuple(identity.policies),
        receipt_rules=() if name.is_address else lookup.receipt_rules(),
        identities_below=below,
        mail_from_of=() if name.is_address else lookup.mail_from_of(below),
    )


def delete(aws: Gateway, name: IdentityName) -> str:
    """Delete an identity and return its name (SES API v2 DeleteEmailIdentity).

    SES refuses while the identity is associated with a tenant.
    """
    with _explain_not_found(aws, name):
        aws.write("sesv2", "DeleteEmailIdentity", EmailIdentity=name.text)
    return name.text


@contextmanager
def _explain_not_found(aws: Gateway, name: IdentityName) -> Iterator[None]:
    """The likely cause is a different name or region, so the hint does not suggest to create the identity."""
    try:
        yield
    except NotFoundError as error:
        error.message = f"identity {name} not found in {aws.region}"
        error.hint = Advice(
            "identities belong to one region (--region). To list them: ", NextCommand("identity", "list")
        )
        raise


@dataclass(frozen=True)
class _DependentLookup:
    """The look-ups for a domain."""

    aws: Gateway
    name: IdentityName
    warn: Callable[[str], None]

    def identities_below(self) -> tuple[str, ...]:
        """Addresses and subdomains that are identities themselves."""
        domain = self.name.text
        found = try_read(
            f"which identities are below {domain}",
            lambda: list(
                self.aws.pages(
                    "sesv2",
                    "ListEmailIdentities",
                    "EmailIdentities",
                    Filter={"IDENTITY_NAME_CONTAINS": domain},
                )
            ),
            warn=self.warn,
        )
        names = (identity["IdentityName"] for identity in found or ())
        return tuple(name for name in names if name.endswith((f"@{domain}", f".{domain}")))

    def receipt_rules(self) -> tuple[str, ...]:
        """Rules of the active rule set that match email for the domain, as `set/rule`."""
        if self.aws.region not in RECEIVING:
            return ()
        active = try_read(
            f"which receipt rules match email for {self.name}",
            lambda: self.aws.read("ses", "DescribeActiveReceiptRuleSet"),
            warn=self.warn,
        )
        rule_set = (active or {}).get("Metadata", {}).get("Name", "")
        rules = (active or {}).get("Rules", ())
        return tuple(f"{rule_set}/{rule['Name']}" for rule in rules if self._is_matched_by(rule))

    def _is_matched_by(self, rule: Mapping[str, Any]) -> bool:
        recipients = rule.get("Recipients", ())
        if not recipients:
            return True
        domain = self.name.text
        # A recipient is an address, a domain, or all subdomains of a domain (`.example.com`).
        return any(
            f".{recipient.lower().rpartition('@')[2].lstrip('.')}".endswith(f".{domain}")
            for recipient in recipients
        )

    def mail_from_of(self, below: tuple[str, ...]) -> tuple[str, ...]:
        """Parent and child identities whose MAIL FROM domain is this one or below it."""
        names = list(islice((*self.name.parents(), *below), MAX_NAMES_PER_CALL))
        if not names:
            return ()
        answer = try_read(
            f"which identities have their MAIL FROM domain in {self.name}",
            lambda: self.aws.read("ses", "GetIdentityMailFromDomainAttributes", Identities=names),
            warn=self.warn,
        )
        return tuple(self._with_mail_from_here((answer or {}).get("MailFromDomainAttributes", {})))

    def _with_mail_from_here(self, attributes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
        for name, attribute in sorted(attributes.items()):
            domain = attribute.get("MailFromDomain") or ""
            if f".{domain}".endswith(f".{self.name.text}"):
                yield name
