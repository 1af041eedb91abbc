"""Metrics as people read them: a row a period, and a plot on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.output.results import Column, Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.events.service.data import MetricSeries, TimeWindow
    from sescli.runtime import Runtime

_CHART_HEIGHT = 8


def with_context_options(rt: Runtime, sentence: str) -> str:
    """A sentence whose command reaches the same place as this call."""
    return sentence.replace("Try: sescli ", f"Try: sescli {rt.output.context_options}")


def table(series: Sequence[MetricSeries]) -> Listing:
    """A row a period in which there is anything, a column a metric; a rate as a percentage."""
    rows: dict[Any, dict[str, Any]] = {}
    for each in series:
        for point in each.points:
            row = rows.setdefault(point.timestamp, {"timestamp": point.timestamp})
            row[each.metric.name] = point.value
    columns = [Column("time", "timestamp", "time")]
    columns += [_column(each) for each in series if each.points or len(series) == 1]
    return Listing([rows[at] for at in sorted(rows)], columns, empty="No data.")


def _column(series: MetricSeries) -> Column:
    return Column(series.metric.name, series.metric.name, _value_kind(series))


def _value_kind(series: MetricSeries) -> str:
    return "percent" if series.metric.is_rate and series.statistic != "SampleCount" else "number"


def plot(series: Sequence[MetricSeries], span: TimeWindow) -> str | None:
    """A chart of the one metric that has data, or a line of bars for each of several."""
    full = [each for each in series if each.points]
    if not full:
        return None
    if len(full) == 1:
        return "\n".join(_column_chart(full[0], span))
    width = max(len(each.metric.name) for each in full)
    return "\n".join([_sparkline_row(each, span, width) for each in full] + [_time_axis(span, width + 2)])


def _values(series: MetricSeries, span: TimeWindow) -> list[float | None]:
    values: list[float | None] = [None] * span.period_count
    for point in series.points:
        period_index = span.period_index(point.timestamp)
        if 0 <= period_index < span.period_count:
            values[period_index] = point.value
    return values


def _column_chart(series: MetricSeries, span: TimeWindow) -> list[str]:
    from sescli.output.plots import column_chart

    top = _format_value(_maximum(series), series)
    lines = column_chart(_values(series, span), height=_CHART_HEIGHT)
    labels = [top, *[""] * (_CHART_HEIGHT - 2), "0"]
    drawn = [f"{label:>{len(top)}} │{line}".rstrip() for label, line in zip(labels, lines, strict=True)]
    return [f"{series.metric.name}, {series.statistic}", *drawn, _time_axis(span, len(top) + 2)]


def _sparkline_row(series: MetricSeries, span: TimeWindow, width: int) -> str:
    from sescli.output.plots import sparkline

    bars = sparkline(_values(series, span), width=40)
    return f"{series.metric.name:<{width}}  {bars:<{min(span.period_count, 40)}}  most {_format_value(_maximum(series), series)}"


def _maximum(series: MetricSeries) -> float:
    return max(point.value for point in series.points)


def _format_value(value: float, series: MetricSeries) -> str:
    from sescli.output.cell_format import say

    return say(value, _value_kind(series))


def _time_axis(span: TimeWindow, indent: int) -> str:
    return f"{' ' * indent}{span.start:%m-%d %H:%M} to {span.end:%m-%d %H:%M} UTC"
