"""Sending quota and sending statistics of the account in one region."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sescli.aws.gateway import Gateway

# Max24HourSend of an account without a limit (SES API v1 GetSendQuota; docs/ses-behavior.md#unlimited-quota).
_UNLIMITED = -1


@dataclass(frozen=True)
class Quota:
    """The sending quota. All figures count recipients, not messages.

    The 24 hours are a rolling window, not a calendar day. None means unlimited. `max_send_rate` is per second.
    """

    max_24_hour_send: float | None
    max_send_rate: float
    sent_last_24_hours: float
    remaining_24_hours: float | None
    used_percent: float


@dataclass(frozen=True)
class StatsPoint:
    """Sending statistics of one period. Rates are fractions of the delivery attempts, None without attempts.

    `rejects` counts only messages that SES rejected because of a virus. A message to a suppressed address is not
    an attempt.
    """

    timestamp: datetime
    delivery_attempts: int
    bounces: int
    complaints: int
    rejects: int
    bounce_rate: float | None
    complaint_rate: float | None


def quota(aws: Gateway) -> Quota:
    """Read the current quota (SES API v2 GetAccount)."""
    return quota_of(aws.read("sesv2", "GetAccount"))


def quota_of(account: dict[str, Any]) -> Quota:
    """Parse the quota in a response of GetAccount."""
    limits = account.get("SendQuota", {})
    most = float(limits.get("Max24HourSend", 0))
    sent = float(limits.get("SentLast24Hours", 0))
    unlimited = most == _UNLIMITED
    return Quota(
        max_24_hour_send=None if unlimited else _to_int_if_whole(most),
        max_send_rate=_to_int_if_whole(float(limits.get("MaxSendRate", 0))),
        sent_last_24_hours=_to_int_if_whole(sent),
        remaining_24_hours=None if unlimited else _to_int_if_whole(max(0.0, most - sent)),
        used_percent=0.0 if unlimited or not most else round(sent / most * 100, 2),
    )


def _to_int_if_whole(figure: float) -> float:
    """AWS returns doubles for figures that are almost always whole numbers."""
    return int(figure) if figure.is_integer() else figure


def stats(aws: Gateway, *, since: timedelta, period: timedelta) -> list[StatsPoint]:
    """Read statistics, oldest first, summed over each `period` (SES API v1 GetSendStatistics).

    SES keeps 15-minute points for two weeks and returns them in no order, so `period` is at least 15 minutes.
    Periods without sending are left out.
    """
    start = datetime.now(UTC) - since
    points = aws.read("ses", "GetSendStatistics").get("SendDataPoints", [])
    wanted = sorted(
        (point for point in points if point["Timestamp"] >= start), key=lambda point: point["Timestamp"]
    )
    periods: dict[datetime, list[dict[str, Any]]] = {}
    for point in wanted:
        periods.setdefault(_floor(point["Timestamp"], period), []).append(point)
    return [_sum(begin, parts) for begin, parts in periods.items()]


def _floor(moment: datetime, period: timedelta) -> datetime:
    seconds = period.total_seconds()
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC)


def _sum(begin: datetime, parts: Iterable[dict[str, Any]]) -> StatsPoint:
    totals = {"DeliveryAttempts": 0, "Bounces": 0, "Complaints": 0, "Rejects": 0}
    for part in parts:
        for name in totals:
            totals[name] += int(part.get(name, 0))
    attempts = totals["DeliveryAttempts"]
    return StatsPoint(
        timestamp=begin,
        delivery_attempts=attempts,
        bounces=totals["Bounces"],
        complaints=totals["Complaints"],
        rejects=totals["Rejects"],
        bounce_rate=round(totals["Bounces"] / attempts, 6) if attempts else None,
        complaint_rate=round(totals["Complaints"] / attempts, 6) if attempts else None,
    )
