"""Reads a raw MIME message from the caller: its senders, its recipients, and the checks of SES."""

from __future__ import annotations

from email.utils import getaddresses

from sescli.emulator.ses.faults import BadRequest
from sescli.emulator.ses.sending import mime
from sescli.emulator.ses.sending.message import Message, check_size
from sescli.emulator.ses.tags import message_tags

_MAX_PARTS = 500  # docs/ses-behavior.md#mime-parts
_SENDER_HEADERS = ("From", "Sender", "Return-Path")
_CONFIG_SET = "X-SES-CONFIGURATION-SET"
_TAGS = "X-SES-MESSAGE-TAGS"
_TENANT = "X-SES-TENANT"


def raw_message(
    raw: bytes, *, source: str | None, envelope: list[str], max_bytes: int
) -> tuple[Message, list[str], str | None]:
    """Return the message, the addresses that must be verified, and the configuration set from its header.

    `source` and `envelope` override the headers, which are then only displayed. Raises BadRequest.
    """
    check_size(len(raw), max_bytes)
    mail = mime.read_raw(raw)
    writers = mail.addresses("From")
    if not writers and not source:
        raise BadRequest("Missing required header 'From'.")
    if sum(1 for _ in mail.parsed.walk()) > _MAX_PARTS:
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


def _split_by_envelope(
    envelope: list[str], to: list[str], cc: list[str]
) -> tuple[list[str], list[str], list[str]]:
    """Return To, Cc and Bcc: only envelope recipients stay in To and Cc, and the other ones become Bcc."""
    wanted = {spec.lower(): text for text in envelope for _, spec in getaddresses([text])}
    kept_to = [box for box in to if wanted.pop(_spec(box), None)]
    kept_cc = [box for box in cc if wanted.pop(_spec(box), None)]
    rest = list(wanted.values())
    return (kept_to, kept_cc, rest) if kept_to or kept_cc else (rest, [], [])


def _spec(box: str) -> str:
    return getaddresses([box])[0][1].lower()


def _header_tags(value: str | None) -> dict[str, str]:
    """Parse the X-SES-MESSAGE-TAGS header: `name=value, name=value`."""
    pairs = [pair.partition("=") for pair in (value or "").split(",") if pair.strip()]
    return message_tags([{"Name": name.strip(), "Value": text.strip()} for name, _, text in pairs])
