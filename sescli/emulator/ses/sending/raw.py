"""Reads a raw MIME message from the caller: its senders, its recipients, and the checks of SES."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sescli.emulator.ses.faults import BadRequest
from sescli.emulator.ses.sending import mime
from sescli.emulator.ses.sending.message import Message, check_size
from sescli.emulator.ses.tags import message_tags
from sescli.mail.address_list import mailboxes
from sescli.mail.single_headers import SES_SINGLE_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_PARTS = 500  # docs/ses-behavior.md#mime-parts
_SENDER_HEADERS = ("From", "Sender", "Return-Path")
_CONFIG_SET = "X-SES-CONFIGURATION-SET"
_TAGS = "X-SES-MESSAGE-TAGS"
_TENANT = "X-SES-TENANT"
_HEAD_END = re.compile(rb"(?:\r?\n){2}")
_NO_NAME = re.compile(rb"^:", re.MULTILINE)


def raw_message(
    raw: bytes, *, source: str | None, envelope: list[str], max_bytes: int
) -> tuple[Message, list[str], str | None]:
    """Return the message, the addresses that must be verified, and the configuration set from its header.

    `source` and `envelope` override the headers, which are then only displayed. Raises BadRequest.
    """
    check_size(len(raw), max_bytes)
    head_end = _HEAD_END.search(raw)
    if _NO_NAME.search(raw, 0, head_end.start() if head_end else len(raw)):
        raise BadRequest("Empty header names are illegal.")
    mail = mime.read_raw(raw, max_parts=_MAX_PARTS)
    _refuse_repeated(name for name, _ in mail.root.fields)
    writers = mail.addresses("From")
    if not writers and not source:
        raise BadRequest("Missing required header 'From'.")
    if mail.is_too_long:
        raise BadRequest(f"The message has more than {_MAX_PARTS} parts.")
    senders = [box for name in _SENDER_HEADERS for box in mail.addresses(name)] + ([source] if source else [])
    to, cc, bcc = mail.addresses("To"), mail.addresses("Cc"), mail.addresses("Bcc")
    if envelope:
        to, cc, bcc = _split_by_envelope(envelope, to, cc)
    message = Message(
        source=writers[0] if writers else source or "",
        to=to,
        cc=cc,
        bcc=bcc,
        reply_to=mail.addresses("Reply-To"),
        subject=mail.header("Subject"),
        text=mail.body("plain"),
        html=mail.body("html"),
        headers=mail.headers(),
        attachments=mail.attachments(),
        tags=_header_tags(mail.header(_TAGS)),
        raw=raw,
    )
    return message, senders, mail.header(_CONFIG_SET)


def tenant_name(message: Message) -> str | None:
    """The tenant named in the header of a raw message."""
    named = [each["value"].strip() for each in message.headers if each["name"].upper() == _TENANT]
    return named[0] if named else None


def _refuse_repeated(names: Iterable[str]) -> None:
    """Raises BadRequest for a second header that SES accepts only once (docs/ses-behavior.md#single-headers)."""
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen and name.lower() in SES_SINGLE_HEADERS:
            raise BadRequest(f"Duplicate header '{SES_SINGLE_HEADERS[name.lower()]}'.")
        seen.add(name.lower())


def _split_by_envelope(
    envelope: list[str], to: list[str], cc: list[str]
) -> tuple[list[str], list[str], list[str]]:
    """Return To, Cc and Bcc: only envelope recipients stay in To and Cc, and the other ones become Bcc."""
    wanted = {box.spec.lower(): text for text in envelope for box in mailboxes([text])}
    kept_to = [box for box in to if wanted.pop(_spec(box), None)]
    kept_cc = [box for box in cc if wanted.pop(_spec(box), None)]
    rest = list(wanted.values())
    return (kept_to, kept_cc, rest) if kept_to or kept_cc else (rest, [], [])


def _spec(box: str) -> str:
    return next(mailboxes([box])).spec.lower()


def _header_tags(value: str | None) -> dict[str, str]:
    """Parse the X-SES-MESSAGE-TAGS header: `name=value, name=value`."""
    pairs = [pair.partition("=") for pair in (value or "").split(",") if pair.strip()]
    return message_tags([{"Name": name.strip(), "Value": text.strip()} for name, _, text in pairs])
