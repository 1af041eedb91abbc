"""SES events, and the envelopes that carry them (SES Developer Guide, event publishing).

SNS wraps an event in a notification whose `Message` is a JSON string. SQS puts that into a `Body`. EventBridge puts the
event into the `detail` of its own event. Lambda and the AWS CLI return lists of those. Firehose and raw delivery use no
envelope.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REJECT, RENDERING_FAILURE = "Reject", "Rendering Failure"
# SES accepts these messages and never delivers them.
DROPPED = frozenset({REJECT, RENDERING_FAILURE})

_LIST_KEYS = ("Records", "records", "Messages")
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Event:
    """One event: `kind` as SES spells it (`Send`, `Delivery`, `Rendering Failure`), its `mail`, and the full record."""

    kind: str
    message_id: str
    mail: Mapping[str, Any]
    record: Mapping[str, Any]

    @property
    def destination(self) -> tuple[str, ...]:
        """All recipients of the message (To, Cc, Bcc), not only those that the event is about."""
        listed = self.mail.get("destination")
        return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()

    def tag(self, name: str) -> str | None:
        """The first value of a message tag, or None. Identity notifications have no tags."""
        tags = self.mail.get("tags")
        values = tags.get(name) if isinstance(tags, dict) else None
        first = values[0] if isinstance(values, list) and values else values
        return first if isinstance(first, str) else None

    @property
    def drop_reason(self) -> str | None:
        """The reason that SES gives for not delivering an accepted message, or None."""
        name, key = ("reject", "reason") if self.kind == REJECT else ("failure", "errorMessage")
        details = self.record.get(name)
        reason = details.get(key) if isinstance(details, dict) else None
        return reason if isinstance(reason, str) else None


@dataclass(frozen=True, slots=True)
class UnmatchedRecord:
    """A JSON value that is not an SES event; `broken` if it looks like one but lacks a required field."""

    why: str
    broken: bool = False


def events_in(value: Any, depth: int = 0) -> Iterator[Event | UnmatchedRecord]:
    """The events inside a JSON value, in any envelopes."""
    if depth > _MAX_DEPTH:
        yield UnmatchedRecord("has too many nested envelopes", broken=True)
    elif isinstance(value, list):
        for one in value:
            yield from events_in(one, depth + 1)
    elif isinstance(value, str):
        yield from _events_in_text(value, depth)
    elif isinstance(value, dict):
        yield from _events_in_object(value, depth)
    else:
        yield UnmatchedRecord("is not a JSON object", broken=True)


def _events_in_text(text: str, depth: int) -> Iterator[Event | UnmatchedRecord]:
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        # SES posts plain text to a topic when a destination is created. Text that starts like JSON was cut off.
        cut_off = text.lstrip().startswith("{")
        yield UnmatchedRecord("contains text that is not JSON", broken=cut_off or not depth)
        return
    yield from events_in(inner, depth + 1)


def _events_in_object(value: dict[str, Any], depth: int) -> Iterator[Event | UnmatchedRecord]:
    kind, mail = value.get("eventType") or value.get("notificationType"), value.get("mail")
    if isinstance(kind, str) and isinstance(mail, dict):
        yield _event(kind, mail, value)
        return
    for name in _LIST_KEYS:
        if isinstance(value.get(name), list):
            yield from events_in(value[name], depth + 1)
            return
    inner = _unwrap(value)
    if inner is None:
        yield UnmatchedRecord("is not an SES event")
    else:
        yield from events_in(inner, depth + 1)


def _event(kind: str, mail: dict[str, Any], record: dict[str, Any]) -> Event | UnmatchedRecord:
    message_id = mail.get("messageId")
    if not isinstance(message_id, str) or not message_id:
        return UnmatchedRecord("is an event without mail.messageId", broken=True)
    return Event(kind, message_id, mail, record)


def _unwrap(value: Mapping[str, Any]) -> Any:
    """The content of an envelope, or None if the value is not an envelope."""
    if isinstance(value.get("Message"), str):  # SNS
        return value["Message"]
    for name in ("Body", "body"):  # SQS: its API, and Lambda
        if isinstance(value.get(name), str):
            return value[name]
    for name in ("Sns", "detail"):  # SNS to Lambda; EventBridge
        if isinstance(value.get(name), dict):
            return value[name]
    return None
