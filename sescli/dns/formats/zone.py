"""Zone file (RFC 1035 5), which BIND, NSD and most DNS providers import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.formats.grouping import presented

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.records import Record


def render(records: Sequence[Record], zone: str) -> str:  # noqa: ARG001 - the names are absolute
    """Render one line for each record. The names are absolute, so the file works in any zone."""
    return "\n".join(_line(record) for record in records)


def _line(record: Record) -> str:
    comment = "" if record.required else "  ; not required"
    return f"{record.name}.\t{record.ttl}\tIN\t{record.type}\t{presented(record)}{comment}"
