"""Read received messages leniently: their senders may be attackers, so no content may raise an error or take long.

Text that cannot be decoded gets replacement characters; parts that cannot be parsed are left out. Headers are cut after
10,000 characters, 2,000 headers and 1,000 parts are read, and parts inside parts up to 50 levels deep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sescli.mail.encoded_words import decode_words
from sescli.mail.mime_parts import parse_mime
from sescli.mail.part_content import content_kind, disposition, file_name, part_content, part_text, readable

if TYPE_CHECKING:
    from sescli.mail.mime_parts import MimePart

_FOLD = re.compile(r"\r?\n[ \t]+|\r\n|\r|\n")
_RECEIPT = "x-ses-receipt"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MAX_LINE = 10_000  # characters of a header
_MAX_ENCODED = 10 * _MAX_LINE  # characters of a header that are decoded
_MAX_REPEATED = 100  # headers of one name


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

    root: MimePart

    def header(self, name: str) -> str | None:
        """A header on one line, with encoded-words decoded; several of one name are joined with `; `."""
        found = [_line(value) for value in self.root.values(name)[:_MAX_REPEATED]]
        return _cut("; ".join(found)) if found else None

    def stamped(self, name: str) -> str | None:
        """A header that SES added at the top of the message; one further down is the sender's.

        The last header of SES is X-SES-RECEIPT, so headers below the first of these are not from SES.
        """
        for found, value in self.root.fields:
            if found.casefold() == name.casefold():
                return _line(value)
            if found.casefold() == _RECEIPT:
                return None
        return None

    def headers(self) -> list[tuple[str, str]]:
        """All headers, in order."""
        return [(_cut(name), _line(value)) for name, value in self.root.fields]

    def body(self, subtype: str) -> str | None:
        """The first text/plain or text/html part that is not an attachment."""
        for part in self.root.leaves():
            if content_kind(part) == f"text/{subtype}" and not _is_attachment(part):
                return part_text(part)
        return None

    def attachments(self) -> list[ReceivedAttachment]:
        """The parts that are files, in order."""
        found = []
        for number, part in enumerate(filter(_is_attachment, self.root.leaves()), 1):
            content = part_content(part)
            name = _line(file_name(part) or f"attachment-{number}")
            found.append(ReceivedAttachment(name, content_kind(part), len(content), content))
        return found


def read_received(data: bytes) -> ReceivedMessage:
    """Parse a message (RFC 5322, MIME)."""
    return ReceivedMessage(parse_mime(data).root)


def _line(text: str) -> str:
    """Unfold and decode a header; control characters, also from encoded-words, become spaces."""
    unfolded = _FOLD.sub(" ", readable(text[:_MAX_ENCODED]))
    return _cut(_CONTROL.sub(" ", decode_words(unfolded)).strip())


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_LINE else f"{text[:_MAX_LINE]}…"


def _is_attachment(part: MimePart) -> bool:
    kind = disposition(part)
    return kind == "attachment" or file_name(part) is not None or not content_kind(part).startswith("text/")
