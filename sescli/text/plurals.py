"""Counts, row numbers and rates as words in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


_ROUND = 100


def counted(count: int, thing: str) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def rows(count: int, first: Sequence[int]) -> str:
    """`row 3`, `rows 3, 4 and 7`, `rows 3, 4, 7 and 97 more`."""
    named = [f"{row:,}" for row in first]
    if count > len(first):
        named.append(f"{count - len(first):,} more")
    if len(named) == 1:
        return f"row {named[0]}"
    return f"rows {', '.join(named[:-1])} and {named[-1]}"


def rate(recipients: float) -> str:
    """Recipients a second, to three digits: `0.5`, `13.2`, `1,500`."""
    return f"{recipients:,.0f}" if recipients >= _ROUND else f"{recipients:.3g}"
