"""Tables: with rich on a terminal, as aligned plain columns anywhere else."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from sescli.output.words import say, style_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from rich.table import Table

    from sescli.output.results import Column, Listing

_RIGHT = frozenset({"number", "percent"})


def rich_table(listing: Listing, items: Sequence[Any]) -> Table:
    """A table for a terminal; long cells fold, nothing is cut."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    title = Text(listing.title, style="bold") if listing.title else None
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", header_style="bold", pad_edge=False)
    for column in listing.columns:
        justify = "right" if column.kind in _RIGHT else "left"
        table.add_column(column.title, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for item in items:
        table.add_row(
            *(Text(say(value, kind), style_of(value, kind)) for value, kind in _cells(listing, item))
        )
    return table


def plain_lines(listing: Listing, items: Sequence[Any]) -> list[str]:
    """The same off a terminal: a header and aligned columns two spaces apart, never cut or wrapped."""
    rows = [[column.title.upper() for column in listing.columns]]
    rows += [[say(value, kind) for value, kind in _cells(listing, item)] for item in items]
    widths = [max(cell_width(row[index]) for row in rows) for index in range(len(listing.columns))]
    lines = [
        "  ".join(
            _pad(cell, width, column)
            for cell, width, column in zip(row, widths, listing.columns, strict=True)
        )
        for row in rows
    ]
    return ([listing.title] if listing.title else []) + [line.rstrip() for line in lines]


def cell_width(text: str) -> int:
    """Columns that a text takes on a terminal: East Asian wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in {"W", "F"} for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def _cells(listing: Listing, item: Any) -> list[tuple[object, str]]:
    return [(column.of(item), column.kind) for column in listing.columns]


def _pad(cell: str, width: int, column: Column) -> str:
    gap = " " * (width - cell_width(cell))
    return gap + cell if column.kind in _RIGHT else cell + gap
