"""Plots in plain text: a line of bars, or a chart a few lines high."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_STEPS = len(_EIGHTHS) - 1
WIDTH = 60


def sparkline(values: Sequence[float | None], *, width: int = WIDTH) -> str:
    """One character per value, from zero to the highest value; no data is a blank.

    If there are more values than `width`, several share a column that shows the highest of them.
    """
    return column_chart(values, height=1, width=width)[0]


def column_chart(values: Sequence[float | None], *, height: int, width: int = WIDTH) -> list[str]:
    """The lines of a chart with one column per value, the highest line first."""
    narrow = _narrowed(values, width)
    most = max((value for value in narrow if value is not None), default=0) or 1
    levels = [_level(value, most, height) for value in narrow]
    return [
        "".join(_EIGHTHS[min(max(level - _STEPS * line, 0), _STEPS)] for level in levels)
        for line in reversed(range(height))
    ]


def _level(value: float | None, most: float, height: int) -> int:
    """Eighths of a line; a zero shows one eighth, so that it differs from no data."""
    if value is None:
        return 0
    return max(1, round(value / most * height * _STEPS))


def _narrowed(values: Sequence[float | None], width: int) -> list[float | None]:
    if len(values) <= width:
        return list(values)
    share = -(-len(values) // width)
    groups = (values[start : start + share] for start in range(0, len(values), share))
    return [max((each for each in group if each is not None), default=None) for group in groups]
