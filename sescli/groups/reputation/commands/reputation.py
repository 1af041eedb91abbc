"""`sescli reputation`: bounce and complaint rates, quota, statistics, and pausing the account."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from sescli.advice import Advice, NextCommand
from sescli.cli.decorator import command, group
from sescli.cli.params import parse_duration
from sescli.errors import UsageError
from sescli.groups.reputation.commands import dedicated_ips, ip_pools
from sescli.groups.reputation.views import reputation as views
from sescli.output.results import Details, Done, Listing
from sescli.runtime import Runtime

app = group("reputation", "Show bounce and complaint rates, quota, statistics and dedicated IPs.")
app.add_typer(ip_pools.app)
app.add_typer(dedicated_ips.app)

_SHORTEST_PERIOD = timedelta(minutes=15)


@command(app, "show", examples=["sescli reputation show", "sescli reputation show -q rates"])
def show(rt: Runtime) -> Details:
    """Show the account's bounce and complaint rates compared with AWS's thresholds.

    AWS reviews an account from a bounce rate of 5% or a complaint rate of 0.1%, and may pause sending from
    10% or 0.5%. SES computes the rates and publishes them to CloudWatch. If CloudWatch has no rates, sescli
    computes them from the statistics of the last 14 days.

    The quota counts every recipient that SES accepted. Delivery attempts do not include suppressed addresses.
    Messages to the mailbox simulator count towards neither.
    """
    from sescli.groups.reputation.service import health

    return views.health_details(health.health(rt.aws), bars=rt.terminal.stdout_is_tty)


@command(app, "quota", examples=["sescli reputation quota", "sescli reputation quota -q remaining_24_hours"])
def quota(rt: Runtime) -> Details:
    """Show the sending quota and how much of it is left.

    Run this before you send to many recipients. The quota counts the recipients of the last 24 hours in one region.
    The maximum send rate counts recipients per second.
    """
    from sescli.groups.reputation.service import quota as reputation

    return views.quota_details(reputation.quota(rt.aws), rt.aws.region)


@command(
    app,
    "stats",
    examples=["sescli reputation stats", "sescli reputation stats --since 14d --period 1d -o csv"],
)
def stats(
    rt: Runtime,
    since: Annotated[
        str, typer.Option(help="Start of the statistics, at most 14d ago.", metavar="TIME")
    ] = "14d",
    period: Annotated[str, typer.Option(help="Period of each row, at least 15m.", metavar="TIME")] = "1d",
) -> Listing:
    """Show delivery attempts, bounces, complaints and rejects over time, oldest first.

    Run this after you send to many recipients. Figures appear minutes to hours after a send. Messages to suppressed
    addresses are not attempts; they count only in the quota.
    """
    from sescli.groups.reputation.service import quota as reputation

    length = parse_duration(period, "--period")
    if length < _SHORTEST_PERIOD:
        raise UsageError("--period: SES keeps statistics per 15 minutes", hint="give --period 15m or more")
    points = reputation.stats(rt.aws, since=parse_duration(since, "--since"), period=length)
    return views.stats_table(points, empty=f"Nothing was sent from {rt.aws.region} in the last {since}.")


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
    max_bounce_rate: Annotated[
        str, typer.Option(help="Maximum bounce rate, such as 5% or 0.05.", metavar="RATE")
    ] = "5%",
    max_complaint_rate: Annotated[
        str, typer.Option(help="Maximum complaint rate, such as 0.1% or 0.001.", metavar="RATE")
    ] = "0.1%",
    min_quota: Annotated[
        int | None,
        typer.Option(help="Minimum number of recipients left in the 24-hour quota.", min=0, metavar="N"),
    ] = None,
) -> Details:
    """Check rates, quota and sending status against limits.

    Use this in CI and before you send to many recipients. The default limits are AWS's review thresholds.
    Sending must be enabled too. Write a rate as a percentage with % or as a fraction below 1. If no email was
    sent, the rate checks pass.

    The exit code is 3 if a check fails.
    """
    from sescli.groups.reputation.service import health

    limits = health.ReputationLimits(
        health.parse_rate(max_bounce_rate, "--max-bounce-rate"),
        health.parse_rate(max_complaint_rate, "--max-complaint-rate"),
        min_quota,
    )
    return views.verdict_details(health.check(rt.aws, limits))


@command(app, "sending", examples=["sescli reputation sending --off --yes", "sescli reputation sending --on"])
def sending(
    rt: Runtime,
    on: Annotated[
        bool | None,
        typer.Option("--on/--off", help="Enable or disable sending in this region.", show_default=False),
    ] = None,
) -> Done:
    """Enable or disable sending for the account in this region.

    Disable it to stop an unwanted send before bounces and complaints lead AWS to review or pause the account.
    All email from this region stops. If AWS itself has paused sending, only AWS can resume it.
    """
    from sescli.groups.reputation.service import health

    if on is None:
        raise UsageError(
            "missing: --on or --off", hint=Advice("see the current state: ", NextCommand("status"))
        )
    if not on:
        rt.confirm("Disable sending?", consequence=f"All email from {rt.aws.region} stops until you run --on")
    health.set_sending(rt.aws, on=on)
    enable = NextCommand("reputation", "sending", "--on")
    return Done(
        f"{'Enabled' if on else 'Disabled'} sending in {rt.aws.region}.",
        {"sending_enabled": on},
        next=None if on else Advice("when the cause is fixed, run: ", enable),
    )
