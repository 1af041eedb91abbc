"""Delivers events to their destinations in a background thread, in the order in which the messages were accepted.

The queue is a table of the store (`ses/events/destinations.py`). An entry is deleted only after its events were
delivered. So a stop loses nothing, and a crash may deliver a few events twice, as SES may
(docs/ses-behavior.md#event-delivery).
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sescli.emulator import publishing, subscribers
from sescli.emulator.ses.account import metrics
from sescli.emulator.ses.events import contents, destinations, identity_notifications

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sescli.emulator.ses.account.metrics import Points
    from sescli.emulator.ses.events.contents import Event
    from sescli.emulator.ses.region import Controls, Region
    from sescli.emulator.store import Record, Store

_log = logging.getLogger(__name__)
_BATCH = 100
_WAIT_SECONDS = 10.0  # how long a request waits for a delivery in progress
_LAST_SECONDS = 5.0  # how long a stop continues to deliver queued events


class Dispatcher:
    """Lock order: the dispatcher's lock, then the store's. `region` returns a region's state under the store's lock."""

    def __init__(self, store: Store, controls: Controls, region: Callable[[str], Region]) -> None:
        self._store = store
        self._pending = controls.events_pending
        self._region = region
        self._clock = controls.clock
        self._delivery_lock = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)

    def start(self) -> None:
        """Start with the events that an earlier process left in the queue."""
        with self._store.lock:
            metrics.reset_published(self._store, self._clock())
        self._pending.set()
        self._thread.start()

    def stop(self) -> None:
        """Deliver the queued events, then stop. Events that take too long stay in the queue."""
        self._stopping = True
        self._pending.set()
        self._thread.join(_LAST_SECONDS)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Pause event delivery, unless a subscriber does not respond for a long time.

        Do not enter while holding the store's lock.
        """
        locked = self._delivery_lock.acquire(timeout=_WAIT_SECONDS)
        try:
            yield
        finally:
            if locked:
                self._delivery_lock.release()

    def publish_metrics(self) -> None:
        """Update CloudWatch. Queued events are delivered first, unless a subscriber does not respond."""
        with self._store.lock:
            last = destinations.last_number(self._store)
        while last and 0 < self._deliver_some(_WAIT_SECONDS) < last:
            pass
        with self._store.lock:
            metrics.publish(self._store, publishing.publish_to_cloudwatch)

    def _run(self) -> None:
        while True:
            self._pending.wait()
            self._pending.clear()
            until = time.monotonic() + _LAST_SECONDS
            while self._deliver_some() and not (self._stopping and time.monotonic() > until):
                pass
            if self._stopping:
                return

    def _deliver_some(self, timeout: float = -1) -> int:
        """Deliver a batch and return the queue number of its last entry, or 0 if the queue is empty.

        Also returns 0 if another delivery did not end within `timeout` seconds. A negative timeout waits forever.
        """
        if not self._delivery_lock.acquire(timeout=timeout):
            return 0
        try:
            return self._deliver_batch()
        finally:
            self._delivery_lock.release()

    def _deliver_batch(self) -> int:
        with self._store.lock:
            batch = destinations.next_in_queue(self._store, _BATCH)
        if not batch:
            return 0
        points = _publish(batch)
        with self._store.lock:
            destinations.remove_delivered(self._store, batch[-1][0])
            for name, counted in points.items():
                metrics.add(self._region(name), counted)
            self._store.commit()
        return batch[-1][0]


def _publish(batch: list[tuple[int, str, Record | None, list[Record]]]) -> dict[str, Points]:
    """Publish the events of a batch, grouped by stream. Return the metric points by region."""
    streams: dict[str, list[str]] = {}
    points: dict[str, Points] = {}
    for _, region, mail, targets in batch:
        counted = points.setdefault(region, Counter())
        for target in targets:
            if target["kind"] == destinations.TOPIC_MESSAGE:
                subscribers.publish_to_topic(target["arn"], target["text"], subject=False)
        for event in _events(mail):
            kind = event["eventType"].upper().replace(" ", "_")
            for target in targets:
                if kind in target.get("events", ()):
                    _publish_one(event, target, region, streams, counted)
    for arn, lines in streams.items():
        publishing.publish_to_stream(arn, lines)
    return points


def _events(mail: Record | None) -> list[Event]:
    """Return the events of a message. An error is logged and skipped, so that it does not block the queue."""
    try:
        return contents.build_events(mail) if mail else []
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        _log.exception("cannot create the events of message %s", mail and mail["message_id"])
        return []


def _publish_one(
    event: Event, target: Record, region: str, streams: dict[str, list[str]], points: Points
) -> None:
    match target["kind"]:
        case destinations.SNS:
            subscribers.publish_to_topic(target["arn"], json.dumps(event), subject=True)
        case destinations.TOPIC:
            notification = identity_notifications.build_notification(event, headers=target["headers"])
            subscribers.publish_to_topic(target["arn"], json.dumps(notification), subject=False)
        case destinations.FIREHOSE:
            streams.setdefault(target["arn"], []).append(json.dumps(event))
        case destinations.CLOUDWATCH:
            points[metrics.event_point(event, target["dimensions"])] += 1
        case destinations.EVENTBRIDGE:
            publishing.publish_to_default_bus(region, event)
