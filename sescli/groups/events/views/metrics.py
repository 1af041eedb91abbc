"""Metrics as people read them: a row a period, and a plot on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.output.results import Column, Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.events.service.data import Series, Window
    from sescli.runtime import Runtime

_HEIGHT = 8


def with_context_options(rt: Runtime, sentence: str) -> str:
    """A sentence whose command reaches the same place as this call."""
    return sentence.replace("Try: sescli ", f"Try: sescli {rt.output.context_options}")


def table(series: Sequence[Series]) -> Listing:
    """A row a period in which there is anything, a column a metric; a rate as a percentage."""
    rows: dict[Any, dict[str, Any]] = {}
    for each in series:
        for point in each.points:
            row = rows.setdefault(point.timestamp, {"timestamp": point.timestamp})
            row[each.metric.name] = point.value
    columns = [Column("time", "timestamp", "time")]
    columns += [_column(each) for each in series if each.points or len(series) == 1]
    return Listing([rows[at] for at in sorted(rows)], columns, empty="No data.")


def _column(series: Series) -> Column:
    return Column(series.metric.name, series.metric.name, _kind(series))


def _kind(series: Series) -> str:
    return "percent" if series.metric.rate and series.statistic != "SampleCount" else "number"


def plot(series: Sequence[Series], span: Window) -> str | None:
    """A chart of the one metric that has data, or a line of bars for each of several."""
    full = [each for each in series if each.points]
    if not full:
        return None
    if len(full) == 1:
        return "\n".join(_chart(full[0], span))
    width = max(len(each.metric.name) for each in full)
    return "\n".join([_line(each, span, width) for each in full] + [_axis(span, width + 2)])


def _values(series: Series, span: Window) -> list[float | None]:
    values: list[float | None] = [None] * span.slots
    for point in series.points:
        slot = span.slot(point.timestamp)
        if 0 <= slot < span.slots:
            values[slot] = point.value
    return values


def _chart(series: Series, span: Window) -> list[str]:
    from sescli.output.plots import column_chart

    top = _said(_most(series), series)
    lines = column_chart(_values(series, span), height=_HEIGHT)
    labels = [top, *[""] * (_HEIGHT - 2), "0"]
    drawn = [f"{label:>{len(top)}} │{line}".rstrip() for label, line in zip(labels, lines, strict=True)]
    return [f"{series.metric.name}, {series.statistic}", *drawn, _axis(span, len(top) + 2)]


def _line(series: Series, span: Window, width: int) -> str:
    from sescli.output.plots import sparkline

    bars = sparkline(_values(series, span), width=40)
    return (
        f"{series.metric.name:<{width}}  {bars:<{min(span.slots, 40)}}  most {_said(_most(series), series)}"
    )


def _most(series: Series) -> float:
    return max(point.value for point in series.points)


def _said(value: float, series: Series) -> str:
    from sescli.output.cell_format import say

    return say(value, _kind(series))


def _axis(span: Window, indent: int) -> str:
    return f"{' ' * indent}{span.start:%m-%d %H:%M} to {span.end:%m-%d %H:%M} UTC"
