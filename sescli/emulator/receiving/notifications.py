"""Notifications for topics and functions about a received message (docs/ses-behavior.md#received-notification)."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from sescli.mail.address_list import mailboxes
from sescli.mail.part_content import readable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sescli.emulator.receiving.incoming_message import IncomingMessage
    from sescli.mail.addresses import Address
    from sescli.mail.mime_parts import MimePart

# The most bytes of headers in a notification (docs/ses-behavior.md#receiving-limits).
HEADERS_OF_SNS = 10 * 1024
HEADERS_OF_LAMBDA = 50 * 1024
SUBJECT = "Amazon SES Email Receipt Notification"

_COMMON_LISTS = {"from": "From", "to": "To", "cc": "Cc", "bcc": "Bcc", "replyTo": "Reply-To"}
_COMMON = {"sender": "Sender", "date": "Date", "messageId": "Message-ID", "subject": "Subject"}


def build_event(
    mail: IncomingMessage,
    action: dict[str, Any],
    recipients: Sequence[Address],
    *,
    scanned: bool,
    max_bytes: int,
) -> dict[str, Any]:
    """`mail` and `receipt`, with at most `max_bytes` bytes of headers. `action` is the action that sends it."""
    return {
        "mail": _mail(mail, scanned=scanned, max_bytes=max_bytes),
        "receipt": _receipt(mail, action, recipients, scanned=scanned),
    }


def topic_message(notification: dict[str, Any], content: bytes | None = None, encoding: str = "UTF-8") -> str:
    """The message for a topic. `content` is the received message, which only the SNS action includes."""
    message = {"notificationType": "Received", **notification}
    if content is not None:
        is_binary = encoding.casefold() == "base64"
        message["content"] = (
            base64.b64encode(content).decode() if is_binary else content.decode("utf-8", "replace")
        )
    return json.dumps(message, ensure_ascii=False)


def lambda_event(notification: dict[str, Any]) -> dict[str, Any]:
    """The input for a function."""
    return {"Records": [{"eventSource": "aws:ses", "eventVersion": "1.0", "ses": notification}]}


def _mail(mail: IncomingMessage, *, scanned: bool, max_bytes: int) -> dict[str, Any]:
    parsed = mail.headers(scanned=scanned)
    headers = [{"name": name, "value": readable(value)} for name, value in parsed.fields]
    kept, size = [], 0
    for header in headers:
        size += len(header["name"]) + len(header["value"].encode("utf-8", "replace"))
        if size <= max_bytes:
            kept.append(header)
    common: dict[str, Any] = {"returnPath": mail.sender}
    common |= {key: values for key, name in _COMMON_LISTS.items() if (values := _boxes(parsed, name))}
    single = {key: parsed.value(name) for key, name in _COMMON.items()}
    common |= {key: readable(value) for key, value in single.items() if value is not None}
    return {
        "timestamp": _iso(mail.time),
        "source": mail.sender,
        "messageId": mail.message_id,
        "destination": _destination(mail, common),
        "headersTruncated": len(kept) < len(headers),
        "headers": kept,
        "commonHeaders": common,
    }


def _receipt(
    mail: IncomingMessage, action: dict[str, Any], recipients: Sequence[Address], *, scanned: bool
) -> dict[str, Any]:
    verdicts = mail.verdicts(scanned=scanned)
    receipt: dict[str, Any] = {
        "timestamp": _iso(mail.time),
        "processingTimeMillis": 1,
        "recipients": [each.addr_spec for each in recipients],
    }
    receipt |= {f"{name}Verdict": {"status": status} for name, status in verdicts.items()}
    if verdicts["dmarc"] == "FAIL":
        receipt["dmarcPolicy"] = "none"
    return receipt | {"action": action}


def _destination(mail: IncomingMessage, common: dict[str, Any]) -> list[str]:
    """The envelope recipients and the other addresses in To and Cc."""
    boxes = mailboxes([*common.get("to", []), *common.get("cc", [])])
    named = [box.spec for box in boxes if box.spec]
    return list(dict.fromkeys([*(each.addr_spec for each in mail.recipients), *named]))


def _boxes(parsed: MimePart, name: str) -> list[str]:
    return [str(box) for box in mailboxes(map(readable, parsed.values(name))) if box.spec]


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
