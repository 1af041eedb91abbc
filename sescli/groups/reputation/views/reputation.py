"""How the reputation of the account looks on a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.exits import ExitCode
from sescli.output.results import Column, Details, Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.reputation.service.health import Health, ReputationCheck, ReputationVerdict
    from sescli.groups.reputation.service.quota import Quota, StatsPoint

_STATS_COLUMNS = (
    Column(
        "start (UTC)", lambda point: f"{point.timestamp:%Y-%m-%d %H:%M}"
    ),  # 80 columns have no room for seconds
    Column("attempts", "delivery_attempts", "number"),
    Column("bounces", "bounces", "number"),
    Column("bounce %", "bounce_rate", "percent"),
    Column("complaints", "complaints", "number"),
    Column("complaint %", "complaint_rate", "percent"),
    Column("rejects", "rejects", "number"),
)
_RATE_COLUMNS = (
    Column("rate", lambda rate: f"{rate.name} rate"),
    Column("current", "value", "percent"),
    Column("review from", "review_at", "percent"),
    Column("pause from", "pause_at", "percent"),
    Column("rate status", "verdict", "status"),
    Column("source", "source"),
)
_DAYS = 14


def health_details(health: Health, *, bars: bool) -> Details:
    """The rates, the quota and the attempts of 14 days; with `bars` as a sparkline too."""
    quota = health.quota
    most = "no limit" if quota.max_24_hour_send is None else f"of {quota.max_24_hour_send:,.0f}"
    fields: list[tuple[str, object] | tuple[str, object, str]] = [
        ("sending", "ENABLED" if health.sending_enabled else "DISABLED", "status"),
        ("account status", health.enforcement_status, "status"),
        ("sent in 24 hours", f"{quota.sent_last_24_hours:,.0f}, {most}"),
        ("attempts, 14 days", _format_attempts(health.days, bars=bars)),
    ]
    ok = all(rate.verdict in {"ok", "unknown"} for rate in health.rates)
    step = Advice(
        NextCommand("reputation", "stats"), "; ", NextCommand("suppression", "list", "--since", "14d")
    )
    return Details(
        health,
        fields,
        [Listing(health.rates, _RATE_COLUMNS)],
        title=f"Reputation in {health.region}",
        next=None if ok else step,
    )


def _format_attempts(days: Sequence[StatsPoint], *, bars: bool) -> str:
    from sescli.output.plots import sparkline

    total = sum(day.delivery_attempts for day in days)
    if not bars or not total:
        return f"{total:,}"
    by_day = {day.timestamp.date(): day.delivery_attempts for day in days}
    today = datetime.now(UTC).date()
    series = [by_day.get(today - timedelta(days=back), 0) for back in reversed(range(_DAYS))]
    return f"{total:,}  {sparkline(series)}"


def quota_details(quota: Quota, region: str) -> Details:
    """The quota and how much of it is left."""
    fields = (
        ("24-hour quota", quota.max_24_hour_send if quota.max_24_hour_send is not None else "unlimited"),
        ("sent in the last 24 hours", quota.sent_last_24_hours),
        ("remaining", quota.remaining_24_hours if quota.remaining_24_hours is not None else "unlimited"),
        ("used", quota.used_percent / 100, "percent"),
        ("maximum send rate", f"{quota.max_send_rate:g} recipients per second"),
    )
    return Details(quota, fields, title=f"Sending quota in {region}")


def stats_table(points: Sequence[StatsPoint], *, empty: str) -> Listing:
    """One row for each period with sending."""
    return Listing(points, _STATS_COLUMNS, empty=empty)


def verdict_details(verdict: ReputationVerdict) -> Details:
    """One row for each check; the exit code says whether all of them passed."""
    columns = (
        Column("check", lambda each: each.name.replace("_", " ")),
        Column("actual", _format_actual),
        Column("limit", _format_limit),
        Column("passed", "holds", "status"),
        Column("source", "source"),
    )
    return Details(
        verdict,
        (),
        [Listing(verdict.checks, columns)],
        title=f"Reputation in {verdict.region}: check {'passed' if verdict.holds else 'failed'}",
        exit_code=ExitCode.OK if verdict.holds else ExitCode.CHECK_FAILED,
    )


def _format_actual(check: ReputationCheck) -> str:
    if check.value is None:
        return "nothing sent" if check.name.endswith("rate") else "no limit"
    return _format_value(check, check.value)


def _format_limit(check: ReputationCheck) -> str:
    if isinstance(check.limit, str):
        return check.limit
    return f"{'at most' if check.name.endswith('rate') else 'at least'} {_format_value(check, check.limit)}"


def _format_value(check: ReputationCheck, value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value * 100:.4g}%" if check.name.endswith("rate") else f"{value:,.0f}"
