"""Read the data of SES metrics from CloudWatch, with the periods that CloudWatch keeps."""

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

# How long CloudWatch keeps points of each period (GetMetricData).
_RETENTION = (
    (timedelta(minutes=1), timedelta(days=15)),
    (timedelta(minutes=5), timedelta(days=63)),
    (timedelta(hours=1), timedelta(days=455)),
)
_MINUTE = timedelta(minutes=1)
_PERIODS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 180, 360, 720, 1440))
_MAX_POINTS = 60  # fits a table and a plot of 80 columns


@dataclass(frozen=True)
class TimeWindow:
    """A time range in periods; `start` is a multiple of the period, as CloudWatch recommends."""

    start: datetime
    end: datetime
    period: timedelta

    @property
    def period_count(self) -> int:
        """The number of periods that start in the range."""
        return -(-(self.end - self.start) // self.period)

    def period_index(self, moment: datetime) -> int:
        """The index of the period of a moment, from 0."""
        return (moment - self.start) // self.period


@dataclass(frozen=True)
class MetricPoint:
    """The value of a metric in the period that starts at `timestamp`; a rate is a fraction of 1."""

    timestamp: datetime
    metric: str
    statistic: str
    value: float
    period_seconds: int
    dimensions: dict[str, str]


@dataclass(frozen=True)
class MetricSeries:
    """The points of one metric, oldest first. CloudWatch has no point for a period without events."""

    metric: Metric
    statistic: str
    points: tuple[MetricPoint, ...]


def build_window(since: datetime, until: datetime, period: timedelta | None, *, now: datetime) -> TimeWindow:
    """The time range to read; without a period, one that gives at most 60 points.

    Raises `UsageError` for a period that CloudWatch does not keep, and for an empty time range.
    """
    if until <= since:
        raise UsageError("--until must be after --since", hint="for example --since 7d --until 1d")
    if since >= now:
        raise UsageError("--since is in the future", hint="give a time in the past, such as --since 7d")
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
    raise UsageError("--since: CloudWatch keeps metrics for 455 days", hint="give --since 455d or less")


def _period_error(finest: timedelta) -> UsageError:
    minutes = finest // _MINUTE
    if finest == _MINUTE:
        return UsageError("--period must be a whole number of minutes", hint="give 1m, 5m or 1h")
    return UsageError(
        f"--period must be a multiple of {minutes} minutes for data of this age",
        hint=f"give --period {minutes}m; CloudWatch keeps 1-minute data for 15 days, 5-minute data for 63, hours for 455",
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

    CloudWatch matches dimensions exactly: give all dimensions of the published metric and no others.
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
    """Raise the error of a single metric; the response has the status 200 all the same."""
    status = result.get("StatusCode")
    if status not in {"InternalError", "Forbidden"}:
        return
    reason = "; ".join(part.get("Value", "") for part in result.get("Messages", ())) or status
    message = f"cloudwatch GetMetricData, {result.get('Label', result['Id'])}: {reason}"
    if status == "Forbidden":
        raise AccessError(message, code="Forbidden")
    raise RetryableError(message, retryable=True)
