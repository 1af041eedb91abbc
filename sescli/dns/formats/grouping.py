"""Records of one name and type, which most formats write as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.formats.text_strings import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sescli.dns.records import Record


def record_sets(records: Iterable[Record]) -> list[list[Record]]:
    """The records in sets of one name and type, in the order in which each set first appears."""
    sets: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        sets.setdefault((record.name, record.type), []).append(record)
    return list(sets.values())


def presented(record: Record) -> str:
    """The value as a zone file writes it, host names absolute: what Route 53 takes too."""
    value = record.value or ""
    if record.type == "TXT":
        return quoted(value)
    return f"{record.priority} {value}." if record.type == "MX" else f"{value}."
