"""Checked rows on their way into a journal: in portions of limited size, and as the digest covers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.groups.bulk.model.entries import Entry, RowProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What one statement inserts: rows, and bytes of their data.
_BATCH, _BATCH_BYTES = 1_000, 1 << 20


def portions(
    rows: Iterable[tuple[Entry, str | None] | RowProblem],
) -> Iterator[list[tuple[Entry, str | None] | RowProblem]]:
    """The rows in lists of limited length and size: a row may have 262,144 bytes of template data."""
    some: list[tuple[Entry, str | None] | RowProblem] = []
    size = 0
    for row in rows:
        some.append(row)
        size += 0 if isinstance(row, RowProblem) else len(row[0].data)
        if len(some) >= _BATCH or size >= _BATCH_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def digested(
    row: tuple[Entry, str | None] | RowProblem,
) -> tuple[int, str, str | None, str, str | None, str | None]:
    """What the digest covers of a row, as it is stored."""
    if isinstance(row, RowProblem):
        return row.row, row.to, None, "{}", None, None
    entry = row[0]
    return entry.row, entry.address, entry.destination, entry.data, entry.tags, entry.headers
