"""Conflicts between a record to be published and what its zone has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sescli.dns import spf
from sescli.dns.findings import ERROR, OK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.dns.findings import RecordFinding
    from sescli.dns.record_set import RecordSet
    from sescli.dns.records import Record


class RecordConflict(NamedTuple):
    """Why a record cannot be published, and how to resolve that."""

    reason: str
    fix: str


def find_conflict(record: Record, zone_name: str, existing: Sequence[RecordSet]) -> RecordConflict | None:
    """Return the first conflict with the sets of the record's name and of the names above it, or None."""
    here = [found for found in existing if found.name == record.name]
    return (
        _delegation(record, zone_name, existing)
        or _special(record, here)
        or _cname(record, here)
        or _cname_not_alone(record, here)
    )


def judge_other_spf(
    name: str, text: str, check_spf: Callable[[str, str], RecordFinding] | None
) -> RecordConflict | str:
    """Return why an SPF record that is not the expected one stays, or a conflict if it does not let SES send.

    A record that could not be checked stays.
    """
    finding = spf.judge_spf(None, (text,))
    if finding.verdict != OK:
        return RecordConflict(f"the SPF record of {name} is not valid: {finding.reason}", finding.fix)
    if spf.permits_ses(text):
        return "your SPF record allows SES to send"
    if check_spf is not None:
        finding = check_spf(name, text)
        if finding.verdict == OK:
            return f"your SPF record allows SES to send: {finding.reason}"
        if finding.verdict == ERROR:
            return f"your SPF record is kept: {finding.reason}"
    why = f" ({finding.reason})" if finding.reason else ""
    return RecordConflict(
        f"{name} has an SPF record that does not allow SES to send{why}, and receivers ignore two SPF records",
        f"change it to: {spf.with_ses(text)}",
    )


def _delegation(record: Record, zone_name: str, existing: Sequence[RecordSet]) -> RecordConflict | None:
    """The record's name, or one above it in the zone, is delegated to other name servers."""
    for found in existing:
        if found.type == "NS" and found.name != zone_name:
            return RecordConflict(
                f"{found.name} is delegated to {_targets(found)}: resolvers never see a record for {record.name} in "
                f"the zone {zone_name}",
                f"publish it in the zone {found.name}",
            )
    return None


def _special(record: Record, here: Sequence[RecordSet]) -> RecordConflict | None:
    """An alias or a routed set of the same type has no values to compare or to keep."""
    for found in here:
        if found.special and found.type == record.type:
            return RecordConflict(
                f"the {found.type} record of {found.name} is {found.special}, which sescli does not change",
                f"change it yourself: {_fix(record)}",
            )
    return None


def _cname(record: Record, here: Sequence[RecordSet]) -> RecordConflict | None:
    """A name with a CNAME can have no other records (RFC 1034 3.6.2)."""
    for found in here:
        if found.type == "CNAME" != record.type:
            return RecordConflict(
                f"{found.name} is a CNAME to {_targets(found)}, so it can have no other records",
                _fix(record),
            )
    return None


def _cname_not_alone(record: Record, here: Sequence[RecordSet]) -> RecordConflict | None:
    others = sorted({found.type for found in here if found.type != record.type})
    if record.type != "CNAME" or not others:
        return None
    return RecordConflict(
        f"{record.name} has {' and '.join(others)} records, so it can have no CNAME",
        _fix(record),
    )


def _targets(found: RecordSet) -> str:
    return ", ".join(value.rstrip(".") for value in found.values) or "another target"


def _fix(record: Record) -> str:
    if record.purpose.startswith("mail_from"):
        return "remove it, or choose another MAIL FROM domain"
    return "remove it if nothing uses it"
