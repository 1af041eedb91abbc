"""An event of SES, and the envelopes in which it travels (SES Developer Guide, event publishing).

SNS wraps it in a notification whose `Message` is JSON in a text, SQS puts that in a `Body`, EventBridge has it
as the `detail` of an event of its own, Lambda and the AWS CLI give lists of those; Firehose and raw delivery have
none of this.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REJECT, RENDERING_FAILURE = "Reject", "Rendering Failure"
# SES accepted these mails and never hands them over.
DROPPED = frozenset({REJECT, RENDERING_FAILURE})

_LIST_KEYS = ("Records", "records", "Messages")
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Event:
    """One record: `kind` as SES spells it (`Send`, `Delivery`, `Rendering Failure`), `mail`, and all of it."""

    kind: str
    message_id: str
    mail: Mapping[str, Any]
    record: Mapping[str, Any]

    @property
    def destination(self) -> tuple[str, ...]:
        """Every To, Cc and Bcc of the mail; not whom the event is about."""
        listed = self.mail.get("destination")
        return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()

    def tag(self, name: str) -> str | None:
        """The first value of a message tag. Identity notifications carry none."""
        tags = self.mail.get("tags")
        values = tags.get(name) if isinstance(tags, dict) else None
        first = values[0] if isinstance(values, list) and values else values
        return first if isinstance(first, str) else None

    @property
    def drop_reason(self) -> str | None:
        """What SES says of a mail that it accepted and will not hand over."""
        name, key = ("reject", "reason") if self.kind == REJECT else ("failure", "errorMessage")
        told = self.record.get(name)
        said = told.get(key) if isinstance(told, dict) else None
        return said if isinstance(said, str) else None


@dataclass(frozen=True, slots=True)
class UnmatchedRecord:
    """A JSON value that is no event of SES; `broken` if it claims to be one and lacks what every event has."""

    why: str
    broken: bool = False


def events_in(value: Any, depth: int = 0) -> Iterator[Event | UnmatchedRecord]:
    """The events inside a JSON value, whatever envelopes are around them."""
    if depth > _MAX_DEPTH:
        yield UnmatchedRecord("has too many envelopes", broken=True)
    elif isinstance(value, list):
        for one in value:
            yield from events_in(one, depth + 1)
    elif isinstance(value, str):
        yield from _events_in_text(value, depth)
    elif isinstance(value, dict):
        yield from _events_in_object(value, depth)
    else:
        yield UnmatchedRecord("is no JSON object", broken=True)


def _events_in_text(text: str, depth: int) -> Iterator[Event | UnmatchedRecord]:
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        # SES posts a few words to a topic when a destination is made; what begins as JSON was cut off.
        cut_off = text.lstrip().startswith("{")
        yield UnmatchedRecord("holds a text that is not JSON", broken=cut_off or not depth)
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
        yield UnmatchedRecord("is no event of SES")
    else:
        yield from events_in(inner, depth + 1)


def _event(kind: str, mail: dict[str, Any], record: dict[str, Any]) -> Event | UnmatchedRecord:
    message_id = mail.get("messageId")
    if not isinstance(message_id, str) or not message_id:
        return UnmatchedRecord("is an event without mail.messageId", broken=True)
    return Event(kind, message_id, mail, record)


def _unwrap(value: Mapping[str, Any]) -> Any:
    """What an envelope holds; None for what is none."""
    if isinstance(value.get("Message"), str):  # SNS
        return value["Message"]
    for name in ("Body", "body"):  # SQS: its API, and Lambda
        if isinstance(value.get(name), str):
            return value[name]
    for name in ("Sns", "detail"):  # SNS to Lambda; EventBridge
        if isinstance(value.get(name), dict):
            return value[name]
    return None
