"""The specification of an alarm: presets, parsing, and the limits of PutMetricAlarm."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.groups.events.service.catalog import (
    BOUNCE_RATE,
    COMPLAINT_RATE,
    CONFIG_SET,
    REJECT,
    RENDERING_FAILURE,
    parse_dimensions,
    parse_metric,
    parse_statistic,
    statistic_for,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.events.service.catalog import Metric

AT_LEAST = "GreaterThanOrEqualToThreshold"
SIGNS = {
    AT_LEAST: ">=",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
_COMPARISONS = {"ge": AT_LEAST, "gt": "GreaterThanThreshold", "lt": "LessThanThreshold"}
_COMPARISONS |= {"le": "LessThanOrEqualToThreshold"} | {sign: name for name, sign in SIGNS.items()}
# SES publishes Reputation.* irregularly, so an alarm on a rate keeps its state. A missing count is a zero.
_MISSING = {
    "ignore": "ignore",
    "not-breaching": "notBreaching",
    "breaching": "breaching",
    "missing": "missing",
}

# Limits of PutMetricAlarm.
_LONGEST_NAME, _LONGEST_DESCRIPTION, _MOST_TOPICS = 255, 1024, 5
_DAY, _WEEK, _HOUR = timedelta(days=1), timedelta(days=7), timedelta(hours=1)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")


@dataclass(frozen=True)
class Preset:
    """A metric and the threshold that matters, for one period of an hour."""

    metric: Metric
    threshold: float
    description: str


PRESETS = {
    "bounce-rate": Preset(BOUNCE_RATE, 0.05, "AWS reviews accounts with a bounce rate of 5% or more"),
    "complaint-rate": Preset(
        COMPLAINT_RATE, 0.001, "AWS reviews accounts with a complaint rate of 0.1% or more"
    ),
    "bounce-rate-pause": Preset(BOUNCE_RATE, 0.10, "AWS may pause sending at a bounce rate of 10% or more"),
    "complaint-rate-pause": Preset(
        COMPLAINT_RATE, 0.005, "AWS may pause sending at a complaint rate of 0.5% or more"
    ),
    "rejects": Preset(REJECT, 1, "SES rejected a message because it contains a virus"),
    "rendering-failures": Preset(
        RENDERING_FAILURE, 1, "SES accepted a message but could not render its template, so it was not sent"
    ),
}


@dataclass(frozen=True)
class AlarmSpec:
    """An alarm to create. `threshold` is in the unit of the metric: a fraction of 1 for a rate.

    `statistic`, `comparison` and `missing_data` use the spelling of the API. `topics` has ARNs.
    """

    name: str
    metric: Metric
    statistic: str
    comparison: str
    threshold: float
    period: timedelta
    evaluation_periods: int
    dimensions: dict[str, str]
    missing_data: str
    topics: tuple[str, ...]
    notify_ok: bool
    description: str


def build_alarm(
    name: str,
    *,
    preset: str | None,
    metric: str | None,
    threshold: str | None,
    statistic: str | None,
    comparison: str,
    period: timedelta,
    evaluation_periods: int,
    config_set: str | None,
    dimensions: Sequence[str],
    missing_data: str | None,
    topics: Sequence[str],
    notify_ok: bool,
    description: str | None,
    region: str,
) -> AlarmSpec:
    """Build an alarm from the user's input: a preset, or a metric and a threshold. Raises `UsageError`."""
    chosen = _resolve_preset(preset, metric, threshold)
    where = parse_dimensions(config_set, dimensions)
    return AlarmSpec(
        name=_check_name(name),
        metric=chosen.metric,
        statistic=statistic_for(chosen.metric, parse_statistic(statistic) if statistic else None),
        comparison=parse_comparison(comparison),
        threshold=parse_threshold(threshold, chosen.metric) if threshold else chosen.threshold,
        period=_period(period, evaluation_periods),
        evaluation_periods=evaluation_periods,
        dimensions=where,
        missing_data=_missing_data(missing_data, chosen.metric),
        topics=_topics(topics, region),
        notify_ok=notify_ok,
        description=_check_description(
            description if description is not None else _default_description(chosen, where)
        ),
    )


def _resolve_preset(preset: str | None, metric: str | None, threshold: str | None) -> Preset:
    if preset is not None and metric is not None:
        raise UsageError("--preset and --metric cannot be combined", hint="give only one of them")
    if preset is not None:
        if preset not in PRESETS:
            raise UsageError(f"--preset: {preset!r} is not valid", hint=f"give one of: {', '.join(PRESETS)}")
        return PRESETS[preset]
    if metric is None or threshold is None:
        missing = ["--metric (or --preset)"] if metric is None else []
        missing += ["--threshold"] if threshold is None else []
        raise UsageError(f"missing: {', '.join(missing)}", hint=f"or use a preset: {', '.join(PRESETS)}")
    return Preset(parse_metric(metric), 0.0, "")


def _default_description(chosen: Preset, dimensions: dict[str, str]) -> str:
    """The description of the preset; it is about the account, so a configuration set gets another one."""
    config_set = dimensions.get(CONFIG_SET)
    return f"{chosen.metric.name} of configuration set {config_set}" if config_set else chosen.description


def parse_comparison(text: str) -> str:
    """Parse `ge`, `gt`, `le`, `lt`, a sign such as `>=`, or the API's name. Raises `UsageError`."""
    name = _COMPARISONS.get(text.lower(), text)
    for known in SIGNS:
        if known.lower() == name.lower():
            return known
    raise UsageError(f"--comparison: {text!r} is not valid", hint="give ge, gt, le or lt")


def parse_threshold(text: str, metric: Metric) -> float:
    """Parse a number of 0 or more; for a rate, `5%` is 0.05. Raises `UsageError`."""
    percent = text.strip().endswith("%")
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0 or (percent and not metric.is_rate):
        example = "0.05 or 5%" if metric.is_rate else "50"
        raise UsageError(
            f"--threshold: {text!r} is not valid for {metric.name}", hint=f"give a number such as {example}"
        )
    return value / 100 if percent else value


def threshold_warning(spec: AlarmSpec) -> str | None:
    """A warning for a rate's threshold that was given in percent and cannot be reached, or None."""
    if not spec.metric.is_rate or spec.threshold <= 1:
        return None
    return (
        f"{spec.metric.name} is a fraction of 1 and never reaches {spec.threshold:g}: "
        f"for {spec.threshold:g}%, give --threshold {spec.threshold / 100:g}"
    )


def _check_name(name: str) -> str:
    if not 1 <= len(name) <= _LONGEST_NAME or _CONTROL.search(name):
        raise UsageError("the alarm name must have 1 to 255 characters and no control characters")
    return name


def _check_description(text: str) -> str:
    if len(text) > _LONGEST_DESCRIPTION or _CONTROL.search(text.replace("\n", "")):
        raise UsageError("--description can have up to 1024 characters and no control characters")
    return text


def _period(period: timedelta, evaluation_periods: int) -> timedelta:
    if period % timedelta(minutes=1):
        raise UsageError("--period must be a whole number of minutes", hint="for example --period 1h")
    most, words = (_WEEK, "seven days") if period >= _HOUR else (_DAY, "one day")
    if period * evaluation_periods > most:
        raise UsageError(
            f"--period times --evaluation-periods is more than {words}",
            hint="CloudWatch evaluates up to seven days with a period of 1h or more, otherwise one day",
        )
    return period


def _missing_data(text: str | None, metric: Metric) -> str:
    if text is None:
        return "ignore" if metric.is_rate else "notBreaching"
    for word, name in _MISSING.items():
        if text.lower() in {word, name.lower()}:
            return name
    raise UsageError(f"--missing-data: {text!r} is not valid", hint=f"give one of: {', '.join(_MISSING)}")


def _topics(arns: Sequence[str], region: str) -> tuple[str, ...]:
    if len(arns) > _MOST_TOPICS:
        raise UsageError(f"{len(arns)} topics; an alarm can have {_MOST_TOPICS}")
    for arn in arns:
        found = _TOPIC.fullmatch(arn)
        if found is None:
            raise UsageError(
                f"--notify: {arn[:80]!r} is not the ARN of an SNS topic",
                hint=f"for example arn:aws:sns:{region}:123456789012:ses-alerts",
            )
        if found[1] != region:
            raise UsageError(
                f"--notify: the topic is in {found[1]}, but an alarm in {region} can only notify topics in {region}",
                hint=f"give a topic in {region}, or create the alarm with --region {found[1]}",
            )
    return tuple(dict.fromkeys(arns))
