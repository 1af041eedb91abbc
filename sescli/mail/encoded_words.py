"""Read RFC 2047 encoded-words (`=?utf-8?q?J=C3=BCrgen?=`) in linear time, as lenient mail readers do.

`email.header.decode_header` takes quadratic time for many words: 3 MB of them take hours.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from typing import TYPE_CHECKING, NamedTuple

from sescli.mail.charsets import decode_text

if TYPE_CHECKING:
    from collections.abc import Iterator

# More lenient than RFC 2047, because mail readers are: the charset may be empty or contain a space.
_HEAD = re.compile(r"=\?([^?]*)\?([bBqQ])\?")
_END = "?="
_SPACE = re.compile(r"[ \t\r\n]*")


class EncodedWord(NamedTuple):
    """An encoded-word and its position. The payload may contain `?`, because some mail readers accept that."""

    start: int
    end: int
    charset: str
    encoding: str
    payload: str

    @property
    def data(self) -> bytes | None:
        """The bytes that it encodes; None for broken base64, which mail readers decode differently."""
        raw = self.payload.encode("ascii", "replace")
        if self.encoding in "qQ":
            return quopri.decodestring(raw.replace(b"_", b" "), header=True)
        try:
            return base64.b64decode(raw + b"=" * (-len(raw) % 4))
        except binascii.Error:
            return None


def encoded_words(text: str) -> Iterator[EncodedWord]:
    """The encoded-words of a text, in order."""
    start = 0
    while (head := _HEAD.search(text, start)) is not None:
        end = text.find(_END, head.end())
        if end < 0:
            return
        charset = head[1].partition("*")[0]  # RFC 2231: charset*language
        yield EncodedWord(head.start(), end + len(_END), charset, head[2], text[head.end() : end])
        start = end + len(_END)


def decode_words(text: str) -> str:
    """Decode encoded-words as a mail reader does: adjacent ones are joined first. Broken base64 stays as it is."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    joined: list[bytes] = []
    charset, end = "", 0
    for word in encoded_words(text):
        data = word.data
        if data is None:
            continue
        between = text[end : word.start]
        is_adjacent = bool(joined) and _SPACE.fullmatch(between) is not None
        if joined and not (is_adjacent and word.charset.casefold() == charset):
            pieces.append(decoded_bytes(b"".join(joined), charset))
            joined = []
        if not is_adjacent:
            pieces.append(between)
        joined.append(data)
        charset, end = word.charset.casefold(), word.end
    if joined:
        pieces.append(decoded_bytes(b"".join(joined), charset))
    return "".join((*pieces, text[end:]))


def decoded_bytes(data: bytes, charset: str) -> str:
    """The text of encoded-words; an unknown charset is read byte by byte."""
    text = decode_text(data, charset)
    return data.decode("latin-1") if text is None else text
