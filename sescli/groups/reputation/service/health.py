"""The reputation of the account in one region, against the lines from which AWS acts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sescli.errors import AccessError, ApiError, UsageError
from sescli.groups.events.service import data
from sescli.groups.events.service.catalog import BOUNCE_RATE, COMPLAINT_RATE
from sescli.groups.reputation.service.quota import Quota, StatsPoint, quota_of, stats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.aws.gateway import Gateway

SHUTDOWN = "SHUTDOWN"
OK, REVIEW, PAUSE, UNKNOWN = "ok", "review", "pause", "unknown"
# Fractions from which AWS reviews the account, and from which it may pause it
# (docs/ses-behavior.md#reputation-thresholds).
BOUNCE_THRESHOLDS = (0.05, 0.10)
COMPLAINT_THRESHOLDS = (0.001, 0.005)
_SINCE = timedelta(days=14)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Rate:
    """Bounces or complaints, as a fraction of the mail sent; None where nothing was.

    `source` is `cloudwatch` (SES's own figure, at `measured_at`) or `statistics` (computed here from the last
    14 days, where CloudWatch has none or may not be read). `verdict` is ok, review, pause or unknown.
    """

    name: str
    value: float | None
    review_at: float
    pause_at: float
    verdict: str
    source: str | None
    measured_at: datetime | None


@dataclass(frozen=True)
class Health:
    """What AWS looks at. `days` are the statistics of the last 14 days, a point a day on which mail was sent."""

    region: str
    sending_enabled: bool
    enforcement_status: str
    quota: Quota
    rates: tuple[Rate, ...]
    days: tuple[StatsPoint, ...]


@dataclass(frozen=True)
class ReputationCheck:
    """A figure against its limit; rates are fractions. `value` None is nothing sent, or no limit of quota."""

    name: str
    value: float | str | None
    limit: float | str
    holds: bool
    source: str | None = None


@dataclass(frozen=True)
class ReputationVerdict:
    """All checks, and whether every one holds."""

    region: str
    holds: bool
    checks: tuple[ReputationCheck, ...]


@dataclass(frozen=True)
class ReputationLimits:
    """What must hold: rates at most so (fractions), and so many recipients left to send in 24 hours."""

    bounce_rate: float = BOUNCE_THRESHOLDS[0]
    complaint_rate: float = COMPLAINT_THRESHOLDS[0]
    quota: int | None = None


def parse_rate(text: str, option: str) -> float:
    """`5%` or `0.05`, as a fraction. A number of 1 or more without a % is neither: raises `UsageError`."""
    percent = text.strip().endswith("%")
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0 or (percent and value > 100):  # noqa: PLR2004
        raise UsageError(
            f"{option} is {text!r}", hint=f"a percentage or a fraction: {option} 5%, {option} 0.05"
        )
    if not percent and value >= 1:
        raise UsageError(
            f"{option} is {text}, which may be a percentage or a fraction",
            hint=f"{option} {value:g}% or {option} {value / 100:g}",
        )
    return value / 100 if percent else value


def health(aws: Gateway) -> Health:
    """Look (SES API v2 GetAccount, v1 GetSendStatistics; CloudWatch GetMetricData where it is allowed)."""
    account = aws.read("sesv2", "GetAccount")
    days = stats(aws, since=_SINCE, period=_DAY)
    return Health(
        region=aws.region,
        sending_enabled=bool(account.get("SendingEnabled")),
        enforcement_status=str(account.get("EnforcementStatus", "")),
        quota=quota_of(account),
        rates=_rates(aws, days),
        days=tuple(days),
    )


def check(aws: Gateway, limits: ReputationLimits) -> ReputationVerdict:
    """Hold the account against limits. A rate of which there is nothing yet holds."""
    now = health(aws)
    bounces, complaints = now.rates
    sending = "ENABLED" if now.sending_enabled else "DISABLED"
    sending = SHUTDOWN if now.enforcement_status == SHUTDOWN else sending
    checks = [
        _rate_check("bounce_rate", bounces, limits.bounce_rate),
        _rate_check("complaint_rate", complaints, limits.complaint_rate),
        ReputationCheck("sending", sending, "ENABLED", sending == "ENABLED"),
    ]
    if limits.quota is not None:
        left = now.quota.remaining_24_hours
        checks.append(
            ReputationCheck("remaining_24_hours", left, limits.quota, left is None or left >= limits.quota)
        )
    return ReputationVerdict(now.region, all(each.holds for each in checks), tuple(checks))


def _rate_check(name: str, rate: Rate, limit: float) -> ReputationCheck:
    return ReputationCheck(name, rate.value, limit, rate.value is None or rate.value <= limit, rate.source)


def _rates(aws: Gateway, days: Sequence[StatsPoint]) -> tuple[Rate, ...]:
    attempts = sum(day.delivery_attempts for day in days)
    counts = (sum(day.bounces for day in days), sum(day.complaints for day in days))
    names = (("bounce", BOUNCE_THRESHOLDS), ("complaint", COMPLAINT_THRESHOLDS))
    rates = []
    for (name, lines), count, official in zip(names, counts, _cloudwatch_rates(aws), strict=True):
        if official is not None:
            rates.append(_rate(name, official.value, lines, "cloudwatch", official.timestamp))
        elif attempts:
            rates.append(_rate(name, round(count / attempts, 6), lines, "statistics", None))
        else:
            rates.append(_rate(name, None, lines, None, None))
    return tuple(rates)


def _cloudwatch_rates(aws: Gateway) -> list[data.MetricPoint | None]:
    """The latest of the rates that SES computes itself, over a volume that it thinks representative."""
    now = datetime.now(UTC)
    span = data.build_window(now - _SINCE, now, _HOUR, now=now)
    try:
        found = data.read(aws, (BOUNCE_RATE, COMPLAINT_RATE), span, {})
    except (AccessError, ApiError):
        return [None, None]
    return [series.points[-1] if series.points else None for series in found]


def _rate(
    name: str, value: float | None, lines: tuple[float, float], source: str | None, at: datetime | None
) -> Rate:
    review, pause = lines
    if value is None:
        verdict = UNKNOWN
    elif value >= pause:
        verdict = PAUSE
    else:
        verdict = REVIEW if value >= review else OK
    return Rate(name, value, review, pause, verdict, source, at)


def set_sending(aws: Gateway, *, on: bool) -> None:
    """Turn sending of the whole account in this region on or off (SES API v2 PutAccountSendingAttributes).

    Raises `ApiError` for turning on what AWS itself has paused: that call would change nothing.
    """
    if on and aws.read("sesv2", "GetAccount").get("EnforcementStatus") == SHUTDOWN:
        raise ApiError(
            f"AWS has paused sending in {aws.region}, and this switch does not undo that",
            hint="answer the case that AWS opened: AWS Support Center, AWS Health dashboard",
            code="AccountShutdown",
        )
    aws.write("sesv2", "PutAccountSendingAttributes", SendingEnabled=on)
