"""Data of SES's metrics, read from CloudWatch, and the periods that CloudWatch keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sescli.errors import AccessError, RetryableError, UsageError
from sescli.groups.events.service.catalog import NAMESPACE, api_dimensions, statistic_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.aws.gateway import Gateway
    from sescli.groups.events.service.catalog import Metric

# How long CloudWatch keeps points of a period (GetMetricData): the finest ones for 15 days and so on.
_RETENTION = (
    (timedelta(minutes=1), timedelta(days=15)),
    (timedelta(minutes=5), timedelta(days=63)),
    (timedelta(hours=1), timedelta(days=455)),
)
_MINUTE = timedelta(minutes=1)
_PERIODS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 180, 360, 720, 1440))
_MAX_POINTS = 60  # points that a table and a plot of 80 columns show well


@dataclass(frozen=True)
class TimeWindow:
    """A stretch of time cut into periods; `start` is a multiple of the period, as CloudWatch likes it."""

    start: datetime
    end: datetime
    period: timedelta

    @property
    def period_count(self) -> int:
        """How many periods begin in it."""
        return -(-(self.end - self.start) // self.period)

    def period_index(self, moment: datetime) -> int:
        """Which of them a moment is in, from 0."""
        return (moment - self.start) // self.period


@dataclass(frozen=True)
class MetricPoint:
    """A value of a metric over a period that begins at `timestamp`; that of a rate is a fraction of 1."""

    timestamp: datetime
    metric: str
    statistic: str
    value: float
    period_seconds: int
    dimensions: dict[str, str]


@dataclass(frozen=True)
class MetricSeries:
    """The points of one metric, oldest first. CloudWatch has none for a period in which nothing happened."""

    metric: Metric
    statistic: str
    points: tuple[MetricPoint, ...]


def build_window(since: datetime, until: datetime, period: timedelta | None, *, now: datetime) -> TimeWindow:
    """The window to read; without a period one that gives at most 60 points.

    Raises `UsageError` for a period that CloudWatch does not keep, and for times that leave nothing to read.
    """
    if until <= since:
        raise UsageError("--until is not after --since", hint="--since 7d --until 1d, for the days between")
    if since >= now:
        raise UsageError("--since is in the future: there is nothing to read yet")
    finest = _finest(now - since)
    if period is None:
        few = [step for step in _PERIODS if step >= finest and (until - since) / step <= _MAX_POINTS]
        period = few[0] if few else _PERIODS[-1]
    if period % finest:
        raise _period_error(finest)
    return TimeWindow(_floor(since, period), until, period)


def _finest(age: timedelta) -> timedelta:
    for period, kept in _RETENTION:
        if age <= kept:
            return period
    raise UsageError("--since is more than 455 days ago, and CloudWatch keeps no more", hint="--since 455d")


def _period_error(finest: timedelta) -> UsageError:
    minutes = finest // _MINUTE
    if finest == _MINUTE:
        return UsageError("--period is no whole number of minutes", hint="--period 1m, 5m, 1h")
    return UsageError(
        f"--period must be a multiple of {minutes} minutes for data that old",
        hint=f"--period {minutes}m: CloudWatch keeps minutes for 15 days, 5 minutes for 63, hours for 455",
    )


def _floor(moment: datetime, period: timedelta) -> datetime:
    seconds = period.total_seconds()
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC)


def read(
    aws: Gateway,
    metrics: Sequence[Metric],
    span: TimeWindow,
    dimensions: dict[str, str],
    statistic: str | None = None,
) -> list[MetricSeries]:
    """Read metrics, each with its statistic (CloudWatch GetMetricData).

    CloudWatch matches dimensions exactly: all that the metric was published with, and no others.
    """
    statistics = [statistic_for(metric, statistic) for metric in metrics]
    queries = [
        _query(f"m{index}", metric, span, dimensions, chosen)
        for index, (metric, chosen) in enumerate(zip(metrics, statistics, strict=True))
    ]
    values: dict[str, dict[datetime, float]] = {query["Id"]: {} for query in queries}
    pages = aws.pages(
        "cloudwatch",
        "GetMetricData",
        "MetricDataResults",
        MetricDataQueries=queries,
        StartTime=span.start,
        EndTime=span.end,
        ScanBy="TimestampAscending",
    )
    for result in pages:
        _check(result)
        values[result["Id"]].update(zip(result["Timestamps"], result["Values"], strict=True))
    seconds = int(span.period.total_seconds())
    return [
        MetricSeries(
            metric,
            chosen,
            tuple(
                MetricPoint(at.astimezone(UTC), metric.name, chosen, value, seconds, dimensions)
                for at, value in sorted(found.items())
            ),
        )
        for metric, chosen, found in zip(metrics, statistics, values.values(), strict=True)
    ]


def _query(
    identifier: str, metric: Metric, span: TimeWindow, dimensions: dict[str, str], statistic: str
) -> dict[str, Any]:
    return {
        "Id": identifier,
        "MetricStat": {
            "Metric": {
                "Namespace": NAMESPACE,
                "MetricName": metric.name,
                "Dimensions": api_dimensions(dimensions),
            },
            "Period": int(span.period.total_seconds()),
            "Stat": statistic,
        },
    }


def _check(result: dict[str, Any]) -> None:
    """A metric may fail by itself in an answer that says 200."""
    status = result.get("StatusCode")
    if status not in {"InternalError", "Forbidden"}:
        return
    reason = "; ".join(part.get("Value", "") for part in result.get("Messages", ())) or status
    message = f"cloudwatch GetMetricData, {result.get('Label', result['Id'])}: {reason}"
    if status == "Forbidden":
        raise AccessError(message, code="Forbidden")
    raise RetryableError(message, retryable=True)
