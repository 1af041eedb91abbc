"""A zone file (RFC 1035 5), as BIND, NSD and most DNS hosts import it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.formats.grouping import presented

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.records import Record


def render(records: Sequence[Record], zone: str) -> str:  # noqa: ARG001 - every name is written absolute
    """One line a record; absolute names, so that it means the same in any zone."""
    return "\n".join(_line(record) for record in records)


def _line(record: Record) -> str:
    comment = "" if record.required else "  ; not required"
    return f"{record.name}.\t{record.ttl}\tIN\t{record.type}\t{presented(record)}{comment}"
