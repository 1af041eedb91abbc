"""Where the events of a call go: the destinations of its configuration set, the topics of its identity.

They are settled when a message is accepted, and are kept with it until its events are delivered. That queue is
on disk: it bears any load, keeps the order of what was accepted, and outlives the process.
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
    """All that want events of a message; for most messages, none."""
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
    """Leave the events of these messages to be delivered."""
    if not targets:
        return
    text = json.dumps(targets)
    region.store.db.executemany(
        "INSERT INTO deliveries (message_id, region, targets) VALUES (?, ?, ?)",
        [(message_id, region.name, text) for message_id in message_ids],
    )
    region.controls.events_pending.set()


def queue_topic_validation(region: Region, definition: Record) -> None:
    """The line, no JSON, that SES posts to a topic which becomes a destination.

    docs/ses-behavior.md#event-delivery
    """
    if "SnsDestination" in definition:
        arn = definition["SnsDestination"]["TopicArn"]
        queue_events(region, [""], [{"kind": TOPIC_MESSAGE, "arn": arn, "text": _VALIDATED}])


def queue_identity_notice(region: Region, identity: str, kind: str, arn: str) -> None:
    """The notification of an identity's topic that is set up, `kind` Bounce, Complaint or Delivery."""
    message = (
        f"You have successfully subscribed your Amazon SNS topic '{arn}' to receive '{kind}' notifications from"
        f" Amazon SES for identity '{identity}'."
    )
    text = json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": message})
    queue_events(region, [""], [{"kind": TOPIC_MESSAGE, "arn": arn, "text": text}])


def next_in_queue(store: Store, maximum: int) -> list[tuple[int, str, Record | None, list[Record]]]:
    """The first in the queue: number, region, the mail (none with a greeting), and where its events go."""
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
    """The number of the last in the queue; 0 when it is empty."""
    return int(store.db.execute("SELECT coalesce(max(id), 0) FROM deliveries").fetchone()[0])


def remove_delivered(store: Store, number: int) -> None:
    """Take what was delivered, up to this number, out of the queue."""
    store.db.execute("DELETE FROM deliveries WHERE id <= ?", (number,))
