"""Publishing to the services that moto serves, inside this process: SNS, Firehose, EventBridge, CloudWatch.

A service that no request has reached holds no topic, stream or rule, so nothing is published to it, and moto is
never imported for it. What is used of moto's internals here, beside its backends by account and region:
`Topic.publish`, `Topic.sent_notifications` and `_message_public_keys` of SNS, `put_record_batch` of Firehose,
`put_events` of EventBridge, `put_metric_data` of CloudWatch, and two things done
quicker: how SQS counts the messages of a queue, and how CloudWatch lists metrics.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sescli.local.ses.metrics import NAMESPACE
from sescli.local.ses.region import ACCOUNT_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_log = logging.getLogger(__name__)
_SUBJECT = "Amazon SES Email Event Notification"
_REMEMBERED = 1000  # messages and certificates that SNS remembers; moto itself forgets none
_PARTS = 6  # of an ARN
# ses-facts.md §3.12, "Transport"
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


def to_topic(arn: str, text: str, *, subject: bool) -> None:
    """Publish to a topic; one that is not there, or a subscriber that fails, loses it as in AWS."""
    with _delivering("SNS", arn):
        backend = _backend("sns", arn)
        if backend is None:
            return
        _count_queues_quickly()
        topic = backend.get_topic(arn)
        topic.publish(text, subject=_SUBJECT if subject else None)
        _forget_old(topic, backend)


def _forget_old(topic: Any, backend: Any) -> None:
    del topic.sent_notifications[:-_REMEMBERED]
    keys = backend._message_public_keys  # noqa: SLF001  grows by one with every message
    while len(keys) > _REMEMBERED:
        keys.pop(next(iter(keys)), None)


@cache
def _count_queues_quickly() -> None:
    """SQS counts a queue's messages three times at every message that is sent to it, and reads the clock for each.

    A queue that nobody reads would slow everything down: 25 ms a message at 400 of them. One look at the clock a
    count leaves the counts as they are, and costs a hundredth.
    """
    queue = import_module("moto.sqs.models").Queue

    def count(wanted: Callable[[Any, float], bool]) -> property:
        def counted(self: Any) -> int:
            now = time.time() * 1000
            return sum(wanted(message, now) for message in self._messages)

        return property(counted)

    queue.approximate_number_of_messages = count(
        lambda each, now: now > max(each.visible_at, each.delayed_until)
    )
    queue.approximate_number_of_messages_delayed = count(lambda each, now: now < each.delayed_until)
    queue.approximate_number_of_messages_not_visible = count(lambda each, now: now <= each.visible_at)


def to_stream(arn: str, events: list[str]) -> None:
    """Put events into a Firehose stream, one a line; together they are one object in S3."""
    with _delivering("Firehose", arn):
        backend = _backend("firehose", arn)
        if backend is not None:
            records = [{"Data": f"{event}\n".encode()} for event in events]
            backend.put_record_batch(arn.rpartition("/")[2], records)


def to_default_bus(region: str, event: dict[str, Any]) -> None:
    """Put an event on the region's default bus."""
    arn = f"arn:aws:events:{region}:{ACCOUNT_ID}:event-bus/default"
    with _delivering("EventBridge", arn):
        backend = _backend("events", arn)
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


def to_cloudwatch(region: str, data: list[dict[str, Any]]) -> None:
    """Put metric data, times in seconds since 1970; CloudWatch is imported for it."""
    _list_metrics_once()
    models = import_module("moto.cloudwatch.models")
    for each in data:
        each["Timestamp"] = datetime.fromtimestamp(each["Timestamp"], UTC).replace(tzinfo=None)
    models.cloudwatch_backends[ACCOUNT_ID][region].put_metric_data(NAMESPACE, data)


@cache
def _list_metrics_once() -> None:
    """CloudWatch would list a metric without dimensions once a point, and compare every metric with every other."""
    backend = import_module("moto.cloudwatch.models").CloudWatchBackend

    def listed(self: Any, metric_name: str, namespace: str, dimensions: list[dict[str, str]]) -> list[Any]:
        found: dict[Any, Any] = {}
        for each in self.get_all_metrics():
            if each.filter(namespace, metric_name, dimensions):
                pairs = frozenset((dimension.name, dimension.value) for dimension in each.dimensions)
                found.setdefault((each.namespace, each.name, pairs), each)
        return list(found.values())

    backend.get_filtered_metrics = listed


def _backend(service: str, arn: str) -> Any:
    """The backend of moto for the ARN; None while no request has reached the service."""
    name = f"moto.{service}.models"
    if name not in sys.modules:
        return None
    parts = arn.split(":", _PARTS - 1)
    if len(parts) != _PARTS:
        raise ValueError(f"{arn} is no ARN")
    # Through the import system, which waits for an import that another thread is in the midst of.
    backends = getattr(import_module(name), f"{service}_backends")
    return backends[parts[4]][parts[3]]


@contextmanager
def _delivering(service: str, arn: str) -> Iterator[None]:
    """A destination that cannot be reached is logged, and holds up no other."""
    try:
        yield
    except _failures() as error:
        _log.warning("an event did not reach %s, %s: %r", service, arn, error)


def _failures() -> tuple[type[BaseException], ...]:
    """What moto raises for what is not there, and what subscribers of all kinds may set off in it."""
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
