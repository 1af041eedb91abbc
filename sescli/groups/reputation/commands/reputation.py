"""`sescli reputation`: rates, quota, statistics, the account's switch; dedicated IPs are in reputation_ips."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.durations import duration
from sescli.errors import UsageError
from sescli.exits import ExitCode
from sescli.groups.reputation.commands import dedicated_ips
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.reputation.service.health import Health, ReputationCheck

app = group("reputation", "Bounce and complaint rates, quota, statistics, dedicated IPs.")
app.add_typer(dedicated_ips.pools)
app.add_typer(dedicated_ips.ips)

_STATS_COLUMNS = (
    Column("time", "timestamp"),
    Column("attempts", "delivery_attempts", "number"),
    Column("bounces", "bounces", "number"),
    Column("rate", "bounce_rate", "percent"),
    Column("complaints", "complaints", "number"),
    Column("rate", "complaint_rate", "percent"),
    Column("rejects", "rejects", "number"),
)
_RATE_COLUMNS = (
    Column("rate of", lambda rate: f"{rate.name}s"),
    Column("now", "value", "percent"),
    Column("AWS reviews from", "review_at", "percent"),
    Column("may pause from", "pause_at", "percent"),
    Column("verdict", "verdict", "status"),
    Column("source", "source"),
)
_FINEST = timedelta(minutes=15)
_DAYS = 14


@command(app, "show", examples=["sescli reputation show", "sescli reputation show -q rates"])
def show(rt: Runtime) -> Details:
    """Show whether AWS is content with the account: its rates against the lines, its state, its quota.

    AWS reviews an account from 5 % of bounces or 0.1 % of complaints on, and may pause it from 10 % or 0.5 %
    on. The rates are SES's own, from CloudWatch; where there are none they are computed from the statistics
    of 14 days.

    The quota counts every recipient that SES accepted, the attempts only those to whom it tried to deliver:
    suppressed mail is in the first and not in the second. Mail to the simulator is in neither.
    """
    from sescli.groups.reputation.service import health

    now = health.health(rt.aws)
    quota = now.quota
    most = "no limit" if quota.max_24_hour_send is None else f"of {quota.max_24_hour_send:,.0f}"
    fields: list[tuple[str, object] | tuple[str, object, str]] = [
        ("sending", "ENABLED" if now.sending_enabled else "DISABLED", "status"),
        ("review", now.enforcement_status, "status"),
        ("sent in 24 hours", f"{quota.sent_last_24_hours:,.0f}, {most}"),
        ("attempts, 14 days", _format_attempts(rt, now)),
    ]
    watched = all(rate.verdict in {"ok", "unknown"} for rate in now.rates)
    step = None if watched else "sescli reputation stats; sescli suppression list --since 14d"
    tables = [Listing(now.rates, _RATE_COLUMNS)]
    return Details(now, fields, tables, title=f"Reputation in {now.region}", next=step)


def _format_attempts(rt: Runtime, now: Health) -> str:
    """Attempts of the last 14 days: their sum, and a line of bars on a terminal."""
    from datetime import UTC, datetime

    from sescli.output.plots import sparkline

    total = sum(day.delivery_attempts for day in now.days)
    if not rt.terminal.stdout_is_tty or not total:
        return f"{total:,}"
    by_day = {day.timestamp.date(): day.delivery_attempts for day in now.days}
    today = datetime.now(UTC).date()
    series = [by_day.get(today - timedelta(days=back), 0) for back in reversed(range(_DAYS))]
    return f"{total:,}  {sparkline(series)}"


@command(app, "quota", examples=["sescli reputation quota", "sescli reputation quota -q remaining_24_hours"])
def quota(rt: Runtime) -> Details:
    """Show how much the account may still send.

    Look here before a large send. The quota counts recipients over the last 24 hours, in one region; the
    rate counts recipients a second.
    """
    from sescli.groups.reputation.service import quota as reputation

    now = reputation.quota(rt.aws)
    fields = (
        ("24-hour quota", now.max_24_hour_send if now.max_24_hour_send is not None else "unlimited"),
        ("sent in the last 24 hours", now.sent_last_24_hours),
        ("still to send", now.remaining_24_hours if now.remaining_24_hours is not None else "unlimited"),
        ("used", now.used_percent / 100, "percent"),
        ("rate", f"{now.max_send_rate:g} recipients a second"),
    )
    return Details(now, fields, title=f"Sending quota in {rt.aws.region}")


@command(
    app,
    "stats",
    examples=["sescli reputation stats", "sescli reputation stats --since 14d --period 1d -o csv"],
)
def stats(
    rt: Runtime,
    since: Annotated[str, typer.Option(help="How far back, at most 14d.", metavar="TIME")] = "14d",
    period: Annotated[str, typer.Option(help="Length of a row, at least 15m.", metavar="TIME")] = "1d",
) -> Listing:
    """Show attempts, bounces, complaints and rejects over time, oldest first.

    Watch it after a send: SES reviews an account from 5 % of bounces or 0.1 % of complaints. The figures
    of a send appear within minutes to hours. Suppressed mail is no attempt, and counts in the quota alone.
    """
    from sescli.groups.reputation.service import quota as reputation

    step = duration(period, "--period")
    if step < _FINEST:
        raise UsageError("--period is under 15m, and SES keeps no finer figures", hint="--period 15m")
    points = reputation.stats(rt.aws, since=duration(since, "--since"), period=step)
    return Listing(
        points, _STATS_COLUMNS, empty=f"Nothing was sent from {rt.aws.region} in the last {since}."
    )


@command(
    app,
    "check",
    examples=[
        "sescli reputation check",
        "sescli reputation check --max-bounce-rate 2% --max-complaint-rate 0.05% --min-quota 5000",
    ],
)
def check(
    rt: Runtime,
    max_bounce_rate: Annotated[str, typer.Option(help="At most so: 5% or 0.05.", metavar="RATE")] = "5%",
    max_complaint_rate: Annotated[
        str, typer.Option(help="At most so: 0.1% or 0.001.", metavar="RATE")
    ] = "0.1%",
    min_quota: Annotated[
        int | None,
        typer.Option(help="Recipients that must be left to send to in 24 hours.", min=0, metavar="N"),
    ] = None,
) -> Details:
    """Check the account against limits; exit code 3 when one does not hold.

    For CI, and before a large send. Each figure is told with its limit; the limits unless said are the lines
    from which AWS reviews an account. Sending must be on too. A rate is a percentage with a %, or a fraction
    below 1; with nothing sent it holds.
    """
    from sescli.groups.reputation.service import health

    limits = health.ReputationLimits(
        health.parse_rate(max_bounce_rate, "--max-bounce-rate"),
        health.parse_rate(max_complaint_rate, "--max-complaint-rate"),
        min_quota,
    )
    verdict = health.check(rt.aws, limits)
    columns = (
        Column("check", lambda each: each.name.replace("_", " ")),
        Column("is", _format_actual),
        Column("must be", _format_limit),
        Column("holds", "holds", "status"),
        Column("source", "source"),
    )
    word = "holds" if verdict.holds else "does not hold"
    return Details(
        verdict,
        (),
        [Listing(verdict.checks, columns)],
        title=f"Reputation in {verdict.region}: {word}",
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
    return f"{value * 100:.4g} %" if check.name.endswith("rate") else f"{value:,.0f}"


@command(app, "sending", examples=["sescli reputation sending --off --yes", "sescli reputation sending --on"])
def sending(
    rt: Runtime,
    on: Annotated[
        bool | None,
        typer.Option("--on/--off", help="Whether mail goes out from this region.", show_default=False),
    ] = None,
) -> Done:
    """Turn sending of the whole account in this region on or off.

    Turn it off when something mails that should not, before AWS does: bounces and complaints stop at once,
    and so does all other mail. What AWS itself has paused, this does not turn on again.
    """
    from sescli.groups.reputation.service import health

    if on is None:
        raise UsageError("missing: --on or --off", hint="sescli status shows how it is now")
    if not on:
        rt.confirm(
            "Turn sending off?", consequence=f"No mail at all goes out from {rt.aws.region} until --on"
        )
    health.set_sending(rt.aws, on=on)
    word = "on" if on else "off"
    step = None if on else "sescli reputation sending --on, once the cause is gone"
    return Done(f"Sending in {rt.aws.region} is {word}.", {"sending_enabled": on}, next=step)
