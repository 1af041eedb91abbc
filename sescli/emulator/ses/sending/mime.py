"""Composes MIME from an API message, and reads a raw MIME message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.sending.message import MessageAttachment
from sescli.mail.address_list import mailboxes
from sescli.mail.encoded_words import decode_words
from sescli.mail.mime_parts import MAX_PARTS, parse_mime
from sescli.mail.part_content import content_kind, disposition, file_name, part_content, part_text, readable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.mail.mime_parts import MimePart

_BREAKS = re.compile(r"[\r\n\x00]+")


# Composing
def compose(mail: Mapping[str, Any], attachments: list[MessageAttachment]) -> bytes:
    """Compose the message as SES would. `mail` has the fields of `local inbox`, but `at` in seconds since 1970."""
    message = EmailMessage()
    message["Date"] = format_datetime(datetime.fromtimestamp(mail["at"], UTC))
    message["Message-ID"] = f"<{mail['message_id']}@email.amazonses.com>"
    _address_header(message, "From", [mail["from"]])
    _address_header(message, "To", mail["to"])
    _address_header(message, "Cc", mail["cc"])
    _address_header(message, "Reply-To", mail["reply_to"])
    message["Subject"] = one_line(mail["subject"] or "")
    for header in mail["headers"]:
        message.add_header(header["name"], one_line(header["value"]))
    _set_bodies(message, mail["text"], mail["html"])
    for attachment in attachments:
        _attach(message, attachment)
    _fix_boundaries(message, mail["message_id"])
    return message.as_bytes()


def render_mime(parts: Mapping[str, str], at: float) -> str:
    """Compose the result of TestRender…: the rendered template as MIME, without addresses."""
    message = EmailMessage()
    message["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    message["Subject"] = one_line(parts.get("Subject", ""))
    _set_bodies(message, parts.get("Text"), parts.get("Html"))
    _fix_boundaries(message, "rendered")
    return message.as_string()


def content_type(mail: Mapping[str, Any]) -> str:
    """The Content-Type header of the message that `compose` returns."""
    boundary = f'boundary="_0_{mail["message_id"][:34]}"'
    if mail["attachments"]:
        return f"multipart/mixed; {boundary}"
    if mail["text"] is not None and mail["html"] is not None:
        return f"multipart/alternative; {boundary}"
    return f'text/{"html" if mail["text"] is None and mail["html"] is not None else "plain"}; charset="utf-8"'


def one_line(text: str) -> str:
    return _BREAKS.sub(" ", text)


def _address_header(message: EmailMessage, name: str, addresses: list[str]) -> None:
    if addresses:
        message[name] = ", ".join(one_line(address) for address in addresses)


def _set_bodies(message: EmailMessage, text: str | None, html: str | None) -> None:
    if text is not None:
        message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html")
    elif html is not None:
        message.set_content(html, subtype="html")


def _attach(message: EmailMessage, attachment: MessageAttachment) -> None:
    main, _, sub = attachment.type.partition("/")
    message.add_attachment(
        attachment.content,
        maintype=main,
        subtype=sub or "octet-stream",
        filename=attachment.name,
        disposition=attachment.disposition.lower(),
        cid=f"<{attachment.content_id}>" if attachment.content_id else None,
    )


def _fix_boundaries(message: EmailMessage, seed: str) -> None:
    """Set fixed boundaries, so that composing the same message again gives the same bytes."""
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"_{number}_{seed[:34]}")


# Reading


@dataclass(frozen=True)
class ParsedMimeMessage:
    """A raw message. Reading is lenient: text that cannot be decoded has replacement characters.

    `is_too_long` says that it has more parts than were asked for.
    """

    root: MimePart
    is_too_long: bool

    def header(self, name: str) -> str | None:
        value = self.root.value(name)
        return None if value is None else decode(value)

    def addresses(self, name: str) -> list[str]:
        """The decoded mailboxes of an address header, as `Name <address>`."""
        boxes = mailboxes(self.root.values(name))
        return [
            str(box._replace(display_name=_quoted(decode(box.display_name)))) for box in boxes if box.spec
        ]

    def headers(self) -> list[dict[str, str]]:
        return [{"name": name, "value": decode(value)} for name, value in self.root.fields]

    def body(self, subtype: str) -> str | None:
        """The first text/plain or text/html part that is not an attachment."""
        for part in self.root.leaves():
            if content_kind(part) == f"text/{subtype}" and not _is_attachment(part):
                return part_text(part)
        return None

    def attachments(self) -> list[MessageAttachment]:
        return [
            MessageAttachment(
                name=decode(file_name(part) or "attachment"),
                type=content_kind(part),
                content=part_content(part),
                disposition="INLINE" if disposition(part) == "inline" else "ATTACHMENT",
                content_id=decode(content_id).strip() if (content_id := part.value("Content-ID")) else None,
            )
            for part in self.root.leaves()
            if _is_attachment(part)
        ]


def read_raw(raw: bytes, *, max_parts: int = MAX_PARTS) -> ParsedMimeMessage:
    parsed = parse_mime(raw, max_parts=max_parts)
    return ParsedMimeMessage(parsed.root, parsed.is_too_long)


def decode(value: str) -> str:
    """Decode bytes beyond ASCII and encoded-words. Malformed ones stay as they are."""
    return decode_words(readable(value))


def _quoted(name: str) -> str:
    if not any(sign in name for sign in '()<>[]:;@\\,"'):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_attachment(part: MimePart) -> bool:
    if disposition(part) == "attachment" or file_name(part) is not None:
        return True
    # Inline pictures often have a content ID and no file name.
    return part.value("Content-ID") is not None and not content_kind(part).startswith("text/")
