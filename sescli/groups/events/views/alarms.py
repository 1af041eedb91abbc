"""How CloudWatch alarms look on a terminal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sescli.cli.params import format_duration
from sescli.output.results import Column

if TYPE_CHECKING:
    from sescli.groups.events.service.alarms import Alarm


def format_condition(alarm: Alarm) -> str:
    """The condition of an alarm, such as `Reputation.BounceRate Average >= 0.05 in 1h`."""
    from sescli.groups.events.service.alarm_spec import SIGNS

    sign = SIGNS.get(alarm.comparison, alarm.comparison)
    threshold = "" if alarm.threshold is None else f" {alarm.threshold:g}"
    period = (
        ""
        if alarm.period_seconds is None
        else f" in {format_duration(timedelta(seconds=alarm.period_seconds))}"
    )
    return f"{alarm.metric} {alarm.statistic} {sign}{threshold}{period}"


ALARM_COLUMNS = (
    Column("alarm", "name"),
    Column("state", "state", "status"),
    Column("condition", format_condition),
    Column("dimensions", "dimensions"),
    Column("notifies", lambda alarm: [arn.rpartition(":")[2] for arn in alarm.notify]),
)
