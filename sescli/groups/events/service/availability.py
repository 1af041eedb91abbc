"""Why a metric has no data: whether anything publishes it, and under which dimensions CloudWatch has it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from sescli.errors import NotFoundError
from sescli.groups.events.service.catalog import CONFIG_SET, NAMESPACE, plain_dimensions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.groups.events.service.catalog import Metric

_SHOWN = 5


def explain_missing_data(
    aws: Gateway, metrics: Sequence[Metric], dimensions: dict[str, str]
) -> Iterator[str]:
    """Sentences on metrics that have no data, with the command that mends it where there is one.

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
        yield f"{names}: nothing of the kind in that time. CloudWatch keeps no zeros, and is minutes behind."
    for metric in metrics if dimensions else ():
        others = list(islice(_other_dimensions(aws, metric, dimensions), _SHOWN))
        if others:
            yield f"{metric.name}: CloudWatch has it for {'; '.join(others)}."


def explain_unpublished(aws: Gateway, metric: Metric, dimensions: dict[str, str]) -> str | None:
    """Why nothing publishes a metric with these dimensions, as far as SES tells; None where something may.

    SES API v2 GetConfigurationSet and GetConfigurationSetEventDestinations. Raises `NotFoundError` for a
    configuration set that does not exist.
    """
    config_set = dimensions.get(CONFIG_SET)
    if config_set is None:
        return None if dimensions or metric.is_account_wide else _needs_config_set(metric)
    if metric.is_rate:
        return _reputation_export_problem(aws, metric, config_set)
    return _destination_problem(aws, metric, config_set, dimensions)


def _needs_config_set(metric: Metric) -> str:
    return (
        f"{metric.name}: SES publishes it only through a CloudWatch event destination of a configuration set, "
        f"with its dimensions. Try: sescli events metrics --metric {metric.name} --config-set NAME"
    )


def _reputation_export_problem(aws: Gateway, metric: Metric, config_set: str) -> str | None:
    options = _read_config_set(aws, "GetConfigurationSet", config_set).get("ReputationOptions", {})
    if options.get("ReputationMetricsEnabled"):
        return None
    return (
        f"{metric.name}: {config_set} does not export its reputation metrics. "
        f"Try: sescli config-set reputation {config_set} --on"
    )


def _destination_problem(
    aws: Gateway, metric: Metric, config_set: str, dimensions: Iterable[str]
) -> str | None:
    answer = _read_config_set(aws, "GetConfigurationSetEventDestinations", config_set)
    for destination in answer.get("EventDestinations", ()):
        if _publishes(destination, metric, set(dimensions)):
            return None
    wanted = " ".join(f"--cloudwatch {name}=tag:none" for name in dimensions)
    return (
        f"{metric.name}: no enabled CloudWatch destination of {config_set} publishes it with "
        f"{', '.join(dimensions)}. Try: sescli config-set event-destination add {config_set} metrics "
        f"{wanted} --events {(metric.event or '').lower()}"
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
        error.message = f"there is no configuration set {config_set} in {aws.region}"
        error.hint = "sescli config-set list"
        raise


def _other_dimensions(aws: Gateway, metric: Metric, dimensions: dict[str, str]) -> Iterator[str]:
    """Other dimensions that CloudWatch has the metric for (ListMetrics: of the last two weeks)."""
    found = aws.pages("cloudwatch", "ListMetrics", "Metrics", Namespace=NAMESPACE, MetricName=metric.name)
    for each in found:
        known = plain_dimensions(each.get("Dimensions", ()))
        if known != dimensions:
            yield ", ".join(f"{name}={value}" for name, value in known.items()) or "the whole account"
