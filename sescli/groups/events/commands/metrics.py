"""`sescli events`: what became of the mail, from the events that SES publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.durations import duration, moment, spoken
from sescli.groups.events.commands import alarm
from sescli.groups.events.views import metrics as metric_view
from sescli.output.results import Details
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.events.service.data import MetricSeries, TimeWindow

app = group("events", "Metrics of what became of the mail, and alarms on them.")
app.add_typer(alarm.app)


@command(
    app,
    "metrics",
    examples=[
        "sescli events metrics",
        "sescli events metrics --metric bounce-rate --metric complaint-rate --since 14d",
        "sescli events metrics --config-set news --metric Bounce --since 7d --period 1h -o csv",
    ],
)
def metrics(
    rt: Runtime,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="Send, Delivery, Bounce, Complaint, Reject (these five unless said), Open, Click, "
            "RenderingFailure, DeliveryDelay, Subscription, bounce-rate or complaint-rate.",
            metavar="METRIC",
        ),
    ] = None,
    dimension: Annotated[
        list[str] | None, typer.Option(help="A further dimension, campaign=spring.", metavar="NAME=VALUE")
    ] = None,
    config_set: Annotated[
        str | None, typer.Option(help="Mail of this configuration set.", metavar="SET")
    ] = None,
    since: Annotated[str, typer.Option(help="From then: 2026-11-01, or 7d.", metavar="WHEN")] = "1d",
    until: Annotated[str | None, typer.Option(help="Until then; else now.", metavar="WHEN")] = None,
    period: Annotated[
        str | None, typer.Option(help="Length of a row: 5m, 1h, 1d; else one that fits.", metavar="TIME")
    ] = None,
    statistic: Annotated[
        str | None,
        typer.Option(help="Sum, Average, Minimum, Maximum or SampleCount.", metavar="STATISTIC"),
    ] = None,
) -> Details:
    """Show SES's metrics in CloudWatch: a row a period, and a plot on a terminal.

    Look here for what happened, and when: bounces after a send, opens of a campaign. Sums of counts,
    averages of the rates bounce-rate and complaint-rate, which SES computes itself.

    For the whole account SES publishes sends, deliveries, bounces, complaints, rejects and the rates by
    itself. All else comes from a CloudWatch event destination of a configuration set, and only with
    that destination's dimensions, all of which must be named. Where a metric has no data, the reason is told.

    CloudWatch keeps minutes for 15 days, 5 minutes for 63 days, hours for 455 days, and charges for reading.
    """
    from datetime import UTC, datetime

    from sescli.groups.events.service import catalog, data

    asked = catalog.parse_metrics(metric or ())
    dimensions = catalog.parse_dimensions(config_set, dimension or ())
    now = datetime.now(UTC)
    span = data.build_window(
        moment(since, "--since"),
        moment(until, "--until") if until else now,
        duration(period, "--period") if period else None,
        now=now,
    )
    chosen = catalog.parse_statistic(statistic) if statistic else None
    series = data.read(rt.aws, asked, span, dimensions, chosen)
    _note_missing_data(rt, series, dimensions)
    return _metrics_details(rt, series, span, dimensions)


def _note_missing_data(rt: Runtime, series: list[MetricSeries], dimensions: dict[str, str]) -> None:
    """Say why metrics have no data. A script asks for that only where it got nothing at all."""
    from sescli.groups.events.service import availability

    empty = [each.metric for each in series if not each.points]
    if not empty or (len(empty) < len(series) and not rt.output.for_people):
        return
    for reason in availability.explain_missing_data(rt.aws, empty, dimensions):
        rt.output.note(metric_view.with_context_options(rt, reason))


def _metrics_details(
    rt: Runtime, series: list[MetricSeries], span: TimeWindow, dimensions: dict[str, str]
) -> Details:
    points = [point for each in series for point in each.points]
    place = ", ".join(f"{name}={value}" for name, value in dimensions.items()) or "the whole account"
    fields = (
        ("of", place),
        ("from", span.start),
        ("until", span.end),
        ("a row is", spoken(span.period)),
        ("statistic", list(dict.fromkeys(each.statistic for each in series))),
    )
    drawn = metric_view.plot(series, span) if rt.terminal.stdout_is_tty else None
    title = f"Metrics of SES in {rt.aws.region}"
    return Details(points, fields, [metric_view.table(series)], title=title, text=drawn)
