"""Tables: with rich on a terminal, as aligned plain columns elsewhere."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from sescli.output import sanitise
from sescli.output.cell_format import say, style_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from rich.table import Table

    from sescli.output.results import Column, Listing

_RIGHT = frozenset({"number", "percent"})
# Kinds whose cells do not fold; the least width of a column that folds; the space between two cells.
_FIXED = _RIGHT | {"status", "time"}
_LEAST_TEXT = 16
_GAP = 2
# Cells are padded up to this width: a foreign subject of 64 KB would otherwise make every row that long.
_MAX_PADDED = 200


def rich_table(listing: Listing, items: Sequence[Any], width: int) -> Table | None:
    """A table for a terminal `width` columns wide; long text folds, nothing is cut.

    None if the columns that do not fold leave too little space for those that do.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if not _fits(listing, items, width):
        return None
    title = Text(sanitise.name(listing.title), style="bold") if listing.title else None
    table = Table(
        box=box.SIMPLE_HEAD,
        title=title,
        title_justify="left",
        header_style="bold",
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in listing.columns:
        justify = "right" if column.kind in _RIGHT else "left"
        fixed = column.kind in _FIXED
        table.add_column(column.title, justify=justify, overflow="fold", no_wrap=fixed)  # type: ignore[arg-type]
    for item in items:
        table.add_row(
            *(Text(say(value, kind), style_of(value, kind)) for value, kind in _cells(listing, item))
        )
    return table


def _fits(listing: Listing, items: Sequence[Any], width: int) -> bool:
    needed = 0
    for column in listing.columns:
        longest = max(cell_width(say(column.of(item), column.kind)) for item in items)
        if column.kind not in _FIXED:
            longest = min(longest, _LEAST_TEXT)
        needed += max(longest, cell_width(column.title)) + _GAP
    return needed <= width + _GAP


def plain_lines(listing: Listing, items: Sequence[Any]) -> list[str]:
    """A table for other outputs: a header and aligned columns two spaces apart, never cut or wrapped.

    Cells wider than 200 columns are not aligned.
    """
    rows = [[column.title.upper() for column in listing.columns]]
    rows += [[say(value, kind) for value, kind in _cells(listing, item)] for item in items]
    widths = [
        max(min(cell_width(row[index]), _MAX_PADDED) for row in rows) for index in range(len(listing.columns))
    ]
    lines = [
        "  ".join(
            _pad(cell, width, column)
            for cell, width, column in zip(row, widths, listing.columns, strict=True)
        )
        for row in rows
    ]
    return ([sanitise.name(listing.title)] if listing.title else []) + [line.rstrip() for line in lines]


def stacked_lines(listing: Listing, items: Sequence[Any]) -> list[str]:
    """A list for a terminal that is too narrow for a table: each item as lines of `title  value`."""
    width = max(cell_width(column.title) for column in listing.columns)
    blocks = [
        [
            f"{column.title:<{width}}  {say(value, kind)}"
            for column, (value, kind) in zip(listing.columns, _cells(listing, item), strict=True)
        ]
        for item in items
    ]
    return [line for block in blocks for line in (*block, "")][:-1]


def cell_width(text: str) -> int:
    """The width of text on a terminal: East Asian wide characters have two columns, combining marks none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in {"W", "F"} for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def _cells(listing: Listing, item: Any) -> list[tuple[object, str]]:
    return [(column.of(item), column.kind) for column in listing.columns]


def _pad(cell: str, width: int, column: Column) -> str:
    gap = " " * (width - cell_width(cell))
    return gap + cell if column.kind in _RIGHT else cell + gap
