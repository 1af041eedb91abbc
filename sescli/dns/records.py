"""The DNS records that an identity wants, made from SES's answer about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sescli.dns.regions import RECEIVING, dkim_zone
from sescli.errors import ApiError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Half an hour: what the SES console writes to Route 53.
TTL = 1800

SENDING, RECEIVING_MAIL, ALL = "sending", "receiving", "all"
PURPOSES = (SENDING, RECEIVING_MAIL, ALL)

# What the service answers is checked: a line break in a token would be a second record in a zone file.
_TEXT = re.compile("[ -~]+")
_HOST = re.compile(r"(?!.{254})[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)+")


@dataclass(frozen=True)
class Record:
    """A DNS record. `name` and host names in `value` are absolute, without the closing dot.

    `priority` is an MX's preference, else None. `ttl` is in seconds. `purpose` is `dkim`, `verification`,
    `mail_from_mx`, `mail_from_spf`, `dmarc` or `inbound_mx`. A TXT's value is unquoted and whole, however
    long. `value` is None only for a BYODKIM key that SES does not tell (`WantedRecords`).
    """

    type: str
    name: str
    value: str | None
    priority: int | None
    ttl: int
    purpose: str
    required: bool


def checked_purpose(text: str) -> str:
    """One of `PURPOSES`, whatever its case. Raises `UsageError` for another."""
    if text.lower() not in PURPOSES:
        raise UsageError(f"--for is {text!r}, which is none of: {', '.join(PURPOSES)}")
    return text.lower()


@dataclass(frozen=True)
class WantedRecords:
    """Builds the records of a domain from an answer of GetEmailIdentity (SES API v2).

    `dkim_public_key` is the base64 public key of a BYODKIM domain: SES knows it and does not tell it.
    `verification_token` is v1's, for the `_amazonses` TXT record.
    """

    domain: str
    identity: Mapping[str, Any]
    region: str
    dkim_public_key: str | None = None
    verification_token: str | None = None

    def for_purpose(self, purpose: str) -> list[Record]:
        """The records for `sending`, `receiving` or `all`, in the order in which they matter.

        Raises `UsageError` for receiving in a region where SES receives no mail.
        """
        wanted: list[Record] = []
        if purpose in {SENDING, ALL}:
            wanted += [*self.dkim(), *self.verification(), *self.mail_from(), self.dmarc()]
        if purpose in {RECEIVING_MAIL, ALL}:
            wanted.append(self.inbound_mx())
        return [_checked(record) for record in wanted]

    def for_address(self) -> list[Record]:
        """Those of an address: none, but for a MAIL FROM domain of its own."""
        return [_checked(record) for record in self.mail_from()]

    def dkim(self) -> Iterator[Record]:
        """Easy DKIM: a CNAME a token. BYODKIM: one TXT below the selector."""
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
        """The TXT record of API v1. Where DKIM verifies the domain it is not required."""
        if self.verification_token:
            needed = not self.identity.get("DkimAttributes", {}).get("Tokens")
            record = _record("TXT", f"_amazonses.{self.domain}", self.verification_token, "verification")
            yield replace(record, required=needed)

    def mail_from(self) -> Iterator[Record]:
        """MX and SPF of the custom MAIL FROM domain. The MX must be the only one of its name."""
        name = self.identity.get("MailFromAttributes", {}).get("MailFromDomain")
        if name:
            host = f"feedback-smtp.{self.region}.amazonses.com"
            yield _record("MX", name, host, "mail_from_mx", priority=10)
            yield _record("TXT", name, "v=spf1 include:amazonses.com ~all", "mail_from_spf")

    def dmarc(self) -> Record:
        """A policy that asks for nothing yet (RFC 9989); SES does without, the large mailbox hosts do not."""
        record = _record("TXT", f"_dmarc.{self.domain}", "v=DMARC1; p=none;", "dmarc")
        return replace(record, required=False)

    def inbound_mx(self) -> Record:
        """All mail to the domain goes to SES. Raises `UsageError` where SES receives no mail."""
        if self.region not in RECEIVING:
            raise UsageError(
                f"SES receives no mail in {self.region}",
                hint="name a region that does, such as --region us-east-1 or eu-west-1",
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
                f"the service names {host!r} for a DNS record, which is no host name", code="BadAnswer"
            )
    if not _TEXT.fullmatch(record.value or "-"):
        raise ApiError(f"the service gives {record.value!r} for a TXT record", code="BadAnswer")
    return record
