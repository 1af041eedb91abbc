"""`sescli events`: metrics of deliveries, bounces, complaints and more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group, options
from sescli.cli.params import parse_duration, parse_moment
from sescli.groups.events.commands import alarm
from sescli.groups.events.views.metrics import metrics_details
from sescli.output.results import Details
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.events.service.data import MetricSeries, TimeWindow

app = group("events", "Show metrics of deliveries, bounces and complaints, and set alarms.")
app.add_typer(alarm.app)


@options
class MetricOptions:
    """Which metrics to read, and for which time."""

    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="Send, Delivery, Bounce, Complaint, Reject (these five by default), Open, Click, "
            "RenderingFailure, DeliveryDelay, Subscription, bounce-rate or complaint-rate. Repeatable.",
            metavar="METRIC",
        ),
    ] = None
    dimension: Annotated[
        list[str] | None,
        typer.Option(help="Dimension, such as campaign=spring. Repeatable.", metavar="NAME=VALUE"),
    ] = None
    config_set: Annotated[
        str | None, typer.Option(help="Read only metrics of this configuration set.", metavar="SET")
    ] = None
    since: Annotated[
        str, typer.Option(help="Start, such as 2026-11-01, or 7d for 7 days ago.", metavar="WHEN")
    ] = "1d"
    until: Annotated[str | None, typer.Option(help="End. Default: now.", metavar="WHEN")] = None
    period: Annotated[
        str | None,
        typer.Option(
            help="Period of each row, such as 5m, 1h or 1d. Default: at most 60 rows.", metavar="TIME"
        ),
    ] = None
    statistic: Annotated[
        str | None,
        typer.Option(help="Sum, Average, Minimum, Maximum or SampleCount.", metavar="STATISTIC"),
    ] = None

    def window(self) -> TimeWindow:
        """The time range to read. Raises `UsageError`."""
        from sescli.groups.events.service.data import build_window

        now = datetime.now(UTC)
        return build_window(
            parse_moment(self.since, "--since"),
            parse_moment(self.until, "--until") if self.until else now,
            parse_duration(self.period, "--period") if self.period else None,
            now=now,
        )


@command(
    app,
    "metrics",
    examples=[
        "sescli events metrics",
        "sescli events metrics --metric bounce-rate --metric complaint-rate --since 14d",
        "sescli events metrics --config-set news --metric Bounce --since 7d --period 1h -o csv",
    ],
)
def metrics(rt: Runtime, chosen: MetricOptions) -> Details:
    """Show SES metrics from CloudWatch as a table, and as a plot on a terminal.

    Use it to see what happened when: bounces after a send, opens of a campaign. Counts are summed. The rates
    bounce-rate and complaint-rate, which SES computes, are averaged.

    SES publishes sends, deliveries, bounces, complaints, rejects and the rates for the account. Other metrics come from
    a CloudWatch event destination of a configuration set, with the dimensions of that destination: name all of them.
    If a metric has no data, the command explains why.

    CloudWatch keeps 1-minute data for 15 days, 5-minute data for 63 days and hourly data for 455 days. AWS
    charges for reading metrics.
    """
    from sescli.groups.events.service import catalog, data

    wanted = catalog.parse_metrics(chosen.metric or ())
    dimensions = catalog.parse_dimensions(chosen.config_set, chosen.dimension or ())
    window = chosen.window()
    statistic = catalog.parse_statistic(chosen.statistic) if chosen.statistic else None
    series = data.read(rt.aws, wanted, window, dimensions, statistic)
    _note_missing_data(rt, series, dimensions)
    plot = rt.terminal.stdout_is_tty
    return metrics_details(series, window, dimensions, region=rt.aws.region, with_plot=plot)


def _note_missing_data(rt: Runtime, series: list[MetricSeries], dimensions: dict[str, str]) -> None:
    """Explain why metrics have no data; for a script only if it got no data at all, to save the look-ups."""
    from sescli.groups.events.service.availability import explain_missing_data

    empty = [each.metric for each in series if not each.points]
    if not empty or (len(empty) < len(series) and not rt.output.for_people):
        return
    for reason in explain_missing_data(rt.aws, empty, dimensions):
        rt.output.note(reason)
