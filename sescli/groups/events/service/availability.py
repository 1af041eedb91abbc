"""Find out why a metric has no data: whether anything publishes it, and with which dimensions CloudWatch has it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.errors import NotFoundError
from sescli.groups.events.service.catalog import CONFIG_SET, NAMESPACE, plain_dimensions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway
    from sescli.groups.events.service.catalog import Metric

_SHOWN = 5


def explain_missing_data(
    aws: Gateway, metrics: Sequence[Metric], dimensions: dict[str, str]
) -> Iterator[Hint]:
    """Explain why metrics have no data, with the command that fixes it if there is one.

    Raises `NotFoundError` for a configuration set that does not exist.
    """
    unexplained = []
    for metric in metrics:
        problem = explain_unpublished(aws, metric, dimensions)
        if problem:
            yield problem
        else:
            unexplained.append(metric)
    if unexplained:
        names = ", ".join(metric.name for metric in unexplained)
        yield f"{names}: no data in this time range. CloudWatch stores no zeros and has a delay of some minutes."
    for metric in metrics if dimensions else ():
        others = list(islice(_other_dimensions(aws, metric, dimensions), _SHOWN))
        if others:
            yield f"{metric.name}: CloudWatch has data for {'; '.join(others)}."


def explain_unpublished(aws: Gateway, metric: Metric, dimensions: dict[str, str]) -> Hint | None:
    """Why nothing publishes a metric with these dimensions; None if something may publish it.

    SES API v2 GetConfigurationSet and GetConfigurationSetEventDestinations. Raises `NotFoundError` for a
    configuration set that does not exist.
    """
    config_set = dimensions.get(CONFIG_SET)
    if config_set is None:
        return None if dimensions or metric.is_account_wide else _needs_config_set(metric)
    if metric.is_rate:
        return _reputation_export_problem(aws, metric, config_set)
    return _destination_problem(aws, metric, config_set, dimensions)


def _needs_config_set(metric: Metric) -> Hint:
    read_set = NextCommand("events", "metrics", "--metric", metric.name, "--config-set", "NAME")
    return Advice(
        f"{metric.name}: SES publishes it only through a CloudWatch event destination of a configuration set, "
        "with the dimensions of that destination. Try: ",
        read_set,
    )


def _reputation_export_problem(aws: Gateway, metric: Metric, config_set: str) -> Hint | None:
    options = _read_config_set(aws, "GetConfigurationSet", config_set).get("ReputationOptions", {})
    if options.get("ReputationMetricsEnabled"):
        return None
    enable = NextCommand("config-set", "reputation", config_set, "--on")
    return Advice(
        f"{metric.name}: reputation metrics are off for configuration set {config_set}. Try: ", enable
    )


def _destination_problem(
    aws: Gateway, metric: Metric, config_set: str, dimensions: Iterable[str]
) -> Hint | None:
    answer = _read_config_set(aws, "GetConfigurationSetEventDestinations", config_set)
    for destination in answer.get("EventDestinations", ()):
        if _publishes(destination, metric, set(dimensions)):
            return None
    words = [word for name in dimensions for word in ("--cloudwatch", f"{name}=tag:none")]
    words += ["--events", (metric.event or "").lower()]
    add = NextCommand("config-set", "event-destination", "add", config_set, "metrics", *words)
    return Advice(
        f"{metric.name}: no enabled CloudWatch destination of {config_set} publishes it with "
        f"{', '.join(dimensions)}. Try: ",
        add,
    )


def _publishes(destination: dict[str, Any], metric: Metric, dimensions: set[str]) -> bool:
    published = destination.get("CloudWatchDestination", {}).get("DimensionConfigurations", ())
    return (
        bool(destination.get("Enabled"))
        and metric.event in destination.get("MatchingEventTypes", ())
        and dimensions <= {part["DimensionName"] for part in published}
    )


def _read_config_set(aws: Gateway, operation: str, config_set: str) -> dict[str, Any]:
    try:
        return aws.read("sesv2", operation, ConfigurationSetName=config_set)
    except NotFoundError as error:
        error.message = f"configuration set {config_set} not found in {aws.region}"
        error.hint = NextCommand("config-set", "list")
        raise


def _other_dimensions(aws: Gateway, metric: Metric, dimensions: dict[str, str]) -> Iterator[str]:
    """Other dimensions with data for the metric (CloudWatch ListMetrics covers the last two weeks)."""
    found = aws.pages("cloudwatch", "ListMetrics", "Metrics", Namespace=NAMESPACE, MetricName=metric.name)
    for each in found:
        known = plain_dimensions(each.get("Dimensions", ()))
        if known != dimensions:
            yield ", ".join(f"{name}={value}" for name, value in known.items()) or "the whole account"
