"""Checks the DNS records of an identity (docs/ses-behavior.md#dkim-records, #mail-from) and updates its statuses.

DNS queries take time and run without the store's lock. So there are two steps: `check_records` works on a copy of the
identity, and `apply_findings` saves the result if the identity still expects the same records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.emulator.dns_lookup import DNS_SERVER_ERROR, INVALID_VALUE, TYPE_NOT_FOUND
from sescli.emulator.ses.identities import identities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.emulator.dns_lookup import DnsLookup, DnsLookupResult
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

IDENTITY, DKIM, MAIL_FROM = "identity", "dkim", "mail_from"
PENDING, SUCCESS, FAILED = "PENDING", "SUCCESS", "FAILED"
_TIMEOUT_SECONDS = 72 * 3600  # time limit for the records to appear (docs/ses-behavior.md#dkim-detection)


@dataclass
class DnsFindings:
    """The result for each pending part: None if its records are correct, else the ErrorType."""

    expected: dict[str, Any]
    parts: dict[str, str | None] = field(default_factory=dict)
    authority: dict[str, Any] | None = None

    @property
    def error(self) -> str | None:
        return next((error for error in self.parts.values() if error), None)


def pending_parts(record: Record) -> set[str]:
    """The parts of an identity that wait for DNS. An address itself is verified by a link, not by DNS."""
    parts = set()
    if record["status"] == PENDING and not identities.is_address(record["name"]):
        parts.add(IDENTITY)
    if record["dkim"]["Status"] == PENDING:
        parts.add(DKIM)
    if record.get("mail_from", {}).get("MailFromDomainStatus") == PENDING:
        parts.add(MAIL_FROM)
    return parts


def check_records(region_name: str, record: Record, token: str, dns: DnsLookup) -> DnsFindings:
    """Query DNS. `token` is the value of v1's `_amazonses` TXT record, which also verifies a domain."""
    parts, found = pending_parts(record), DnsFindings(_expected_records(record))
    if parts & {IDENTITY, DKIM} and "Tokens" in record["dkim"]:
        found.parts[DKIM] = _first_error(_dkim_errors(record, dns))
    if IDENTITY in parts:
        found.parts[IDENTITY] = _domain_error(
            record["name"], found.parts.get(DKIM, TYPE_NOT_FOUND), token, dns
        )
    if MAIL_FROM in parts:
        found.parts[MAIL_FROM] = _mail_from_error(record["mail_from"]["MailFromDomain"], region_name, dns)
    if found.error:
        found.authority = dns.authority(record["name"].rpartition("@")[2])
    return found


def apply_findings(region: Region, record: Record, found: DnsFindings) -> None:
    """Update the identity with the findings. The caller holds the store's lock and saves the record."""
    if found.expected != _expected_records(record):
        return
    now = region.now()
    record["checked_at"] = now
    waiting = record.setdefault("waiting_since", {})
    for part in pending_parts(record) & found.parts.keys():
        if found.parts[part] is None:
            _set(record, part, SUCCESS)
        elif now - waiting.setdefault(part, now) >= _TIMEOUT_SECONDS:
            _set(record, part, FAILED)
        else:
            continue
        waiting.pop(part, None)
        if part == IDENTITY and found.parts[part] is None:
            record["verified_at"] = now
    _keep(record, "error_type", found.error)
    _keep(record, "soa", found.authority)


def _set(record: Record, part: str, status: str) -> None:
    if part == IDENTITY:
        record["status"] = status
    elif part == DKIM:
        record["dkim"]["Status"] = status
    else:
        record["mail_from"]["MailFromDomainStatus"] = status


def _keep(record: Record, name: str, value: Any) -> None:
    if value is None:
        record.pop(name, None)
    else:
        record[name] = value


def _expected_records(record: Record) -> dict[str, Any]:
    """The records that DNS was queried for. If they changed in the meantime, the findings do not apply."""
    dkim = record["dkim"]
    return {
        "tokens": dkim.get("Tokens"),
        "origin": dkim["SigningAttributesOrigin"],
        "mail_from": record.get("mail_from", {}).get("MailFromDomain"),
    }


def _dkim_errors(record: Record, dns: DnsLookup) -> Iterator[str | None]:
    """Easy DKIM: one CNAME per token. BYODKIM: a TXT record with the public key at the selector."""
    dkim, domain = record["dkim"], record["name"]
    for token in dkim["Tokens"]:
        record_name = f"{token}._domainkey.{domain}"
        if dkim["SigningAttributesOrigin"] == "EXTERNAL":
            yield _public_key_error(dns.ask(record_name, "TXT"), record.get("dkim_public_key"))
        else:
            wanted = f"{token}.{dkim['SigningHostedZone']}"
            answer = dns.ask(record_name, "CNAME")
            yield answer.error or (None if answer.values == (wanted,) else INVALID_VALUE)


def _domain_error(domain: str, dkim_error: str | None, token: str, dns: DnsLookup) -> str | None:
    """A domain is verified by its DKIM records or by v1's token."""
    if dkim_error in {None, DNS_SERVER_ERROR}:
        return dkim_error
    return dkim_error if _txt_error(dns.ask(f"_amazonses.{domain}", "TXT"), token) else None


def _first_error(errors: Iterator[str | None]) -> str | None:
    """The first error. The remaining records are not queried, because a server that does not answer is slow."""
    return next((error for error in errors if error), None)


def _txt_error(answer: DnsLookupResult, wanted: str) -> str | None:
    return answer.error or (None if wanted in answer.values else INVALID_VALUE)


def _public_key_error(answer: DnsLookupResult, wanted: str | None) -> str | None:
    if answer.error:
        return answer.error
    tags = [part.strip() for part in ";".join(answer.values).split(";")]
    keys = {tag.partition("=")[2].replace(" ", "") for tag in tags if tag.startswith("p=")} - {""}
    right = wanted in keys if wanted else bool(keys)
    return None if right else INVALID_VALUE


def _mail_from_error(domain: str, region_name: str, dns: DnsLookup) -> str | None:
    """Exactly one MX, to the feedback host of this region."""
    answer = dns.ask(domain, "MX")
    hosts = [value.partition(" ")[2] for value in answer.values]
    wanted = [f"feedback-smtp.{region_name}.amazonses.com"]
    return answer.error or (None if hosts == wanted else INVALID_VALUE)
