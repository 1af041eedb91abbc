"""Refuse control characters in text for headers, also inside an RFC 2047 encoded-word.

`email.message.EmailMessage` refuses a plain line break but decodes one from an encoded-word
(`=?utf-8?q?a=0ABcc:_x?=`) and writes it, so all text from outside goes through here before it becomes a header.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re

from sescli.mail.errors import InjectionError

# C0, DEL, NEL and the two Unicode separators: each is a line end for some library.
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_ENCODED_WORD = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_NAMES = {"\r": "a carriage return", "\n": "a line break", "\0": "a NUL", "\t": "a tab"}


def refuse_controls(text: str, field: str) -> None:
    """Raise `InjectionError` if `text` contains a control character, plain or inside an encoded-word.

    `field` names the part of the message, such as `the subject`. Half a surrogate pair is refused too, because it
    is not a character and cannot be sent.
    """
    if text.isascii() and text.isprintable() and "=?" not in text:
        return
    if found := _CONTROL.search(text):
        raise InjectionError(field, _NAMES.get(found[0], f"the control character U+{ord(found[0]):04X}"))
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise InjectionError(field, "half a surrogate pair")
    for word in _ENCODED_WORD.finditer(text):
        if _CONTROL.search(_decoded(*word.groups())):
            raise InjectionError(field, f"a control character hidden in the encoded-word {word[0]}")
    if _CONTROL.search(decode_words(text)):
        raise InjectionError(field, "a control character spread over two encoded-words")


def decode_words(text: str) -> str:
    """Decode encoded-words as a mail reader does: adjacent ones are joined first."""
    if not _ENCODED_WORD.search(text):
        return text
    from email.errors import HeaderParseError
    from email.header import decode_header

    try:
        pieces = decode_header(text)
    except HeaderParseError:
        return text
    return "".join(piece if isinstance(piece, str) else _piece(piece, charset) for piece, charset in pieces)


def _piece(data: bytes, charset: str | None) -> str:
    """Decode a piece of `decode_header`, which escapes text that was not encoded."""
    try:
        return data.decode(charset, "replace") if charset else data.decode("raw-unicode-escape")
    except (LookupError, UnicodeError):  # an unknown charset, or one that does not decode text
        return data.decode("latin-1")


def _decoded(charset: str, encoding: str, payload: str) -> str:
    """The possible meanings of an encoded-word; an unknown charset is read byte by byte."""
    raw = payload.encode("ascii", "replace")
    if encoding in "bB":
        try:
            data = base64.b64decode(raw + b"=" * (-len(raw) % 4))
        except binascii.Error:
            return "\0"  # mail readers differ in how they decode broken base64
    else:
        data = quopri.decodestring(raw.replace(b"_", b" "), header=True)
    plain = data.decode("latin-1").replace("\x85", "")
    try:
        return plain + data.decode(charset, "replace")
    except (LookupError, UnicodeError):  # an unknown charset, or one that does not decode text
        return plain
