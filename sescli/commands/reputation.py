"""`sescli reputation`: quota and statistics."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from sescli.cli import command, group
from sescli.commands.durations import duration
from sescli.errors import UsageError
from sescli.output.results import Column, Details, Listing
from sescli.runtime import Runtime

app = group("reputation", "Sending quota and statistics.")

_STATS = (
    Column("time", "timestamp"),
    Column("attempts", "delivery_attempts", "number"),
    Column("bounces", "bounces", "number"),
    Column("complaints", "complaints", "number"),
    Column("rejects", "rejects", "number"),
    Column("bounce rate", "bounce_rate", "percent"),
    Column("complaint rate", "complaint_rate", "percent"),
)
_FINEST = timedelta(minutes=15)


@command(app, "quota", examples=["sescli reputation quota", "sescli reputation quota -q remaining_24_hours"])
def quota(rt: Runtime) -> Details:
    """Show how much the account may still send.

    Look here before a large send. The quota counts recipients over the last 24 hours, in one region; the
    rate counts recipients a second.
    """
    from sescli.services import reputation

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
    of a send appear within minutes to hours. Suppressed mail counts as bounced here.
    """
    from sescli.services import reputation

    step = duration(period, "--period")
    if step < _FINEST:
        raise UsageError("--period is under 15m, and SES keeps no finer figures", hint="--period 15m")
    points = reputation.stats(rt.aws, since=duration(since, "--since"), period=step)
    return Listing(points, _STATS, empty=f"Nothing was sent from {rt.aws.region} in the last {since}.")
