"""Control characters in what becomes a header: refused, also where an RFC 2047 encoded-word hides them.

`email.message.EmailMessage` refuses a plain line break but decodes and writes one from an encoded-word
(`=?utf-8?q?a=0ABcc:_x?=`), so every foreign text that reaches a header goes through here.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re

from sescli.mail.errors import InjectionError

# C0, DEL, NEL and the two Unicode separators: whatever some library takes for the end of a line.
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_ENCODED_WORD = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_NAMES = {"\r": "a carriage return", "\n": "a line break", "\0": "a NUL", "\t": "a tab"}


def refuse_controls(text: str, field: str) -> None:
    """Raise InjectionError when `text` holds a control character, plain or inside an encoded-word.

    `field` names the place in the message, as `the subject`. Half a surrogate pair is refused too: it is no
    character, and cannot be sent.
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
    """Text as a reader sees it: neighbouring encoded-words become one and are decoded."""
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
    """A piece as `decode_header` gives it: what was not encoded is text that it has escaped."""
    try:
        return data.decode(charset, "replace") if charset else data.decode("raw-unicode-escape")
    except (LookupError, UnicodeError):  # a charset that nobody knows, or that decodes nothing
        return data.decode("latin-1")


def _decoded(charset: str, encoding: str, payload: str) -> str:
    """What a reader makes of an encoded-word; a charset that nobody knows is read byte by byte."""
    raw = payload.encode("ascii", "replace")
    if encoding in "bB":
        try:
            data = base64.b64decode(raw + b"=" * (-len(raw) % 4))
        except binascii.Error:
            return "\0"  # readers differ on what broken base64 says
    else:
        data = quopri.decodestring(raw.replace(b"_", b" "), header=True)
    plain = data.decode("latin-1").replace("\x85", "")
    try:
        return plain + data.decode(charset, "replace")
    except (LookupError, UnicodeError):  # a charset that nobody knows, or that decodes nothing
        return plain
