"""Group records by name and type, as most formats require."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.formats.text_strings import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sescli.dns.records import Record


def record_sets(records: Iterable[Record]) -> list[list[Record]]:
    """Group the records into sets of one name and type, in the order of their first records."""
    sets: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        sets.setdefault((record.name, record.type), []).append(record)
    return list(sets.values())


def presented(record: Record) -> str:
    """Return the value in zone file format with absolute host names. Route 53 uses the same format."""
    value = record.value or ""
    if record.type == "TXT":
        return quoted(value)
    return f"{record.priority} {value}." if record.type == "MX" else f"{value}."
