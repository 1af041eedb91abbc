"""The event destinations of a call: those of its configuration set and the topics of its identity.

They are determined when a message is accepted, and stored in a queue until its events are delivered. The queue is on
disk, so it handles any load, keeps the order of the messages and survives the process.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sescli.emulator.ses.sending import outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record, Store

SNS, TOPIC, FIREHOSE = "sns", "topic", "firehose"
CLOUDWATCH, EVENTBRIDGE, TOPIC_MESSAGE = "cloudwatch", "eventbridge", "greeting"
_NOTIFICATIONS = ("Bounce", "Complaint", "Delivery")
_VALIDATED = "Successfully validated SNS topic for Amazon SES event publishing."


def list_destinations(config_set: Record | None, identity: Record) -> list[Record]:
    """List the destinations of a message's events. Most messages have none."""
    found = [_destination(each) for each in (config_set or {"destinations": {}})["destinations"].values()]
    topics = identity.get("topics", {})
    headers = identity.get("topic_headers", {})
    return [each for each in found if each] + [
        {"kind": TOPIC, "arn": topics[kind], "events": [kind.upper()], "headers": headers.get(kind, False)}
        for kind in _NOTIFICATIONS
        if topics.get(kind)
    ]


def _destination(definition: Record) -> Record | None:
    if not definition["Enabled"]:
        return None
    wanted = {"events": definition["MatchingEventTypes"]}
    if "SnsDestination" in definition:
        return {"kind": SNS, "arn": definition["SnsDestination"]["TopicArn"], **wanted}
    if "KinesisFirehoseDestination" in definition:
        stream = definition["KinesisFirehoseDestination"]["DeliveryStreamArn"]
        return {"kind": FIREHOSE, "arn": stream, **wanted}
    if "CloudWatchDestination" in definition:
        dimensions = definition["CloudWatchDestination"]["DimensionConfigurations"]
        return {"kind": CLOUDWATCH, "dimensions": dimensions, **wanted}
    return {"kind": EVENTBRIDGE, **wanted} if "EventBridgeDestination" in definition else None


# The queue


def queue_events(region: Region, message_ids: Sequence[str], targets: Sequence[Record]) -> None:
    """Add the events of these messages to the queue."""
    if not targets:
        return
    text = json.dumps(targets)
    region.store.db.executemany(
        "INSERT INTO deliveries (message_id, region, targets) VALUES (?, ?, ?)",
        [(message_id, region.name, text) for message_id in message_ids],
    )
    region.controls.events_pending.set()


def queue_topic_validation(region: Region, definition: Record) -> None:
    """Queue the text (not JSON) that SES publishes to a topic when it becomes a destination.

    docs/ses-behavior.md#event-delivery
    """
    if "SnsDestination" in definition:
        arn = definition["SnsDestination"]["TopicArn"]
        queue_events(region, [""], [{"kind": TOPIC_MESSAGE, "arn": arn, "text": _VALIDATED}])


def queue_identity_notice(region: Region, identity: str, kind: str, arn: str) -> None:
    """Queue the notification for a new topic of an identity. `kind`: Bounce, Complaint or Delivery."""
    message = (
        f"You have successfully subscribed your Amazon SNS topic '{arn}' to receive '{kind}' notifications from"
        f" Amazon SES for identity '{identity}'."
    )
    text = json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": message})
    queue_events(region, [""], [{"kind": TOPIC_MESSAGE, "arn": arn, "text": text}])


def next_in_queue(store: Store, maximum: int) -> list[tuple[int, str, Record | None, list[Record]]]:
    """The next queue entries: number, region, message (None for a topic message) and event destinations."""
    rows = store.db.execute(
        "SELECT deliveries.id, deliveries.region, targets, mails.id, mails.region, mails.message_id, at,"
        " status, body FROM deliveries LEFT JOIN mails USING (message_id) ORDER BY deliveries.id LIMIT ?",
        (maximum,),
    ).fetchall()
    return [
        (row[0], row[1], None if row[3] is None else outbox.message_from_row(row[3:]), json.loads(row[2]))
        for row in rows
    ]


def last_number(store: Store) -> int:
    """The number of the last queue entry, or 0 if the queue is empty."""
    return int(store.db.execute("SELECT coalesce(max(id), 0) FROM deliveries").fetchone()[0])


def remove_delivered(store: Store, number: int) -> None:
    """Remove the delivered entries, up to this number, from the queue."""
    store.db.execute("DELETE FROM deliveries WHERE id <= ?", (number,))
