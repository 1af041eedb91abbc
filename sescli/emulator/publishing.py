"""Publishes inside this process to services of moto: Firehose, EventBridge, CloudWatch.

A service that received no request yet has no topic, stream or rule. Nothing is published to it, and moto is not
imported for it. Uses these internals of moto, besides its backends by account and region:
`put_record_batch` of Firehose, `put_events` of EventBridge, `put_metric_data` and `get_filtered_metrics` of
CloudWatch. `subscribers.py` lists those of SNS and SQS.
"""

from __future__ import annotations

import json
import logging
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.account.metrics import NAMESPACE
from sescli.emulator.ses.region import ACCOUNT_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logging.getLogger(__name__)
_PARTS = 6  # an ARN has six parts
# docs/ses-behavior.md#event-delivery
_DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "DeliveryDelay": "Email Delivery Delayed",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Reject": "Email Rejected",
    "Rendering Failure": "Email Rendering Failed",
    "Open": "Email Opened",
    "Click": "Email Clicked",
}


def publish_to_stream(arn: str, events: list[str]) -> None:
    """Put events into a Firehose stream, one per line. Together they become one object in S3."""
    with log_failures("Firehose", arn):
        backend = backend_of("firehose", arn)
        if backend is not None:
            records = [{"Data": f"{event}\n".encode()} for event in events]
            backend.put_record_batch(arn.rpartition("/")[2], records)


def publish_to_default_bus(region: str, event: dict[str, Any]) -> None:
    """Put an event on the region's default bus."""
    arn = f"arn:aws:events:{region}:{ACCOUNT_ID}:event-bus/default"
    with log_failures("EventBridge", arn):
        backend = backend_of("events", arn)
        if backend is None:
            return
        sets = event["mail"]["tags"].get("ses:configuration-set", [])
        entry = {
            "Source": "aws.ses",
            "DetailType": _DETAIL_TYPES[event["eventType"]],
            "Detail": json.dumps(event),
            "Resources": [f"arn:aws:ses:{region}:{ACCOUNT_ID}:configuration-set/{name}" for name in sets],
        }
        backend.put_events([entry])


def publish_to_cloudwatch(region: str, data: list[dict[str, Any]]) -> None:
    """Put metric data, with times in seconds since 1970. Imports CloudWatch."""
    _list_metrics_once()
    models = import_module("moto.cloudwatch.models")
    for each in data:
        each["Timestamp"] = datetime.fromtimestamp(each["Timestamp"], UTC).replace(tzinfo=None)
    models.cloudwatch_backends[ACCOUNT_ID][region].put_metric_data(NAMESPACE, data)


@cache
def _list_metrics_once() -> None:
    """Make moto list each metric once.

    moto lists a metric without dimensions once per data point, and compares every metric with every other.
    """
    backend = import_module("moto.cloudwatch.models").CloudWatchBackend

    def list_messages(
        self: Any, metric_name: str, namespace: str, dimensions: list[dict[str, str]]
    ) -> list[Any]:
        found: dict[Any, Any] = {}
        for each in self.get_all_metrics():
            if each.filter(namespace, metric_name, dimensions):
                pairs = frozenset((dimension.name, dimension.value) for dimension in each.dimensions)
                found.setdefault((each.namespace, each.name, pairs), each)
        return list(found.values())

    backend.get_filtered_metrics = list_messages


def backend_of(service: str, arn: str) -> Any:
    """Return moto's backend for the ARN, or None while the service has received no request."""
    name = f"moto.{service}.models"
    if name not in sys.modules:
        return None
    parts = arn.split(":", _PARTS - 1)
    if len(parts) != _PARTS:
        raise ValueError(f"{arn} is not a valid ARN")
    # The import system waits for an import that is in progress in another thread.
    backends = getattr(import_module(name), f"{service}_backends")
    return backends[parts[4]][parts[3]]


@contextmanager
def log_failures(service: str, arn: str) -> Iterator[None]:
    """Log the failure of a destination, so that it does not block the others."""
    try:
        yield
    except _failures() as error:
        _log.warning("cannot deliver an event to %s, %s: %r", service, arn, error)


def _failures() -> tuple[type[BaseException], ...]:
    """The exceptions that moto raises for missing resources, and that subscribers may cause in it."""
    from botocore.exceptions import BotoCoreError
    from moto.core.exceptions import ServiceException
    from werkzeug.exceptions import HTTPException

    docker = sys.modules.get("docker.errors")
    more: tuple[type[BaseException], ...] = (docker.DockerException,) if docker else ()
    return (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        NameError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        BotoCoreError,
        HTTPException,
        ServiceException,
        *more,
    )
