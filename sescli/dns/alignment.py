"""Whether the mail will pass DMARC: a signature or SPF that counts for the domain in From (RFC 9989 4.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.dns.dmarc import is_dmarc, parse
from sescli.dns.findings import OK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.check_result import CheckedRecord


def aligned(records: Sequence[CheckedRecord], domain: str) -> list[CheckedRecord]:
    """The records, the one of DMARC with a word on what it leans on."""
    return [_with_word(record, records, domain) if _policy_of(record) else record for record in records]


def _policy_of(record: CheckedRecord) -> str | None:
    if record.purpose != "dmarc" or record.verdict != OK:
        return None
    return next((text for text in record.found if is_dmarc(text)), None)


def _with_word(record: CheckedRecord, records: Sequence[CheckedRecord], domain: str) -> CheckedRecord:
    word = _word(record, records, domain)
    return replace(record, reason="; ".join(part for part in (record.reason, word) if part))


def _word(record: CheckedRecord, records: Sequence[CheckedRecord], domain: str) -> str:
    tags = parse(_policy_of(record) or "").tags
    mail_from = [each for each in records if each.purpose in {"mail_from_mx", "mail_from_spf"}]
    if not mail_from:
        return "without a MAIL FROM domain it passes by DKIM alone"
    name = mail_from[0].name
    if tags.get("aspf", "r").lower() == "s" and name != domain:
        return f"aspf=s: SPF of {name} does not count for {domain}, so it passes by DKIM alone"
    if any(each.verdict != OK for each in mail_from):
        return "until the MAIL FROM records are right it passes by DKIM alone"
    return ""
