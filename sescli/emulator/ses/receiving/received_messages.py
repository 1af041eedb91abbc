"""Received messages: the data that SendBounce needs, for 24 hours.

docs/ses-behavior.md#sendbounce
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.emulator.ses.faults import MessageRejected

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_KIND = "received"
_RETENTION_SECONDS = 24 * 3600  # seconds
_MAX_HEAD_LENGTH = 10 * 1024


def keep(region: Region, message_id: str, sender: str, raw: bytes) -> None:
    """Store a message by its ID. `sender` is the envelope sender, "" for the null sender."""
    head = raw.partition(b"\r\n\r\n")[0][:_MAX_HEAD_LENGTH].decode("utf-8", "replace")
    record = {"sender": sender, "at": region.now(), "head": head.replace("\r\n", "\n") + "\n"}
    region.put(_KIND, message_id, record)


def load(region: Region, message_id: str) -> Record:
    """Raises MessageRejected if the message is unknown, older than 24 hours, or itself a bounce."""
    record = region.get(_KIND, message_id)
    if record is None or region.now() - record["at"] > _RETENTION_SECONDS:
        raise MessageRejected(f"Message {message_id} was not received in the last 24 hours.")
    if not record["sender"]:
        raise MessageRejected(f"Message {message_id} is itself a bounce.")
    return record
