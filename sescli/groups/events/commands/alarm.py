"""`sescli events alarm`: CloudWatch alarms on SES metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, group, options
from sescli.cli.params import parse_duration
from sescli.groups.events.views.alarms import ALARM_COLUMNS, format_condition
from sescli.output.results import Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.events.service.alarm_spec import AlarmSpec

app = group("alarm", "Manage CloudWatch alarms on bounces, complaints and other SES metrics.")

AlarmName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the alarm.")]


@options
class AlarmOptions:
    """What the alarm watches, when it fires, and whom it notifies."""

    notify: Annotated[
        list[str] | None,
        typer.Option(help="ARN of an SNS topic to notify; may be given up to five times.", metavar="ARN"),
    ] = None
    dimension: Annotated[
        list[str] | None,
        typer.Option(help="Dimension, such as campaign=spring. Repeatable.", metavar="NAME=VALUE"),
    ] = None
    preset: Annotated[
        str | None,
        typer.Option(
            help="bounce-rate (5%), complaint-rate (0.1%), bounce-rate-pause (10%), complaint-rate-pause "
            "(0.5%), rejects or rendering-failures.",
            metavar="PRESET",
        ),
    ] = None
    metric: Annotated[
        str | None,
        typer.Option(help="Metric instead of a preset, such as Bounce or bounce-rate.", metavar="METRIC"),
    ] = None
    threshold: Annotated[
        str | None,
        typer.Option(help="Threshold; for a rate a fraction or percentage: 0.05, 5%.", metavar="NUMBER"),
    ] = None
    comparison: Annotated[
        str, typer.Option(help="ge (>=), gt (>), le (<=) or lt (<) the threshold.", metavar="OPERATOR")
    ] = "ge"
    statistic: Annotated[
        str | None,
        typer.Option(help="Statistic. Default: Average for rates, Sum for counts.", metavar="STATISTIC"),
    ] = None
    period: Annotated[str, typer.Option(help="Length of each evaluated period.", metavar="TIME")] = "1h"
    evaluation_periods: Annotated[
        int, typer.Option(help="Number of consecutive periods over the threshold.", min=1, metavar="N")
    ] = 1
    config_set: Annotated[
        str | None, typer.Option(help="Watch only this configuration set.", metavar="SET")
    ] = None
    missing_data: Annotated[
        str | None,
        typer.Option(
            help="Treat missing data as: ignore (default for rates), not-breaching (default for counts), breaching "
            "or missing.",
            metavar="MODE",
        ),
    ] = None
    description: Annotated[str | None, typer.Option(help="Description of the alarm.", metavar="TEXT")] = None
    notify_ok: Annotated[
        bool, typer.Option("--notify-ok", help="Also notify when the alarm returns to OK.")
    ] = False

    def spec(self, name: str, region: str) -> AlarmSpec:
        """The alarm to create. Raises `UsageError`."""
        from sescli.groups.events.service.alarm_spec import build_alarm

        return build_alarm(
            name,
            preset=self.preset,
            metric=self.metric,
            threshold=self.threshold,
            statistic=self.statistic,
            comparison=self.comparison,
            period=parse_duration(self.period, "--period"),
            evaluation_periods=self.evaluation_periods,
            config_set=self.config_set,
            dimensions=self.dimension or (),
            missing_data=self.missing_data,
            topics=self.notify or (),
            notify_ok=self.notify_ok,
            description=self.description,
            region=region,
        )


@command(app, "list", examples=["sescli events alarm list", "sescli events alarm list --state alarm -o json"])
def list_alarms(
    rt: Runtime,
    state: Annotated[
        str | None,
        typer.Option(help="List only alarms in this state: ok, alarm or insufficient-data.", metavar="STATE"),
    ] = None,
) -> Listing:
    """List alarms on SES metrics with their state.

    It does not list alarms on other services.
    """
    from sescli.groups.events.service import alarms

    found = list(alarms.alarms(rt.aws, state=alarms.parse_state(state) if state else None))
    return Listing(found, ALARM_COLUMNS, empty=f"No alarms on SES metrics in {rt.aws.region}.")


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
    name: AlarmName,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite an alarm with the same name.")
    ] = False,
    *,
    chosen: AlarmOptions,
) -> Done:
    """Create an alarm on an SES metric.

    Create alarms on both rates to act before AWS does: AWS reviews an account from a bounce rate of 5% or a complaint
    rate of 0.1%, and may pause sending from 10% or 0.5%. The presets cover these thresholds. For anything else, give a
    metric and a threshold. Rates are fractions: 5% is 0.05.
    """
    from sescli.groups.events.service import alarms

    spec = chosen.spec(name, rt.aws.region)
    for warning in alarms.warnings(rt.aws, spec):
        rt.output.warn(warning)
    made = alarms.create(rt.aws, spec, replace=replace)
    return Done(
        f"Created the alarm {name} in {rt.aws.region}: {format_condition(made)}.",
        made,
        next=NextCommand("events", "alarm", "list"),
    )


@command(app, "delete", examples=["sescli events alarm delete ses-bounces --yes"])
def delete(rt: Runtime, name: AlarmName) -> Done:
    """Delete an alarm on an SES metric."""
    from sescli.groups.events.service import alarms

    alarm = alarms.show(rt.aws, name)
    rt.confirm(f"Delete {name}?", consequence=f"This deletes the alarm on {format_condition(alarm)}")
    alarms.delete(rt.aws, name)
    return Done(f"Deleted the alarm {name} in {rt.aws.region}.", {"name": name, "deleted": True})
