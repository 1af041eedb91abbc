"""The metrics of SES in CloudWatch: names, statistics and dimensions (namespace AWS/SES)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACE = "AWS/SES"
CONFIG_SET = "ses:configuration-set"
SUM, AVERAGE = "Sum", "Average"
STATISTICS = ("Sum", "Average", "Minimum", "Maximum", "SampleCount")

# Limits of CloudWatch's Dimension and PutMetricAlarm.
_LONGEST_NAME, _LONGEST_VALUE, _MOST_DIMENSIONS = 255, 1024, 30
_PRINTABLE = re.compile(r"[ -~]*[!-~][ -~]*")


@dataclass(frozen=True)
class Metric:
    """A metric by its CloudWatch name.

    `event` is the event type (SES API v2) whose event destination publishes it, None for the reputation metrics.
    `is_account_wide`: SES publishes it for the account without an event destination.
    """

    name: str
    event: str | None = None
    is_account_wide: bool = False

    @property
    def is_rate(self) -> bool:
        """Whether its values are fractions of 1 (not percent)."""
        return self.event is None

    @property
    def default_statistic(self) -> str:
        """Average for a rate, Sum for a count."""
        return AVERAGE if self.is_rate else SUM


BOUNCE_RATE = Metric("Reputation.BounceRate", is_account_wide=True)
COMPLAINT_RATE = Metric("Reputation.ComplaintRate", is_account_wide=True)
SEND = Metric("Send", "SEND", is_account_wide=True)
DELIVERY = Metric("Delivery", "DELIVERY", is_account_wide=True)
BOUNCE = Metric("Bounce", "BOUNCE", is_account_wide=True)
COMPLAINT = Metric("Complaint", "COMPLAINT", is_account_wide=True)
REJECT = Metric("Reject", "REJECT", is_account_wide=True)
RENDERING_FAILURE = Metric("RenderingFailure", "RENDERING_FAILURE")
METRICS = (
    SEND,
    DELIVERY,
    BOUNCE,
    COMPLAINT,
    REJECT,
    Metric("Open", "OPEN"),
    Metric("Click", "CLICK"),
    RENDERING_FAILURE,
    Metric("DeliveryDelay", "DELIVERY_DELAY"),
    Metric("Subscription", "SUBSCRIPTION"),
    BOUNCE_RATE,
    COMPLAINT_RATE,
)
DEFAULT_METRICS = (SEND, DELIVERY, BOUNCE, COMPLAINT, REJECT)


def _normalize(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower()).removeprefix("reputation")


_BY_NAME = {_normalize(metric.name): metric for metric in METRICS}


def parse_metric(text: str) -> Metric:
    """Parse the name of a metric in any case; `bounce-rate` is Reputation.BounceRate. Raises `UsageError`."""
    found = _BY_NAME.get(_normalize(text))
    if found is None:
        names = ", ".join(metric.name for metric in METRICS)
        raise UsageError(f"--metric: SES publishes no metric {text!r}", hint=f"give one of: {names}")
    return found


def parse_metrics(texts: Sequence[str]) -> tuple[Metric, ...]:
    """Parse several metrics, also separated by commas; none means the default metrics. Raises `UsageError`."""
    names = [part for text in texts for part in text.split(",") if part.strip()]
    return tuple(dict.fromkeys(parse_metric(name) for name in names)) or DEFAULT_METRICS


def parse_statistic(text: str) -> str:
    """Parse a CloudWatch statistic in any case. Raises `UsageError`."""
    for name in STATISTICS:
        if name.lower() == _normalize(text):
            return name
    raise UsageError(f"--statistic: {text!r} is not valid", hint=f"give one of: {', '.join(STATISTICS)}")


def statistic_for(metric: Metric, asked: str | None) -> str:
    """The requested statistic, or the default of the metric. Raises `UsageError` for the sum of a rate."""
    if metric.is_rate and asked == SUM:
        raise UsageError(
            f"{metric.name} is a rate, so its sum has no meaning", hint="give --statistic Average or Maximum"
        )
    return asked or metric.default_statistic


def parse_dimensions(config_set: str | None, texts: Sequence[str]) -> dict[str, str]:
    """Parse `name=value` dimensions and add that of the configuration set. Raises `UsageError`."""
    pairs = [f"{CONFIG_SET}={config_set}"] if config_set is not None else []
    found: dict[str, str] = {}
    for text in (*pairs, *texts):
        name, equals, value = text.partition("=")
        _check_dimension(text, name if equals else "", value)
        if name in found:
            raise UsageError(f"the dimension {name} is given twice")
        found[name] = value
    if len(found) > _MOST_DIMENSIONS:
        raise UsageError(f"{len(found)} dimensions; CloudWatch allows {_MOST_DIMENSIONS}")
    return found


def _check_dimension(text: str, name: str, value: str) -> None:
    if (
        not _PRINTABLE.fullmatch(name)
        or not _PRINTABLE.fullmatch(value)
        or name.startswith(":")
        or len(name) > _LONGEST_NAME
        or len(value) > _LONGEST_VALUE
    ):
        raise UsageError(
            f"{text[:80]!r} is not a valid dimension",
            hint="write it as campaign=spring: ASCII, name up to 255 characters, value up to 1024",
        )


def api_dimensions(dimensions: dict[str, str]) -> list[dict[str, str]]:
    """Dimensions in the format of the CloudWatch API."""
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def plain_dimensions(dimensions: Sequence[dict[str, str]]) -> dict[str, str]:
    """Dimensions of a CloudWatch response, by name."""
    return {part["Name"]: part["Value"] for part in dimensions}
