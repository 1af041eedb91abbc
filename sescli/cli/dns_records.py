"""DNS records on the screen: made to be copied."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from sescli.output import sanitise
from sescli.output.results import Column, Document, Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.records import Record
    from sescli.runtime import Runtime

EDITORS = "Names are whole. Where your DNS editor appends the domain by itself, leave it off at the end."
NOT_TOLD = "(SES does not tell it: identity records --dkim-private-key derives it)"

PURPOSES = {
    "dkim": "DKIM: verifies the domain, signs its mail",
    "verification": "verification, the older way",
    "mail_from_mx": "MAIL FROM: where bounces go; the only MX of its name",
    "mail_from_spf": "MAIL FROM: SPF",
    "dmarc": "DMARC policy: large mailbox hosts want one",
    "inbound_mx": "receiving: takes over all mail to the domain",
}

_COLUMNS = (
    Column("type", "type"),
    Column("name", "name"),
    Column("value", lambda record: NOT_TOLD if record.value is None else record.value),
    Column("priority", "priority", "number"),
    Column("required", "required"),
    Column("for", lambda record: PURPOSES[record.purpose]),
)
_GAP = 3


def shown(rt: Runtime, records: Sequence[Record]) -> Listing | Document:
    """A table; on a terminal that is too narrow for it, each name and value on a line of its own.

    A name that is folded in a column cannot be copied.
    """
    listing = Listing(records, _COLUMNS)
    if rt.output.for_people and rt.terminal.stdout_is_tty and table_width(records) > rt.terminal.width:
        return Document(blocks(records), list(records))
    return listing


def within(rt: Runtime, records: Sequence[Record], title: str = "DNS records") -> tuple[list[Listing], str]:
    """The same as part of a larger result: a table, or text to stand before it."""
    if not records:
        return [], ""
    rt.output.note(EDITORS)
    result = shown(rt, records)
    if isinstance(result, Document):
        return [], f"\n\n{result.text}"
    return [replace(result, title=title)], ""


def warn_of(rt: Runtime, records: Sequence[Record]) -> None:
    """Warn of a record without a value, and of one that takes over mail."""
    for record in records:
        if record.value is None:
            rt.output.warn(
                f"SES does not tell the public key of {record.name}; "
                f"--dkim-private-key FILE derives it, without it the record has no value"
            )
        if record.purpose == "inbound_mx":
            rt.output.warn(
                f"the MX record takes over all mail to {record.name}: "
                f"publish it only where SES is to receive that mail"
            )


def table_width(records: Sequence[Record]) -> int:
    """Columns that the table would take on a terminal."""
    cells = [[column.title, *(str(column.of(record)) for record in records)] for column in _COLUMNS]
    return sum(max(map(len, column)) + _GAP for column in cells)


def blocks(records: Sequence[Record]) -> str:
    """The records one below the other, by purpose."""
    parts = []
    for purpose, group in groupby(records, key=lambda record: record.purpose):
        members = list(group)
        wanted = "" if members[0].required else " (not required)"
        parts.append("\n".join([f"{PURPOSES[purpose]}{wanted}", *map(_block, members)]))
    return "\n\n".join(parts)


def _block(record: Record) -> str:
    lines = [
        f"  {record.type:<5}  name      {record.name}",
        f"         value     {NOT_TOLD if record.value is None else sanitise.one_line(record.value)}",
    ]
    if record.priority is not None:
        lines.append(f"         priority  {record.priority}")
    return "\n".join(lines)
