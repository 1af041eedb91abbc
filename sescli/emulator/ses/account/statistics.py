"""Counts of sent messages: the rolling 24 hours of the quota and the 15-minute points of GetSendStatistics.

Stored per minute. Neither includes the mailbox simulator (docs/ses-behavior.md#simulator-limits).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.ses.sending.message import SendOutcome

_MINUTE = 60
_DAY = 24 * 60  # minutes
_POINT = 15  # minutes
_RETENTION_MINUTES = 14 * _DAY
_DELIVERED = frozenset({"delivered", "complained", "ooto"})


@dataclass
class SendCounts:
    """What a call adds, in recipients. A suppressed recipient counts towards the quota but is not an attempt.

    docs/ses-behavior.md#suppressed-sends
    """

    sends: int = 0
    deliveries: int = 0
    bounces: int = 0
    complaints: int = 0
    rejects: int = 0
    quota: int = 0

    def add(self, outcome: SendOutcome) -> None:
        """Count the outcome for one recipient. An unsubscribed recipient is not an attempt either."""
        status = outcome.status
        self.sends += status != "rendering_failed"
        self.deliveries += status in _DELIVERED
        self.bounces += status == "bounced" and outcome.reason != "UnsubscribedRecipient"
        self.complaints += status == "complained"
        self.rejects += status == "rejected"

    @property
    def attempts(self) -> int:
        return self.deliveries + self.bounces

    @property
    def metrics(self) -> dict[str, int]:
        """The counts by CloudWatch metric name."""
        return {
            "Send": self.sends,
            "Delivery": self.deliveries,
            "Bounce": self.bounces,
            "Complaint": self.complaints,
            "Reject": self.rejects,
        }


def add(region: Region, count: SendCounts) -> None:
    minute = int(region.now() // _MINUTE)
    region.store.db.execute(
        "INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " attempts = attempts + excluded.attempts, bounces = bounces + excluded.bounces,"
        " complaints = complaints + excluded.complaints, rejects = rejects + excluded.rejects,"
        " quota = quota + excluded.quota",
        (
            region.name,
            minute,
            count.attempts,
            count.bounces,
            count.complaints,
            count.rejects,
            count.quota,
        ),
    )


def sent_last_24_hours(region: Region) -> int:
    """The number of recipients in the last 24 hours, to the minute."""
    row = region.store.db.execute(
        "SELECT total(quota) FROM counts WHERE region = ? AND minute > ?",
        (region.name, region.now() // _MINUTE - _DAY),
    )
    return int(row.fetchone()[0])


def points(region: Region) -> list[dict[str, Any]]:
    """The data points of the last two weeks, oldest first. 15 minutes without messages have no point."""
    rows = region.store.db.execute(
        "SELECT minute / ? * ? AS start, sum(attempts), sum(bounces), sum(complaints), sum(rejects)"
        " FROM counts WHERE region = ? AND minute > ? GROUP BY start HAVING sum(attempts) + sum(rejects) > 0"
        " ORDER BY start",
        (_POINT, _POINT, region.name, region.now() // _MINUTE - _RETENTION_MINUTES),
    )
    return [
        {
            "Timestamp": start * _MINUTE,
            "DeliveryAttempts": attempts,
            "Bounces": bounces,
            "Complaints": complaints,
            "Rejects": rejects,
        }
        for start, attempts, bounces, complaints, rejects in rows
    ]
