"""The DNS records that an identity requires, derived from the answer of SES."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sescli.dns.regions import RECEIVING, dkim_zone
from sescli.errors import ApiError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Seconds. The SES console writes the same TTL to Route 53.
TTL = 1800

SENDING, RECEIVING_MAIL, ALL = "sending", "receiving", "all"
PURPOSES = (SENDING, RECEIVING_MAIL, ALL)

# Answers of the service are checked: a line break in a token would become a second record in a zone file.
_TEXT = re.compile("[ -~]+")
_HOST = re.compile(r"(?!.{254})[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)+")


@dataclass(frozen=True)
class Record:
    """A DNS record. `name` and host names in `value` are absolute, without the trailing dot.

    `priority` is the preference of an MX record, otherwise None. `ttl` is in seconds. `purpose` is `dkim`,
    `verification`, `mail_from_mx`, `mail_from_spf`, `dmarc` or `inbound_mx`. The value of a TXT record is unquoted and
    not split. `value` is None only for a BYODKIM key, which SES does not return (see `WantedRecords`).
    """

    type: str
    name: str
    value: str | None
    priority: int | None
    ttl: int
    purpose: str
    required: bool


def checked_purpose(text: str) -> str:
    """Parse one of `PURPOSES`, in any case. Raises `UsageError`."""
    if text.lower() not in PURPOSES:
        raise UsageError(
            f"--for {text!r} is not valid", hint=f"use {', '.join(PURPOSES[:-1])} or {PURPOSES[-1]}"
        )
    return text.lower()


@dataclass(frozen=True)
class WantedRecords:
    """Derives the records of a domain from an answer of GetEmailIdentity (SES API v2).

    `dkim_public_key` is the base64 public key of a BYODKIM domain, which SES does not return. `verification_token` is
    the token of API v1 for the `_amazonses` TXT record.
    """

    domain: str
    identity: Mapping[str, Any]
    region: str
    dkim_public_key: str | None = None
    verification_token: str | None = None

    def for_purpose(self, purpose: str) -> list[Record]:
        """Return the records for `sending`, `receiving` or `all`, most important first.

        Raises `UsageError` for receiving in a region where SES does not receive email.
        """
        records: list[Record] = []
        if purpose in {SENDING, ALL}:
            records += [*self.dkim(), *self.verification(), *self.mail_from(), self.dmarc()]
        if purpose in {RECEIVING_MAIL, ALL}:
            records.append(self.inbound_mx())
        return [_checked(record) for record in records]

    def for_address(self) -> list[Record]:
        """Return the records for an email address: those of its own MAIL FROM domain, if it has one."""
        return [_checked(record) for record in self.mail_from()]

    def dkim(self) -> Iterator[Record]:
        """Easy DKIM: one CNAME for each token. BYODKIM: one TXT at the selector."""
        attributes = self.identity.get("DkimAttributes", {})
        zone = attributes.get("SigningHostedZone") or dkim_zone(self.region)
        own_key = attributes.get("SigningAttributesOrigin") == "EXTERNAL"
        for token in attributes.get("Tokens", ()):
            name = f"{token}._domainkey.{self.domain}"
            if own_key:
                key = self.dkim_public_key
                yield _record("TXT", name, f"p={key}" if key else None, "dkim")
            else:
                yield _record("CNAME", name, f"{token}.{zone}", "dkim")

    def verification(self) -> Iterator[Record]:
        """The TXT record of API v1. It is not required if DKIM verifies the domain."""
        if self.verification_token:
            needed = not self.identity.get("DkimAttributes", {}).get("Tokens")
            record = _record("TXT", f"_amazonses.{self.domain}", self.verification_token, "verification")
            yield replace(record, required=needed)

    def mail_from(self) -> Iterator[Record]:
        """MX and SPF of the custom MAIL FROM domain. The MX must be the only one at its name."""
        name = self.identity.get("MailFromAttributes", {}).get("MailFromDomain")
        if name:
            host = f"feedback-smtp.{self.region}.amazonses.com"
            yield _record("MX", name, host, "mail_from_mx", priority=10)
            yield _record("TXT", name, "v=spf1 include:amazonses.com ~all", "mail_from_spf")

    def dmarc(self) -> Record:
        """The policy `none` (RFC 9989). SES does not require a policy, but large mailbox providers do."""
        record = _record("TXT", f"_dmarc.{self.domain}", "v=DMARC1; p=none;", "dmarc")
        return replace(record, required=False)

    def inbound_mx(self) -> Record:
        """The MX that delivers all email for the domain to SES. Raises `UsageError` if SES does not receive email here."""
        if self.region not in RECEIVING:
            raise UsageError(
                f"SES does not receive email in {self.region}",
                hint="use a region where it does, for example --region us-east-1 or eu-west-1",
            )
        host = f"inbound-smtp.{self.region}.amazonaws.com"
        return _record("MX", self.domain, host, "inbound_mx", priority=10)


def _record(kind: str, name: str, value: str | None, purpose: str, priority: int | None = None) -> Record:
    return Record(kind, name.lower(), value, priority, TTL, purpose, required=True)


def _checked(record: Record) -> Record:
    hosts = [record.name] if record.type == "TXT" else [record.name, record.value or ""]
    for host in hosts:
        if not _HOST.fullmatch(host.lower()):
            raise ApiError(
                f"the service returned {host!r} for a DNS record, which is not a host name", code="BadAnswer"
            )
    if not _TEXT.fullmatch(record.value or "-"):
        raise ApiError(
            f"the service returned {record.value!r} for a TXT record, which is not printable ASCII",
            code="BadAnswer",
        )
    return record
