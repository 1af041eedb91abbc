"""Reads recipients from csv and tsv files as a stream, and compares each row with the header."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sescli.groups.bulk.batch.recipients import (
    ADDRESS_COLUMNS,
    RecipientRow,
    SourceRow,
    UnreadableRow,
    missing_columns,
    split_cell,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.groups.bulk.model.spec import Columns
    from sescli.text.utf8 import Utf8Source

# SES accepts at most 262,144 characters of template data.
_MAX_CELL = 262_144
# Each value in a row needs at least 6 characters of template data: "a":"",
_MAX_COLUMNS = _MAX_CELL // 6
_MAX_MISSING = 12  # in a message
_QUOTES = 'write a quote inside a cell as "…""…"; check for a quote above that is not closed'
_LINE_ENDS = "the lines end with a carriage return only: save the file with Windows or Unix line endings"


class _ColumnLayout(NamedTuple):
    """The cell of each value in a row; `only_to`: a row has only an address and data."""

    width: int
    to: int
    cc: int | None
    bcc: int | None
    id: int | None
    data: tuple[tuple[str, int], ...]
    tags: tuple[tuple[str, int], ...]
    only_to: bool


def read_table(source: Utf8Source, columns: Columns, *, delimiter: str) -> Iterator[SourceRow]:
    """The rows of a table with a header line; blank lines are skipped.

    Raises `InputFileError` for a missing column, an unmatched quote, or a cell that is too long.
    """
    rows = _cells(source, delimiter)
    header = next(rows, None)
    if header is None:
        raise source.fault("is empty", hint="write the column names in the first line: email,name,…")
    layout = _layout([name.strip() for name in header], columns, source, delimiter)
    for number, cells in enumerate(rows, 1):
        if len(cells) != layout.width:
            yield _wrong_cell_count(number, source.line, cells, layout)
        else:
            yield _recipient(number, source.line, cells, layout)


def _cells(source: Utf8Source, delimiter: str) -> Iterator[list[str]]:
    before = csv.field_size_limit(_MAX_CELL)
    reader = csv.reader(source.lines(), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if cells:
                yield cells
    except csv.Error as error:
        raise source.fault(
            f"is not a valid table: {error}",
            hint=_LINE_ENDS if "new-line character" in str(error) else _QUOTES,
        ) from error
    finally:
        csv.field_size_limit(before)


def _layout(header: list[str], columns: Columns, source: Utf8Source, delimiter: str) -> _ColumnLayout:
    if len(header) > _MAX_COLUMNS:
        raise source.fault(
            f"has {len(header):,} columns; sescli reads up to {_MAX_COLUMNS:,}", hint=_hint(header, delimiter)
        )
    duplicates = sorted(name for name, count in Counter(header).items() if count > 1)
    if duplicates:
        raise source.fault(f"has the column '{duplicates[0]}' twice")
    to = columns.to or next(
        (name for name in header if name.casefold() in ADDRESS_COLUMNS), ADDRESS_COLUMNS[0]
    )
    wanted = [to, columns.cc, columns.bcc, columns.id, *columns.tags.values(), *(columns.data or {}).values()]
    missing = missing_columns([name for name in wanted if name], header)
    if missing:
        raise source.fault(
            f"has no column {' and no column '.join(repr(name) for name in missing[:_MAX_MISSING])}; it has: {_first_of(header)}",
            hint=_hint(header, delimiter),
        )
    at = {name: index for index, name in enumerate(header)}
    used = columns.used | {to}
    data = (
        columns.data
        if columns.data is not None
        else {name: name for name in header if columns.is_data(name, used)}
    )
    return _ColumnLayout(
        width=len(header),
        to=at[to],
        cc=at.get(columns.cc or ""),
        bcc=at.get(columns.bcc or ""),
        id=at.get(columns.id or ""),
        data=tuple((name, at[column]) for name, column in data.items()),
        tags=tuple((name, at[column]) for name, column in columns.tags.items()),
        only_to=not (columns.cc or columns.bcc or columns.id or columns.tags),
    )


def _first_of(names: list[str]) -> str:
    more = len(names) - _MAX_MISSING
    return ", ".join([*names[:_MAX_MISSING], *([f"{more:,} more"] if more > 0 else [])])


def _hint(header: list[str], delimiter: str) -> str:
    other = next((sign for sign in (";", "\t", "|", ",") if sign != delimiter and sign in header[0]), None)
    if len(header) == 1 and other:
        return f"if {other!r} separates the columns: recipients: {{…, delimiter: {other!r}}}"
    return "name the columns in the batch file: recipients: {file: …, to: email, data: [name]}"


def _wrong_cell_count(number: int, line: int, cells: list[str], layout: _ColumnLayout) -> UnreadableRow:
    to = cells[layout.to] if layout.to < len(cells) else ""
    reason = f"has {len(cells)} cells, but the header has {layout.width}"
    return UnreadableRow(number, line, to, "CellCount", reason)


def _recipient(number: int, line: int, cells: list[str], layout: _ColumnLayout) -> RecipientRow:
    to = split_cell(cells[layout.to])
    data = {name: cells[index] for name, index in layout.data}
    if layout.only_to:
        return RecipientRow(number, line, to, (), (), None, data)
    return RecipientRow(
        number,
        line,
        to,
        () if layout.cc is None else split_cell(cells[layout.cc]),
        () if layout.bcc is None else split_cell(cells[layout.bcc]),
        None if layout.id is None else cells[layout.id] or None,
        data,
        {name: cells[index] for name, index in layout.tags if cells[index]},
    )
