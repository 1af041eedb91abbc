"""Check a MIME message (SES API v2 RawMessage) for what SES would refuse, before it is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.mail.address_list import mailboxes
from sescli.mail.addresses import Address, parse_address
from sescli.mail.attachments import forbidden_extension
from sescli.mail.controls import control_name, refuse_controls
from sescli.mail.encoded_words import decode_words
from sescli.mail.errors import InjectionError, MailError, shortened
from sescli.mail.message import MAX_MESSAGE, MAX_RECIPIENTS
from sescli.mail.mime_parts import MAX_DEPTH, MAX_HEAD, parse_mime
from sescli.mail.single_headers import SINGLE_HEADERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.mail.mime_parts import MimePart

    _Fields = Sequence[tuple[bytes, bytes]]

MAX_PARTS = 500
# RFC 5322 section 2.1.1, without the line break; SES refuses longer lines.
LONGEST_LINE = 998
_LONG_LINE = re.compile(rb"^[^\r\n]{%d,}" % (LONGEST_LINE + 1), re.MULTILINE)
_HEAD_END = re.compile(rb"(?:\r\n|\n){2}")
# A carriage return alone is a line break for some programs. Tabs are part of folded headers.
_CONTROL = re.compile(rb"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FIELD = re.compile(rb"([!-9;-~]+):(.*)", re.DOTALL)
_RECIPIENT_FIELD = re.compile(rb"^(?:to|cc|bcc):.*(?:\n[ \t].*)*", re.MULTILINE | re.IGNORECASE)
_OVERWRITTEN = (b"date", b"message-id")
_RECIPIENTS = (b"to", b"cc", b"bcc")

_HINT = "a raw message starts with its headers: From, To, Subject, then an empty line"


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

    It must have headers with one From, and none twice that SES accepts only once; at most 40 MB, 256 KB of headers,
    500 MIME parts and 998 bytes a line; no attachment of a type that SES refuses; no control character in a header of
    the message or of a part, not even inside an encoded-word. Line ends become CRLF. SES overwrites Date and
    Message-ID.
    """
    head, body = _split(message)
    _check_head_size(head)
    _refuse_head_controls(head)
    fields = _fields(head)
    _refuse_repeated(fields)
    data = _crlf(head) + b"\r\n\r\n" + _crlf(body)
    _check_lines(data)
    _check_parts(message, data)
    return RawEmail(
        data=data,
        senders=_senders(fields),
        recipients=tuple(_addresses(fields, _RECIPIENTS)),
        subject=next((value.decode("ascii") for name, value in fields if name == b"subject"), ""),
        config_set=next((v.decode("ascii") for n, v in fields if n == b"x-ses-configuration-set"), None),
        notes=tuple(
            f"SES replaces the {name.decode().title()} header of the message with its own"
            for name in _OVERWRITTEN
            if any(found == name for found, _ in fields)
        ),
    )


def _split(message: bytes) -> tuple[bytes, bytes]:
    if len(message) > MAX_MESSAGE:
        raise MailError(
            f"the message has {len(message) / 1e6:.1f} MB, and SES accepts at most 40 MB",
            code="MessageTooLarge",
        )
    if not message.strip():
        raise MailError("the message is empty")
    end = _HEAD_END.search(message)
    if end is None:
        raise MailError(
            "the message has no body: an empty line must separate it from the headers", hint=_HINT
        )
    return message[: end.start()], message[end.end() :]


def _refuse_head_controls(head: bytes) -> None:
    if (found := _CONTROL.search(head)) is None:
        return
    start = head.rfind(b"\n", 0, found.start()) + 1
    name = head[start : found.start()].partition(b":")[0].strip(b" \t").decode("ascii", "replace")
    number = head.count(b"\n", 0, start) + 1
    where = f"line {number} of the message, in the header {shortened(name)}," if name else f"line {number}"
    raise InjectionError(where, control_name(found[0].decode("ascii")))


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """The headers, unfolded, with names in lower case (RFC 5322 section 2.2)."""
    fields: list[tuple[bytes, list[bytes]]] = []
    for number, line in enumerate(head.replace(b"\r\n", b"\n").split(b"\n"), 1):
        if line[:1] in b" \t" and fields:
            if not line.strip(b" \t"):
                # For some programs the headers end here, and for others they continue.
                raise MailError(
                    f"line {number} of the message has only spaces, so it is not clear where the headers end"
                )
            fields[-1][1].append(line.strip(b" \t"))
            continue
        match = _FIELD.fullmatch(line)
        if match is None:
            raise MailError(_not_a_header(number, line), hint=_HINT)
        fields.append((match[1].lower(), [match[2].strip(b" \t")]))
    unfolded = [(name, b" ".join(lines)) for name, lines in fields]
    for name, value in unfolded:
        _check_field(name.decode("ascii"), value)
    return unfolded


def _not_a_header(number: int, line: bytes) -> str:
    name, colon, _ = line[:60].partition(b":")
    if colon and not name.strip(b" \t"):
        return f"line {number} of the message is a header without a name, which SES refuses"
    if colon and name != name.rstrip(b" \t"):
        return f"line {number} of the message has a space before the ':', which programs read differently"
    return f"line {number} of the message is not a header: '{line[:60].decode('ascii', 'replace')}'"


def _check_field(name: str, value: bytes) -> None:
    if not value.isascii():
        raise MailError(
            f"the header {shortened(name)} contains bytes beyond 7-bit ASCII, which SES refuses",
            hint="encode it according to RFC 2047: =?utf-8?q?…?=",
        )
    refuse_controls(value.decode("ascii").replace("\t", " "), f"the header {shortened(name)}")


def _check_head_size(head: bytes) -> None:
    if len(head) <= MAX_HEAD:
        return
    recipients = sum(found[0].count(b",") + 1 for found in _RECIPIENT_FIELD.finditer(head))
    if recipients > MAX_RECIPIENTS:
        raise MailError(
            f"the message has {recipients:,} recipients; SES accepts {MAX_RECIPIENTS}",
            code="TooManyRecipients",
        )
    raise MailError(
        f"the headers of the message have {len(head):,} bytes; sescli sends at most {MAX_HEAD:,}, because SES and other"
        " mail servers refuse long headers",
        code="HeadersTooLong",
    )


def _refuse_repeated(fields: _Fields) -> None:
    """Refuse a second header of a name that SES accepts only once (docs/ses-behavior.md#single-headers)."""
    seen: set[bytes] = set()
    for name, _ in fields:
        shown = SINGLE_HEADERS.get(name.decode("ascii"))
        if name in seen and shown:
            raise MailError(f"the message has more than one {shown} header", code="DuplicateHeader")
        seen.add(name)


def _senders(fields: _Fields) -> tuple[Address, ...]:
    authors = _addresses(fields, (b"from",))
    if len(authors) != 1:
        raise MailError(
            "the message has more than one author in From" if authors else "the message has no From header",
            hint="add one From header with a verified address; --from sets only the envelope",
        )
    return (*authors, *_addresses(fields, (b"sender", b"return-path")))


def _addresses(fields: _Fields, names: tuple[bytes, ...]) -> list[Address]:
    found = []
    for name, value in fields:
        if name not in names:
            continue
        for mailbox in mailboxes([value.decode("ascii")]):
            if not mailbox.is_clean:
                header = name.decode("ascii").title()
                raise MailError(
                    f"the header {header} has '{shortened(str(mailbox))}', which programs read differently",
                    hint='write "Doe, Jane" <jane@example.com>, with a comma between addresses',
                    code="InvalidAddress",
                )
            if mailbox.spec or mailbox.display_name:
                display = decode_words(mailbox.display_name)
                found.append(parse_address(mailbox.spec)._replace(display_name=display))
    return found


def _crlf(text: bytes) -> bytes:
    # Not a regular expression, which would need several times the memory.
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _check_lines(data: bytes) -> None:
    if (line := _LONG_LINE.search(data)) is None:
        return
    number = data.count(b"\n", 0, line.start()) + 1
    raise MailError(
        f"line {number} of the message has {len(line[0])} bytes, and SES accepts at most {LONGEST_LINE}",
        hint="encode this part as base64 or quoted-printable",
        code="LineTooLong",
    )


def _check_parts(message: bytes, data: bytes) -> None:
    for form in dict.fromkeys((data, message)):  # before and after the change of line ends
        parsed = parse_mime(form, max_parts=MAX_PARTS)
        if parsed.is_too_long:
            raise MailError(f"the message has more than {MAX_PARTS} MIME parts")
        if parsed.is_too_deep:
            raise MailError(
                f"the message has MIME parts inside parts, more than {MAX_DEPTH} levels deep",
                code="TooManyLevels",
            )
        for part in parsed.root.walk():
            _check_part(part)


def _check_part(part: MimePart) -> None:
    if not part.is_forwarded and (found := _CONTROL.search(part.head)):
        raise InjectionError("the headers of a MIME part", control_name(found[0].decode("ascii")))
    try:
        name = part.structure.get_filename() or ""
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise MailError(
            "the name of an attachment cannot be decoded", code="InvalidAttachmentName"
        ) from error
    if not part.is_forwarded:
        refuse_controls(name, "the name of an attachment")
    if extension := forbidden_extension(name):
        raise MailError(
            f"SES does not deliver attachments of the type .{extension} ({shortened(name)})",
            hint="send a link to the file, or put it into a .zip file",
            code="ForbiddenAttachment",
        )
