"""The reputation of the account in one region, compared with AWS's review and pause thresholds."""

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
# Fractions from which AWS reviews the account, and from which it may pause sending
# (docs/ses-behavior.md#reputation-thresholds).
BOUNCE_THRESHOLDS = (0.05, 0.10)
COMPLAINT_THRESHOLDS = (0.001, 0.005)
_SINCE = timedelta(days=14)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Rate:
    """The bounce or complaint rate, as a fraction of the messages sent; None where nothing was sent.

    `source` is `cloudwatch` (SES's own figure, at `measured_at`) or `statistics` (computed here from the last
    14 days, because CloudWatch has no data or access to it is denied). `verdict` is ok, review, pause or unknown.
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
    """Everything that AWS rates. `days` holds one point for each of the last 14 days with sending."""

    region: str
    sending_enabled: bool
    enforcement_status: str
    quota: Quota
    rates: tuple[Rate, ...]
    days: tuple[StatsPoint, ...]


@dataclass(frozen=True)
class ReputationCheck:
    """A figure and its limit. Rates are fractions. `value` is None where nothing was sent or nothing limits it."""

    name: str
    value: float | str | None
    limit: float | str
    holds: bool
    source: str | None = None


@dataclass(frozen=True)
class ReputationVerdict:
    """All checks, and whether all of them passed."""

    region: str
    holds: bool
    checks: tuple[ReputationCheck, ...]


@dataclass(frozen=True)
class ReputationLimits:
    """Maximum rates (fractions), and the minimum number of recipients left in the 24-hour quota."""

    bounce_rate: float = BOUNCE_THRESHOLDS[0]
    complaint_rate: float = COMPLAINT_THRESHOLDS[0]
    quota: int | None = None


def parse_rate(text: str, option: str) -> float:
    """Parse `5%` or `0.05` as a fraction. Raises `UsageError`, also for 1 or more without a %: it is ambiguous."""
    percent = text.strip().endswith("%")
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0 or (percent and value > 100):  # noqa: PLR2004
        raise UsageError(
            f"{option}: {text!r} is not a rate",
            hint=f"give a percentage or a fraction: {option} 5%, {option} 0.05",
        )
    if not percent and value >= 1:
        raise UsageError(
            f"{option}: {text} can mean a percentage or a fraction",
            hint=f"write {option} {value:g}% or {option} {value / 100:g}",
        )
    return value / 100 if percent else value


def health(aws: Gateway) -> Health:
    """Read the reputation (SES API v2 GetAccount, v1 GetSendStatistics; CloudWatch GetMetricData if allowed)."""
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
    """Compare the account with limits. A rate without data passes."""
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
        enough = left is None or left >= limits.quota
        checks.append(ReputationCheck("remaining_24_hours", left, limits.quota, enough))
    return ReputationVerdict(now.region, all(each.holds for each in checks), tuple(checks))


def _rate_check(name: str, rate: Rate, limit: float) -> ReputationCheck:
    return ReputationCheck(name, rate.value, limit, rate.value is None or rate.value <= limit, rate.source)


def _rates(aws: Gateway, days: Sequence[StatsPoint]) -> tuple[Rate, ...]:
    attempts = sum(day.delivery_attempts for day in days)
    counts = (sum(day.bounces for day in days), sum(day.complaints for day in days))
    names = (("bounce", BOUNCE_THRESHOLDS), ("complaint", COMPLAINT_THRESHOLDS))
    rates = []
    for (name, thresholds), count, measured in zip(names, counts, _cloudwatch_rates(aws), strict=True):
        if measured is not None:
            rates.append(_rate(name, measured.value, thresholds, "cloudwatch", measured.timestamp))
        elif attempts:
            rates.append(_rate(name, round(count / attempts, 6), thresholds, "statistics", None))
        else:
            rates.append(_rate(name, None, thresholds, None, None))
    return tuple(rates)


def _cloudwatch_rates(aws: Gateway) -> list[data.MetricPoint | None]:
    """The latest rates that SES computes itself, over what it calls a representative volume; None without data."""
    now = datetime.now(UTC)
    window = data.build_window(now - _SINCE, now, _HOUR, now=now)
    try:
        found = data.read(aws, (BOUNCE_RATE, COMPLAINT_RATE), window, {})
    except (AccessError, ApiError):
        # Each rate shows its source, so a denied look-up needs no warning. Throttling is raised, unlike in
        # `try_read`: a check must not use another figure because CloudWatch was busy.
        return [None, None]
    return [series.points[-1] if series.points else None for series in found]


def _rate(
    name: str, value: float | None, thresholds: tuple[float, float], source: str | None, at: datetime | None
) -> Rate:
    review, pause = thresholds
    if value is None:
        verdict = UNKNOWN
    elif value >= pause:
        verdict = PAUSE
    else:
        verdict = REVIEW if value >= review else OK
    return Rate(name, value, review, pause, verdict, source, at)


def set_sending(aws: Gateway, *, on: bool) -> None:
    """Turn sending of the account in this region on or off (SES API v2 PutAccountSendingAttributes).

    Raises `ApiError` when AWS itself has paused sending: turning it on would change nothing.
    """
    if on and aws.read("sesv2", "GetAccount").get("EnforcementStatus") == SHUTDOWN:
        raise ApiError(
            f"AWS has paused sending in {aws.region}; only AWS can resume it",
            hint="reply to the case that AWS opened in AWS Support Center",
            code="AccountShutdown",
        )
    aws.write("sesv2", "PutAccountSendingAttributes", SendingEnabled=on)
