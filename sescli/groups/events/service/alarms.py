"""CloudWatch alarms on SES metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import NextCommand
from sescli.aws.try_read import try_read
from sescli.errors import AlreadyExistsError, NotFoundError, UsageError
from sescli.groups.events.service.alarm_spec import threshold_warning
from sescli.groups.events.service.availability import explain_unpublished
from sescli.groups.events.service.catalog import NAMESPACE, api_dimensions, plain_dimensions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway
    from sescli.groups.events.service.alarm_spec import AlarmSpec

STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")
# MaxRecords of DescribeAlarms.
_PAGE = 100


@dataclass(frozen=True)
class Alarm:
    """An alarm on an SES metric. The threshold of a rate is a fraction of 1.

    `state` is OK, ALARM or INSUFFICIENT_DATA. `notify` has the ARNs that CloudWatch notifies in the state ALARM.
    """

    name: str
    state: str
    metric: str
    dimensions: dict[str, str]
    statistic: str
    comparison: str
    threshold: float | None
    period_seconds: int | None
    evaluation_periods: int
    treat_missing_data: str
    notify: tuple[str, ...]
    actions_enabled: bool
    description: str
    reason: str
    updated_at: datetime | None


def alarms(aws: Gateway, *, state: str | None = None) -> Iterator[Alarm]:
    """The alarms on SES metrics in this region (CloudWatch DescribeAlarms, all pages)."""
    wanted = {"StateValue": state} if state else {}
    for found in aws.pages("cloudwatch", "DescribeAlarms", "MetricAlarms", MaxRecords=_PAGE, **wanted):
        if _is_ses_alarm(found):
            yield _alarm(found)


def parse_state(text: str) -> str:
    """Parse `ok`, `alarm` or `insufficient-data`. Raises `UsageError`."""
    name = text.upper().replace("-", "_")
    if name not in STATES:
        raise UsageError(f"--state: {text!r} is not valid", hint="give ok, alarm or insufficient-data")
    return name


def create(aws: Gateway, spec: AlarmSpec, *, replace: bool) -> Alarm:
    """Create an alarm and return it (CloudWatch PutMetricAlarm).

    PutMetricAlarm silently overwrites an alarm with the same name, so this checks first. Raises `AlreadyExistsError`
    unless `replace` is set.
    """
    if not replace and _find(aws, spec.name) is not None:
        raise AlreadyExistsError(
            f"alarm {spec.name} already exists in {aws.region}",
            hint="choose another name, or overwrite the alarm with --replace",
        )
    parameters = _parameters(spec)
    aws.write("cloudwatch", "PutMetricAlarm", **parameters)
    return _alarm(parameters)


def delete(aws: Gateway, name: str) -> None:
    """Delete an alarm (CloudWatch DeleteAlarms)."""
    aws.write("cloudwatch", "DeleteAlarms", AlarmNames=[name])


def show(aws: Gateway, name: str) -> Alarm:
    """Read one alarm. Raises `NotFoundError`, and `UsageError` for an alarm on another service."""
    found = _find(aws, name)
    if found is None:
        raise NotFoundError(
            f"alarm {name} not found in {aws.region}", hint=NextCommand("events", "alarm", "list")
        )
    if not _is_ses_alarm(found):
        raise UsageError(
            f"alarm {name} watches {found.get('Namespace') or 'an expression'}, not SES",
            hint="manage it in CloudWatch",
        )
    return _alarm(found)


def warnings(aws: Gateway, spec: AlarmSpec) -> Iterator[Hint]:
    """Why the alarm might never fire or notify no one. A denied look-up gives no warning."""
    problem = try_read("who publishes it", lambda: explain_unpublished(aws, spec.metric, spec.dimensions))
    yield from (each for each in (threshold_warning(spec), problem) if each)
    if not spec.topics:
        yield "the alarm notifies no one: add --notify with the ARN of an SNS topic"
    for topic in spec.topics:
        yield from _topic_warnings(aws, topic)


def _topic_warnings(aws: Gateway, arn: str) -> Iterator[str]:
    """SNS ListSubscriptionsByTopic; an unconfirmed subscription has no ARN yet."""
    try:
        found = try_read(
            f"the subscriptions of {arn}",
            lambda: list(aws.pages("sns", "ListSubscriptionsByTopic", "Subscriptions", TopicArn=arn)),
        )
    except NotFoundError:
        yield f"the topic {arn} does not exist, so the alarm notifies no one"
        return
    if found is not None and not any(each.get("SubscriptionArn", "").startswith("arn:") for each in found):
        yield f"{arn} has no confirmed subscription, so the alarm notifies no one"


def _find(aws: Gateway, name: str) -> dict[str, Any] | None:
    found = aws.pages("cloudwatch", "DescribeAlarms", "MetricAlarms", AlarmNames=[name])
    return next((alarm for alarm in found if alarm["AlarmName"] == name), None)


def _parameters(spec: AlarmSpec) -> dict[str, Any]:
    optional: dict[str, Any] = {"AlarmDescription": spec.description} if spec.description else {}
    if spec.dimensions:
        optional["Dimensions"] = api_dimensions(spec.dimensions)
    if spec.topics:
        optional["AlarmActions"] = list(spec.topics)
    if spec.topics and spec.notify_ok:
        optional["OKActions"] = list(spec.topics)
    return {
        "AlarmName": spec.name,
        "Namespace": NAMESPACE,
        "MetricName": spec.metric.name,
        "Statistic": spec.statistic,
        "Period": int(spec.period.total_seconds()),
        "EvaluationPeriods": spec.evaluation_periods,
        "Threshold": spec.threshold,
        "ComparisonOperator": spec.comparison,
        "TreatMissingData": spec.missing_data,
        **optional,
    }


def _metrics(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of an alarm: its own, or those of its expression."""
    parts = [part["MetricStat"] for part in found.get("Metrics", ()) if "MetricStat" in part]
    return [part["Metric"] | {"Stat": part.get("Stat")} for part in parts] or [found]


def _is_ses_alarm(found: dict[str, Any]) -> bool:
    return any(metric.get("Namespace") == NAMESPACE for metric in _metrics(found))


def _alarm(found: dict[str, Any]) -> Alarm:
    metrics = [metric for metric in _metrics(found) if metric.get("Namespace") == NAMESPACE]
    first = metrics[0]
    return Alarm(
        name=found["AlarmName"],
        state=found.get("StateValue", "INSUFFICIENT_DATA"),
        metric=", ".join(metric["MetricName"] for metric in metrics),
        dimensions=plain_dimensions(first.get("Dimensions", ())),
        statistic=found.get("Statistic") or found.get("ExtendedStatistic") or first.get("Stat") or "",
        comparison=found.get("ComparisonOperator", ""),
        threshold=found.get("Threshold"),
        period_seconds=found.get("Period"),
        evaluation_periods=int(found.get("EvaluationPeriods", 1)),
        treat_missing_data=found.get("TreatMissingData", "missing"),
        notify=tuple(found.get("AlarmActions", ())),
        actions_enabled=bool(found.get("ActionsEnabled", True)),
        description=found.get("AlarmDescription", ""),
        reason=found.get("StateReason", ""),
        updated_at=found.get("StateUpdatedTimestamp"),
    )
