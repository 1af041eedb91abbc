"""DNS records on the screen, laid out to be copied."""

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

EDITORS = "The names are full names. If your DNS editor appends the domain to each name, omit it."
NOT_RETURNED = "(SES does not return it; identity records --dkim-private-key derives it)"

PURPOSES = {
    "dkim": "DKIM: verifies the domain and signs its email",
    "verification": "domain verification by TXT record (legacy)",
    "mail_from_mx": "MAIL FROM: receives bounces; must be the only MX record with this name",
    "mail_from_spf": "MAIL FROM: SPF",
    "dmarc": "DMARC policy: large mailbox providers require one",
    "inbound_mx": "receiving: SES gets all email to the domain",
}

_COLUMNS = (
    Column("type", "type"),
    Column("name", "name"),
    Column("value", lambda record: NOT_RETURNED if record.value is None else record.value),
    Column("priority", "priority", "number"),
    Column("required", "required"),
    Column("for", lambda record: PURPOSES[record.purpose]),
)
_GAP = 3


def shown(rt: Runtime, records: Sequence[Record]) -> Listing | Document:
    """A table. On a terminal that is too narrow, each name and value has its own line, so that it can be copied."""
    listing = Listing(records, _COLUMNS)
    if rt.output.for_people and rt.terminal.stdout_is_tty and table_width(records) > rt.terminal.width:
        return Document(blocks(records), list(records))
    return listing


def within(rt: Runtime, records: Sequence[Record], title: str = "DNS records") -> tuple[list[Listing], str]:
    """The records as part of a larger result: a table, or text to put before it."""
    if not records:
        return [], ""
    rt.output.note(EDITORS)
    result = shown(rt, records)
    if isinstance(result, Document):
        return [], f"\n\n{result.text}"
    return [replace(result, title=title)], ""


def warn_of(rt: Runtime, records: Sequence[Record]) -> None:
    """Warn about a record without a value, and about an MX record that redirects email to SES."""
    for record in records:
        if record.value is None:
            rt.output.warn(
                f"SES does not return the public key of {record.name}, so the record has no value; "
                f"--dkim-private-key FILE derives it"
            )
        if record.purpose == "inbound_mx":
            rt.output.warn(
                f"the MX record sends all email for {record.name} to SES: "
                f"publish it only if SES is to receive that email"
            )


def table_width(records: Sequence[Record]) -> int:
    """The width of the table in columns."""
    cells = [[column.title, *(str(column.of(record)) for record in records)] for column in _COLUMNS]
    return sum(max(map(len, column)) + _GAP for column in cells)


def blocks(records: Sequence[Record]) -> str:
    """The records one below the other, grouped by purpose."""
    parts = []
    for purpose, group in groupby(records, key=lambda record: record.purpose):
        members = list(group)
        wanted = "" if members[0].required else " (not required)"
        parts.append("\n".join([f"{PURPOSES[purpose]}{wanted}", *map(_block, members)]))
    return "\n\n".join(parts)


def _block(record: Record) -> str:
    lines = [
        f"  {record.type:<5}  name      {record.name}",
        f"         value     {NOT_RETURNED if record.value is None else sanitise.one_line(record.value)}",
    ]
    if record.priority is not None:
        lines.append(f"         priority  {record.priority}")
    return "\n".join(lines)
