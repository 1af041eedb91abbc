"""The outbox: every accepted message with its outcomes, on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.sending import mime
from sescli.emulator.ses.sending.message import Message, MessageAttachment, SendOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Store

# The status of a message is the first of these that occurs among its outcomes.
_MOST_SEVERE_FIRST = (
    "rendering_failed",
    "rejected",
    "bounced",
    "complained",
    "suppressed",
    "ooto",
    "delivered",
)


@dataclass(frozen=True)
class AcceptedMessage:
    """A message that SES accepted, and its outcomes."""

    message_id: str
    message: Message
    config_set: str | None
    outcomes: Sequence[SendOutcome]
    identity: str  # name of the verified identity of the sender
    operation: str  # API operation that sent it


def add(region: Region, accepted: Sequence[AcceptedMessage]) -> None:
    """Store messages that were just accepted, in their order."""
    now = region.now()
    rows = [
        (region.name, each.message_id, now, _status(each.outcomes), _body(each), each.message.raw)
        for each in accepted
    ]
    region.store.db.executemany(
        "INSERT INTO mails (region, message_id, at, status, body, raw) VALUES (?, ?, ?, ?, ?, ?)", rows
    )
    for each in accepted:
        if each.message.raw is None and each.message.attachments:
            _add_attachments(region.store, each)


def _add_attachments(store: Store, accepted: AcceptedMessage) -> None:
    mail = store.db.execute("SELECT id FROM mails WHERE message_id = ?", (accepted.message_id,)).fetchone()[0]
    store.db.executemany(
        "INSERT INTO attachments VALUES (?, ?, ?, ?)",
        [(mail, n, _meta(each), each.content) for n, each in enumerate(accepted.message.attachments, 1)],
    )


def _status(outcomes: Sequence[SendOutcome]) -> str:
    if len(outcomes) == 1:
        return outcomes[0].status
    statuses = {outcome.status for outcome in outcomes}
    return next(each for each in _MOST_SEVERE_FIRST if each in statuses)


def _body(accepted: AcceptedMessage) -> str:
    message = accepted.message
    return json.dumps(
        {
            "from": message.source,
            "to": message.to,
            "cc": message.cc,
            "bcc": message.bcc,
            "reply_to": message.reply_to,
            "subject": message.subject,
            "headers": message.headers,
            "tags": message.tags,
            "config_set": accepted.config_set,
            "identity": accepted.identity,
            "operation": accepted.operation,
            "attachments": [
                {"name": each.name, "type": each.type, "size": len(each.content)}
                for each in message.attachments
            ],
            "text": message.text,
            "html": message.html,
            "template": message.template,
            "recipients": [
                {"address": each.address, "status": each.status, "reason": each.reason}
                for each in accepted.outcomes
            ],
        }
    )


def _meta(attachment: MessageAttachment) -> str:
    return json.dumps(
        {
            "name": attachment.name,
            "type": attachment.type,
            "disposition": attachment.disposition,
            "content_id": attachment.content_id,
        }
    )


def list_messages(store: Store, *, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Messages of all regions, newest first, with IDs below `before`."""
    rows = store.db.execute(
        "SELECT id, region, message_id, at, status, body FROM mails WHERE id < ? ORDER BY id DESC LIMIT ?",
        (before if before is not None else 1 << 62, limit),
    )
    return [message_from_row(row) for row in rows]


def find(store: Store, wanted: str) -> dict[str, Any] | None:
    """Find the message with this ID or message ID."""
    row = store.db.execute(
        "SELECT id, region, message_id, at, status, body FROM mails WHERE message_id = ? OR id = ?",
        (wanted, int(wanted) if wanted.isdecimal() and len(wanted) < 18 else -1),  # noqa: PLR2004  64 bits
    ).fetchone()
    return message_from_row(row) if row else None


def delete(store: Store, message_id: str | None) -> None:
    """Delete one message, or all. Quota, statistics and events stay as they are."""
    chosen = "" if message_id is None else " WHERE message_id = ?"
    values = () if message_id is None else (message_id,)
    store.db.execute(f"DELETE FROM attachments WHERE mail IN (SELECT id FROM mails{chosen})", values)  # noqa: S608
    store.db.execute(f"DELETE FROM mails{chosen}", values)  # noqa: S608  text from above


def count(store: Store) -> int:
    return int(store.db.execute("SELECT count(*) FROM mails").fetchone()[0])


def source(store: Store, mail: dict[str, Any]) -> bytes:
    """The MIME source of a message: the caller's own, or composed as SES would."""
    raw = store.db.execute("SELECT raw FROM mails WHERE id = ?", (mail["id"],)).fetchone()[0]
    if raw is not None:
        return bytes(raw)
    at = datetime.fromisoformat(mail["at"]).timestamp()
    return mime.compose(mail | {"at": at}, attachments(store, mail))


def attachments(store: Store, mail: dict[str, Any]) -> list[MessageAttachment]:
    raw = store.db.execute("SELECT raw FROM mails WHERE id = ?", (mail["id"],)).fetchone()[0]
    if raw is not None:
        return mime.read_raw(raw).attachments()
    rows = store.db.execute("SELECT meta, content FROM attachments WHERE mail = ? ORDER BY n", (mail["id"],))
    return [MessageAttachment(content=content, **json.loads(meta)) for meta, content in rows]


def message_from_row(row: tuple[Any, ...]) -> dict[str, Any]:
    """Build a message from its row: id, region, message_id, at, status, body."""
    number, region, message_id, at, status, body = row
    fields = json.loads(body)
    reasons = [each["reason"] for each in fields["recipients"] if each["reason"]]
    return {
        "id": str(number),
        "message_id": message_id,
        **fields,
        "status": status,
        "reason": reasons[0] if reasons else None,
        "at": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "region": region,
    }
