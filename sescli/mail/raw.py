"""Check a MIME message (SES API v2 RawMessage) for what SES would refuse, before it is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from email.utils import getaddresses
from typing import TYPE_CHECKING

from sescli.mail.addresses import Address, parse_address
from sescli.mail.attachments import forbidden_extension
from sescli.mail.controls import refuse_controls
from sescli.mail.errors import InjectionError, MailError
from sescli.mail.message import MAX_MESSAGE

if TYPE_CHECKING:
    from email.message import Message

MAX_PARTS = 500
# RFC 5322 section 2.1.1, without the line break; SES refuses longer lines.
LONGEST_LINE = 998
_LINE_BREAK = re.compile(rb"\r\n|\r|\n")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_ONCE = (
    b"from",
    b"sender",
    b"reply-to",
    b"to",
    b"cc",
    b"bcc",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
)
_OVERWRITTEN = (b"date", b"message-id")


@dataclass(frozen=True)
class RawEmail:
    """A checked message: `data` has CRLF line ends; `notes` say what SES changes.

    `senders` are From, Sender and Return-Path: SES requires each of them to be verified.
    """

    data: bytes
    senders: tuple[Address, ...]
    recipients: tuple[Address, ...]
    subject: str
    config_set: str | None
    notes: tuple[str, ...]


def parse_raw(message: bytes) -> RawEmail:
    """Check a message and return it as it will be sent. Raises `MailError`.

    It must have headers with one From; at most 40 MB, 500 MIME parts and 998 bytes a line; no attachment of a type
    that SES refuses; no control character in a header, not even inside an encoded-word. Line ends become CRLF. SES
    overwrites Date and Message-ID.
    """
    head, body = _split(message)
    fields = _fields(head)
    for name in _ONCE:
        if sum(found == name for found, _ in fields) > 1:
            raise MailError(f"the message has more than one {name.decode().title()} header")
    data = _crlf(head) + b"\r\n\r\n" + _crlf(body)
    _check_lines(data)
    parsed = BytesParser(policy=policy.compat32).parsebytes(data)
    _check_parts(parsed)
    notes = tuple(
        f"SES replaces the {name.decode().title()} header of the message with its own"
        for name in _OVERWRITTEN
        if any(found == name for found, _ in fields)
    )
    return RawEmail(
        data=data,
        senders=_senders(fields),
        recipients=tuple(_addresses(fields, (b"to", b"cc", b"bcc"))),
        subject=next((value.decode("ascii") for name, value in fields if name == b"subject"), ""),
        config_set=next((v.decode("ascii") for n, v in fields if n == b"x-ses-configuration-set"), None),
        notes=notes,
    )


def _split(message: bytes) -> tuple[bytes, bytes]:
    if len(message) > MAX_MESSAGE:
        raise MailError(
            f"the message has {len(message) / 1e6:.1f} MB, and SES accepts at most 40 MB",
            code="MessageTooLarge",
        )
    if not message.strip():
        raise MailError("the message is empty")
    end = re.search(rb"(?:\r\n|\n){2}", message)
    if end is None:
        raise MailError(
            "the message has no body: an empty line must separate it from the headers",
            hint="a raw message starts with its headers: From, To, Subject, then an empty line",
        )
    return message[: end.start()], message[end.end() :]


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """The headers, unfolded, with names in lower case (RFC 5322 section 2.2)."""
    fields: list[tuple[bytes, bytes]] = []
    for number, line in enumerate(re.split(rb"\r\n|\n", head), 1):
        if line[:1] in b" \t" and fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + b" " + line.strip())
            continue
        match = _FIELD.fullmatch(line)
        if match is None:
            raise MailError(
                f"line {number} of the message is not a header: '{line[:60].decode('ascii', 'replace')}'",
                hint="a raw message starts with its headers: From, To, Subject, then an empty line",
            )
        fields.append((match[1].lower(), match[2].strip()))
    for name, value in fields:
        _check_field(name.decode("ascii"), value)
    return fields


def _check_field(name: str, value: bytes) -> None:
    if not value.isascii():
        raise MailError(
            f"the header {name} contains bytes beyond 7-bit ASCII, which SES refuses",
            hint="encode it according to RFC 2047: =?utf-8?q?…?=",
        )
    refuse_controls(value.decode("ascii").replace("\t", " "), f"the header {name}")


def _senders(fields: list[tuple[bytes, bytes]]) -> tuple[Address, ...]:
    authors = _addresses(fields, (b"from",))
    if len(authors) != 1:
        raise MailError(
            "the message has more than one author in From" if authors else "the message has no From header",
            hint="add one From header with a verified address; --from sets only the envelope",
        )
    return (*authors, *_addresses(fields, (b"sender", b"return-path")))


def _addresses(fields: list[tuple[bytes, bytes]], names: tuple[bytes, ...]) -> list[Address]:
    values = [value.decode("ascii") for name, value in fields if name in names]
    return [
        parse_address(spec)._replace(display_name=display)
        for display, spec in getaddresses(values)
        if spec or display
    ]


def _crlf(text: bytes) -> bytes:
    return _LINE_BREAK.sub(b"\r\n", text)


def _check_lines(data: bytes) -> None:
    for number, line in enumerate(data.split(b"\r\n"), 1):
        if len(line) > LONGEST_LINE:
            raise MailError(
                f"line {number} of the message has {len(line)} bytes, and SES accepts at most {LONGEST_LINE}",
                hint="encode this part as base64 or quoted-printable",
                code="LineTooLong",
            )


def _check_parts(parsed: Message) -> None:
    for count, part in enumerate(parsed.walk(), 1):
        if count > MAX_PARTS:
            raise MailError(f"the message has more than {MAX_PARTS} MIME parts")
        name = part.get_filename() or ""
        if any(sign in name for sign in "\r\n\0"):
            raise InjectionError("the name of an attachment", "a control character")
        if extension := forbidden_extension(name):
            raise MailError(
                f"SES does not deliver attachments of the type .{extension} ({name})",
                hint="send a link to the file, or put it into a .zip file",
                code="ForbiddenAttachment",
            )
