"""Read one MIME part of a foreign message: nothing here raises, whatever the message contains."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sescli.mail.charsets import decode_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.mail.mime_parts import MimePart

Value = TypeVar("Value")

# Exceptions of the standard library's parser for malicious input.
_BREAKAGE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError)


def content_kind(part: MimePart) -> str:
    """The content type, such as `text/html`, in lower case."""
    return _quietly(part.structure.get_content_type, "text/plain")


def disposition(part: MimePart) -> str | None:
    """`attachment`, `inline` or another disposition in lower case; None without."""
    return _quietly(part.structure.get_content_disposition, None)


def file_name(part: MimePart) -> str | None:
    """The file name, which the sender chose; encoded-words are not decoded."""
    return _quietly(part.structure.get_filename, None)


def part_content(part: MimePart) -> bytes:
    """The bytes without the transfer encoding; none where it is broken."""
    return _quietly(part.decoded, b"")


def part_text(part: MimePart) -> str:
    """The text, with U+FFFD for bytes that are not valid; UTF-8 where the charset is not known."""
    content = part_content(part)
    charset = _quietly(lambda: part.structure.get_content_charset("utf-8"), "utf-8")
    text = decode_text(content, charset)
    return content.decode("utf-8", "replace") if text is None else text


def readable(value: str) -> str:
    """A header as `MimePart` has it, with its raw bytes read as UTF-8 and with U+FFFD for those that are not."""
    if value.isascii():
        return value
    try:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:  # halves of surrogate pairs that stand for no byte
        return value.encode("utf-8", "replace").decode()


def _quietly(act: Callable[[], Value], otherwise: Value) -> Value:
    try:
        return act()
    except _BREAKAGE:
        return otherwise
