"""A topic with a subscribed queue, and the messages in it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

_SECONDS = 10.0


@dataclass
class Listener:
    arn: str
    queue: str
    sqs: Any

    def bodies(self, count: int) -> list[str]:
        """Return the next messages in order. Fails if they do not arrive."""
        found: list[str] = []
        until = time.monotonic() + _SECONDS
        while len(found) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} messages came: {found}"
            maximum = min(10, count - len(found))
            got = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=maximum)
            if "Messages" not in got:
                time.sleep(0.02)
                continue
            found += [message["Body"] for message in got["Messages"]]
            read = [
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
                for n, message in enumerate(got["Messages"])
            ]
            self.sqs.delete_message_batch(QueueUrl=self.queue, Entries=read)
        return found

    def events(self, count: int) -> list[Any]:
        """Return the next events without their SNS envelopes. Skips validation messages."""
        found: list[Any] = []
        while len(found) < count:
            message = json.loads(self.bodies(1)[0])["Message"]
            if "uccessfully" not in message:
                found.append(json.loads(message))
        return found

    def empty(self) -> bool:
        return "Messages" not in self.sqs.receive_message(QueueUrl=self.queue)


def listen(client: Any, name: str = "events", *, raw: bool = False) -> Listener:
    sns, sqs = client("sns"), client("sqs")
    arn = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    sns.subscribe(
        TopicArn=arn,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:us-east-1:123456789012:{name}",
        Attributes={"RawMessageDelivery": "true"} if raw else {},
    )
    return Listener(arn, queue, sqs)
