"""Sending quota and statistics of the account in one region."""

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
    """What the account may send. All figures count recipients, not messages.

    The 24 hours are the last 24, not a calendar day. None is unlimited.
    """

    max_24_hour_send: float | None
    max_send_rate: float
    sent_last_24_hours: float
    remaining_24_hours: float | None
    used_percent: float


@dataclass(frozen=True)
class StatsPoint:
    """Sending in a stretch of time; the rates are fractions of the delivery attempts, None without any.

    `rejects` counts only what SES refused for its content (a virus); suppressed mail is no attempt.
    """

    timestamp: datetime
    delivery_attempts: int
    bounces: int
    complaints: int
    rejects: int
    bounce_rate: float | None
    complaint_rate: float | None


def quota(aws: Gateway) -> Quota:
    """The quota now (SES API v2 GetAccount)."""
    return quota_of(aws.read("sesv2", "GetAccount"))


def quota_of(account: dict[str, Any]) -> Quota:
    """The quota in an answer of GetAccount."""
    limits = account.get("SendQuota", {})
    most = float(limits.get("Max24HourSend", 0))
    sent = float(limits.get("SentLast24Hours", 0))
    endless = most == _UNLIMITED
    return Quota(
        max_24_hour_send=None if endless else _to_int_if_whole(most),
        max_send_rate=_to_int_if_whole(float(limits.get("MaxSendRate", 0))),
        sent_last_24_hours=_to_int_if_whole(sent),
        remaining_24_hours=None if endless else _to_int_if_whole(max(0.0, most - sent)),
        used_percent=0.0 if endless or not most else round(sent / most * 100, 2),
    )


def _to_int_if_whole(figure: float) -> float:
    """AWS gives doubles for what is nearly always a whole number."""
    return int(figure) if figure.is_integer() else figure


def stats(aws: Gateway, *, since: timedelta, period: timedelta) -> list[StatsPoint]:
    """Statistics, oldest first, summed over each `period` (SES API v1 GetSendStatistics).

    SES keeps two weeks of 15-minute points, without order; `period` is at least 15 minutes. A stretch in
    which nothing was sent is left out.
    """
    start = datetime.now(UTC) - since
    points = aws.read("ses", "GetSendStatistics").get("SendDataPoints", [])
    wanted = sorted(
        (point for point in points if point["Timestamp"] >= start), key=lambda point: point["Timestamp"]
    )
    stretches: dict[datetime, list[dict[str, Any]]] = {}
    for point in wanted:
        stretches.setdefault(_floor(point["Timestamp"], period), []).append(point)
    return [_sum(begin, parts) for begin, parts in stretches.items()]


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
