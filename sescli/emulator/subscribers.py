"""Publishes to an SNS topic, each subscriber separately, so that one failure does not affect the others.

Uses these internals of moto: `get_topic`, `_get_topic_subscriptions` and `_message_public_keys` of SNS,
`publish`, `get_post_data` and `_filter_policy_matcher` of a subscription, and how SQS counts the messages of a queue.
"""

from __future__ import annotations

import json
import time
import uuid
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sescli.emulator.publishing import backend_of, log_failures

if TYPE_CHECKING:
    from collections.abc import Callable

_SUBJECT = "Amazon SES Email Event Notification"
_CERTIFICATES = 1000  # kept by SNS; moto creates one per message and never deletes any
_SECONDS = 5  # time limit for a web server to accept an event


def publish_to_topic(arn: str, text: str, *, subject: bool) -> None:
    """Publish to a topic. If the topic does not exist, the message is lost, as in AWS."""
    with log_failures("SNS", arn):
        backend = backend_of("sns", arn)
        if backend is None:
            return
        prepare_sns()
        message_id = str(uuid.uuid4())
        for subscription in backend._get_topic_subscriptions(backend.get_topic(arn)):  # noqa: SLF001
            with log_failures("a subscriber", subscription.endpoint):
                _publish_to_subscriber(subscription, text, message_id, _SUBJECT if subject else None)
        certificates = backend._message_public_keys  # noqa: SLF001
        while len(certificates) > _CERTIFICATES:
            certificates.pop(next(iter(certificates)), None)


def _publish_to_subscriber(subscription: Any, text: str, message_id: str, subject: str | None) -> None:
    subscription.publish(text, message_id, subject=subject)


@cache
def prepare_sns() -> None:
    """Replace what moto's SNS and SQS do too slowly or without limits, for every publisher."""
    _count_queues_quickly()
    subscription = import_module("moto.sns.models").Subscription
    publish = subscription.publish

    def bounded_publish(
        self: Any, message: str, message_id: str, subject: str | None = None, **more: Any
    ) -> None:
        if self.protocol in {"http", "https"}:
            with log_failures("a subscriber", self.endpoint):
                _post(self, message, message_id, subject)
        else:
            publish(self, message, message_id, subject=subject, **more)

    subscription.publish = bounded_publish


def _post(subscription: Any, text: str, message_id: str, subject: str | None) -> None:
    """Post the message as SNS does, with a time limit; moto itself has none.

    Follows no redirect and uses no proxy and no keys of the user. `outbound.py` blocks other hosts.
    """
    matcher = subscription._filter_policy_matcher  # noqa: SLF001
    if matcher is not None and not matcher.matches(None, text):
        return
    headers = {
        "Content-Type": "text/plain; charset=UTF-8",
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": message_id,
        "x-amz-sns-topic-arn": subscription.topic.arn,
        "x-amz-sns-subscription-arn": subscription.arn,
    }
    if str(subscription.attributes.get("RawMessageDelivery")).lower() == "true":
        body, headers["x-amz-sns-rawdelivery"] = text, "true"
    else:
        body = json.dumps(subscription.get_post_data(text, message_id, subject))
    with import_module("requests").Session() as session:
        session.trust_env = False
        session.post(
            subscription.endpoint,
            data=body.encode(),
            headers=headers,
            timeout=_SECONDS,
            allow_redirects=False,
            stream=True,
        ).close()


@cache
def _count_queues_quickly() -> None:
    """Make moto's SQS count a queue's messages quickly.

    moto counts them three times for each message sent and reads the clock for every message in the queue. A queue that
    no program reads slows everything down: 25 ms per message with 400 in the queue. Reading the clock once per count
    gives the same numbers at a hundredth of the cost.
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
