"""What keeps a record from being published beside what a zone has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.record_set import RecordSet
    from sescli.dns.records import Record


class RecordConflict(NamedTuple):
    """Why a record cannot be published, and what mends it."""

    reason: str
    fix: str


def find_conflict(record: Record, zone_name: str, there: Sequence[RecordSet]) -> RecordConflict | None:
    """The first obstacle among the sets of the record's name and of those above it, or None."""
    here = [found for found in there if found.name == record.name]
    return (
        _delegation(record, zone_name, there)
        or _special(record, here)
        or _cname(record, here)
        or _beside_a_cname(record, here)
    )


def _delegation(record: Record, zone_name: str, there: Sequence[RecordSet]) -> RecordConflict | None:
    """A name at or above the record's, inside the zone, that other name servers answer for."""
    for found in there:
        if found.type == "NS" and found.name != zone_name:
            return RecordConflict(
                f"{found.name} is delegated to {_targets(found)}: a record of {record.name} in {zone_name} "
                f"is never seen",
                f"publish it in the zone {found.name}",
            )
    return None


def _special(record: Record, here: Sequence[RecordSet]) -> RecordConflict | None:
    """An alias or a routed set of the same type: it has no values to compare or to keep."""
    for found in here:
        if found.special and found.type == record.type:
            return RecordConflict(
                f"the {found.type} of {found.name} is {found.special}, and is left alone",
                f"change or delete it by hand: {_way_out(record)}",
            )
    return None


def _cname(record: Record, here: Sequence[RecordSet]) -> RecordConflict | None:
    """RFC 1034 3.6.2: nothing stands beside a CNAME."""
    for found in here:
        if found.type == "CNAME" != record.type:
            return RecordConflict(
                f"{found.name} is a CNAME to {_targets(found)}, and nothing can stand beside one",
                _way_out(record),
            )
    return None


def _beside_a_cname(record: Record, here: Sequence[RecordSet]) -> RecordConflict | None:
    others = sorted({found.type for found in here if found.type != record.type})
    if record.type != "CNAME" or not others:
        return None
    return RecordConflict(
        f"{record.name} has {' and '.join(others)} records, and a CNAME stands beside nothing",
        _way_out(record),
    )


def _targets(found: RecordSet) -> str:
    return ", ".join(value.rstrip(".") for value in found.values) or "something else"


def _way_out(record: Record) -> str:
    if record.purpose.startswith("mail_from"):
        return "remove it, or choose another MAIL FROM domain"
    return "remove it, if nothing needs it"
