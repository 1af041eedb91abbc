"""How SES metrics look on a terminal: a row for each period, and a plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.cli.params import format_duration
from sescli.output.results import Column, Details, Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.events.service.data import MetricSeries, TimeWindow

_CHART_HEIGHT = 8
_SPARKLINE_WIDTH = 40


def metrics_details(
    series: Sequence[MetricSeries],
    window: TimeWindow,
    dimensions: dict[str, str],
    *,
    region: str,
    with_plot: bool,
) -> Details:
    """The time range and dimensions, a plot if wanted, and a table of the points."""
    points = [point for each in series for point in each.points]
    described = ", ".join(f"{name}={value}" for name, value in dimensions.items()) or "none (the account)"
    fields = (
        ("dimensions", described),
        ("from", window.start),
        ("until", window.end),
        ("period", format_duration(window.period)),
        ("statistic", list(dict.fromkeys(each.statistic for each in series))),
    )
    drawn = _plot(series, window) if with_plot else None
    return Details(points, fields, [_table(series)], title=f"SES metrics in {region}", text=drawn)


def _table(series: Sequence[MetricSeries]) -> Listing:
    """A row for each period with data and a column for each metric; rates as percentages."""
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


def _plot(series: Sequence[MetricSeries], window: TimeWindow) -> str | None:
    """A column chart if one metric has data, or a sparkline for each of several."""
    full = [each for each in series if each.points]
    if not full:
        return None
    if len(full) == 1:
        return "\n".join(_column_chart(full[0], window))
    width = max(len(each.metric.name) for each in full)
    return "\n".join([_sparkline_row(each, window, width) for each in full] + [_time_axis(window, width + 2)])


def _values(series: MetricSeries, window: TimeWindow) -> list[float | None]:
    values: list[float | None] = [None] * window.period_count
    for point in series.points:
        index = window.period_index(point.timestamp)
        if 0 <= index < window.period_count:
            values[index] = point.value
    return values


def _column_chart(series: MetricSeries, window: TimeWindow) -> list[str]:
    from sescli.output.plots import column_chart

    top = _format_value(_maximum(series), series)
    lines = column_chart(_values(series, window), height=_CHART_HEIGHT)
    labels = [top, *[""] * (_CHART_HEIGHT - 2), "0"]
    drawn = [f"{label:>{len(top)}} │{line}".rstrip() for label, line in zip(labels, lines, strict=True)]
    return [f"{series.metric.name}, {series.statistic}", *drawn, _time_axis(window, len(top) + 2)]


def _sparkline_row(series: MetricSeries, window: TimeWindow, width: int) -> str:
    from sescli.output.plots import sparkline

    bars = sparkline(_values(series, window), width=_SPARKLINE_WIDTH)
    most = _format_value(_maximum(series), series)
    return f"{series.metric.name:<{width}}  {bars:<{min(window.period_count, _SPARKLINE_WIDTH)}}  max {most}"


def _maximum(series: MetricSeries) -> float:
    return max(point.value for point in series.points)


def _format_value(value: float, series: MetricSeries) -> str:
    from sescli.output.cell_format import say

    return say(value, _value_kind(series))


def _time_axis(window: TimeWindow, indent: int) -> str:
    return f"{' ' * indent}{window.start:%m-%d %H:%M} to {window.end:%m-%d %H:%M} UTC"
