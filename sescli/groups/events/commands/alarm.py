"""`sescli events alarm`: CloudWatch alarms on SES's metrics."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.durations import duration, spoken
from sescli.groups.events.views.metrics import with_context_options
from sescli.output.results import Column, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.events.service.alarms import Alarm

app = group("alarm", "CloudWatch alarms on bounces, complaints and the like.")


@command(app, "list", examples=["sescli events alarm list", "sescli events alarm list --state alarm -o json"])
def list_alarms(
    rt: Runtime,
    state: Annotated[
        str | None, typer.Option(help="ok, alarm or insufficient-data.", metavar="STATE")
    ] = None,
) -> Listing:
    """List the alarms on metrics of SES, with their state.

    Look here to see what is watched, and what has gone off. Alarms on other services are left out.
    """
    from sescli.groups.events.service import alarms

    found = list(alarms.alarms(rt.aws, state=alarms.parse_state(state) if state else None))
    columns = (
        Column("name", "name"),
        Column("state", "state", "status"),
        Column("fires at", format_condition),
        Column("of", "dimensions"),
        Column("tells", lambda alarm: [arn.rpartition(":")[2] for arn in alarm.notify]),
    )
    return Listing(found, columns, empty=f"No alarm watches SES in {rt.aws.region}.")


def format_condition(alarm: Alarm) -> str:
    from sescli.groups.events.service.alarm_spec import SIGNS

    sign = SIGNS.get(alarm.comparison, alarm.comparison)
    threshold = "" if alarm.threshold is None else f" {alarm.threshold:g}"
    period = "" if alarm.period_seconds is None else f" in {spoken(timedelta(seconds=alarm.period_seconds))}"
    return f"{alarm.metric} {alarm.statistic} {sign}{threshold}{period}"


@command(
    app,
    "create",
    examples=[
        "sescli events alarm create bounces --preset bounce-rate --notify arn:aws:sns:us-east-1:123456789012:ops",
        "sescli events alarm create many-bounces --metric Bounce --threshold 50 --period 1h",
        "sescli events alarm create ses-complaints --preset complaint-rate --dry-run",
    ],
)
def create(
    rt: Runtime,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name.")],
    notify: Annotated[
        list[str] | None, typer.Option(help="SNS topic that hears of it, up to five times.", metavar="ARN")
    ] = None,
    dimension: Annotated[
        list[str] | None, typer.Option(help="A further dimension, campaign=spring.", metavar="NAME=VALUE")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="bounce-rate (5 %), complaint-rate (0.1 %), bounce-rate-pause (10 %), complaint-rate-pause "
            "(0.5 %), rejects or rendering-failures.",
            metavar="PRESET",
        ),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="In place of a preset: Bounce, bounce-rate …", metavar="METRIC")
    ] = None,
    threshold: Annotated[
        str | None, typer.Option(help="For a rate a fraction or a percentage: 0.05, 5%.", metavar="NUMBER")
    ] = None,
    comparison: Annotated[
        str, typer.Option(help="ge, gt, le or lt: at least, above …", metavar="WORD")
    ] = "ge",
    statistic: Annotated[
        str | None,
        typer.Option(help="Average for rates, Sum for counts, unless said.", metavar="STATISTIC"),
    ] = None,
    period: Annotated[str, typer.Option(help="How long it looks at.", metavar="TIME")] = "1h",
    evaluation_periods: Annotated[
        int, typer.Option(help="How many of them in a row must be so.", min=1, metavar="N")
    ] = 1,
    config_set: Annotated[
        str | None, typer.Option(help="Watch mail of this configuration set alone.", metavar="SET")
    ] = None,
    missing_data: Annotated[
        str | None,
        typer.Option(help="ignore (rates), not-breaching (counts), breaching or missing.", metavar="WORD"),
    ] = None,
    description: Annotated[str | None, typer.Option(help="A text for people.", metavar="TEXT")] = None,
    notify_ok: Annotated[bool, typer.Option("--notify-ok", help="Tell when it is over too.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite an alarm of this name.")] = False,
) -> Done:
    """Create an alarm on a metric of SES.

    Have one on both rates before AWS looks: it reviews an account from 5 % of bounces or 0.1 % of complaints
    on, and may pause it from 10 % or 0.5 % on. The presets do that; a metric and a threshold watch anything
    else. The rates are fractions: 5 % is 0.05. A count, as 50 bounces in an hour, says little by itself.
    """
    from sescli.groups.events.service import alarm_spec, alarms

    spec = alarm_spec.build_alarm(
        name,
        preset=preset,
        metric=metric,
        threshold=threshold,
        statistic=statistic,
        comparison=comparison,
        period=duration(period, "--period"),
        evaluation_periods=evaluation_periods,
        config_set=config_set,
        dimensions=dimension or (),
        missing_data=missing_data,
        topics=notify or (),
        notify_ok=notify_ok,
        description=description,
        region=rt.aws.region,
    )
    for doubt in alarms.warnings(rt.aws, spec):
        rt.output.warn(with_context_options(rt, doubt))
    made = alarms.create(rt.aws, spec, replace=replace)
    return Done(
        f"The alarm {name} watches SES in {rt.aws.region}: {format_condition(made)}.",
        made,
        next="sescli events alarm list",
    )


@command(app, "delete", examples=["sescli events alarm delete ses-bounces --yes"])
def delete(rt: Runtime, name: Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]) -> Done:
    """Delete an alarm on a metric of SES, after showing what it watches."""
    from sescli.groups.events.service import alarms

    alarm = alarms.show(rt.aws, name)
    rt.confirm(f"Delete {name}?", consequence=f"Nobody will be told any more of {format_condition(alarm)}")
    alarms.delete(rt.aws, name)
    return Done(f"Deleted the alarm {name} in {rt.aws.region}.", {"name": name, "deleted": True})
