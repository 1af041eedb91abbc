"""Results for people: lines and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.output import sanitise, tables
from sescli.output.cell_format import say, style_of
from sescli.output.results import Details, Document, Done, Lines, Listing, RawBytes

if TYPE_CHECKING:
    from sescli.output.printer import Printer
    from sescli.output.results import Result


def show(result: Result, out: Printer, err: Printer) -> bool:
    """Write a result. Returns False for an empty list, which is reported on `err`."""
    if isinstance(result, Listing):
        return _show_table(result, out, err)
    if isinstance(result, Details):
        _show_details(result, out, err)
    elif isinstance(result, Done):
        out.line(sanitise.message(result.message))
        _show_tables(result, out, err)
    elif isinstance(result, Document):
        out.block(result.text)
    elif isinstance(result, RawBytes):
        out.raw(result.content)
    elif isinstance(result, Lines):
        for line in result.lines:
            out.line(line.removesuffix("\n"))
    return True


def _show_table(listing: Listing, out: Printer, err: Printer) -> bool:
    items = list(listing.items)
    if not items:
        err.line(str(listing.empty), "dim")
        return False
    table = tables.rich_table(listing, items, out.width) if out.is_tty else None
    if table is not None:
        out.console().print(table)
        return True
    if out.is_tty and listing.title:
        out.line(sanitise.name(listing.title), "bold")
    for line in (tables.stacked_lines if out.is_tty else tables.plain_lines)(listing, items):
        out.line(line)
    return True


def _show_details(details: Details, out: Printer, err: Printer) -> None:
    if details.title:
        out.line(sanitise.name(details.title), "bold")
    width = max((len(field[0]) for field in details.fields), default=0)
    for label, value, *rest in details.fields:
        kind = str(rest[0]) if rest else "text"
        out.line(say(value, kind), style_of(value, kind), lead=f"{label:<{width}}  ")
    _show_tables(details, out, err)
    if details.text:
        out.line("")
        out.block(details.text)


def _show_tables(result: Details | Done, out: Printer, err: Printer) -> None:
    for table in result.tables:
        out.line("")
        _show_table(table, out, err)
