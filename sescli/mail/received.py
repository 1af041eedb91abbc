"""Read received messages leniently: their senders may be attackers, so no content may raise an error.

Text that cannot be decoded gets replacement characters; parts that cannot be parsed are left out.
"""

from __future__ import annotations

import email
import re
from dataclasses import dataclass, field
from email import policy
from typing import TYPE_CHECKING, TypeVar

from sescli.mail.encoded_words import decode_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message

Value = TypeVar("Value")

_FOLD = re.compile(r"\r?\n[ \t]+|\r\n|\r|\n")
_RECEIPT = "x-ses-receipt"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Exceptions of the standard library's parser for malicious input.
_BREAKAGE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError)


@dataclass(frozen=True)
class ReceivedAttachment:
    """A part that is a file. `size` is in bytes. The sender chose `name`: never use it as a path."""

    name: str
    type: str
    size: int
    content: bytes = field(repr=False, metadata={"json": False})


@dataclass(frozen=True)
class ReceivedMessage:
    """A parsed message. Its methods never raise."""

    parsed: Message

    def header(self, name: str) -> str | None:
        """A header on one line, with encoded-words decoded; several of one name are joined with `; `."""
        found = [_line(str(value)) for value in self.parsed.get_all(name, [])]
        return "; ".join(found) if found else None

    def stamped(self, name: str) -> str | None:
        """A header that SES added at the top of the message; one further down is the sender's.

        The last header of SES is X-SES-RECEIPT, so headers below the first of these are not from SES.
        """
        for found, value in self.headers():
            if found.casefold() == name.casefold():
                return value
            if found.casefold() == _RECEIPT:
                return None
        return None

    def headers(self) -> list[tuple[str, str]]:
        """All headers, in order."""
        return [(name, _line(str(value))) for name, value in self.parsed.items()]

    def body(self, subtype: str) -> str | None:
        """The first text/plain or text/html part that is not an attachment."""
        for part in self._leaves():
            if _kind(part) == f"text/{subtype}" and not _is_attachment(part):
                return _text(part)
        return None

    def attachments(self) -> list[ReceivedAttachment]:
        """The parts that are files, in order."""
        found = []
        for number, part in enumerate(filter(_is_attachment, self._leaves()), 1):
            content = _content(part)
            name = _line(_quietly(part.get_filename, None) or f"attachment-{number}")
            found.append(ReceivedAttachment(name, _kind(part), len(content), content))
        return found

    def _leaves(self) -> Iterator[Message]:
        """Yield the parts without inner parts. No recursion: a message may be nested a thousand levels deep."""
        waiting = [self.parsed]
        while waiting:
            part = waiting.pop()
            if not part.is_multipart():
                yield part
                continue
            inside = part.get_payload()
            if isinstance(inside, list):
                waiting.extend(one for one in reversed(inside) if not isinstance(one, str))


def read_received(data: bytes) -> ReceivedMessage:
    """Parse a message (RFC 5322, MIME). If it is nested too deeply, only its headers are read."""
    try:
        parsed = email.message_from_bytes(data, policy=policy.compat32)
    except RecursionError:
        head = re.split(rb"\r?\n\r?\n", data, maxsplit=1)[0]
        parsed = email.message_from_bytes(head + b"\n\n", policy=policy.compat32)
    return ReceivedMessage(parsed)


def _line(text: str) -> str:
    """Unfold and decode a header; control characters, also from encoded-words, become spaces."""
    unfolded = _FOLD.sub(" ", text)
    return _CONTROL.sub(" ", _quietly(lambda: decode_words(unfolded), unfolded)).strip()


def _quietly(act: Callable[[], Value], otherwise: Value) -> Value:
    try:
        return act()
    except _BREAKAGE:
        return otherwise


def _kind(part: Message) -> str:
    return _quietly(part.get_content_type, "text/plain")


def _is_attachment(part: Message) -> bool:
    disposition = _quietly(part.get_content_disposition, None)
    named = _quietly(part.get_filename, None) is not None
    return disposition == "attachment" or named or not _kind(part).startswith("text/")


def _content(part: Message) -> bytes:
    payload = _quietly(lambda: part.get_payload(decode=True), None)
    return payload if isinstance(payload, bytes) else b""


def _text(part: Message) -> str:
    charset = _quietly(lambda: part.get_content_charset("utf-8"), "utf-8") or "utf-8"
    content = _content(part)
    return _quietly(lambda: content.decode(charset, "replace"), content.decode("utf-8", "replace"))
