"""Refuse control characters in text for headers, also inside an RFC 2047 encoded-word.

`email.message.EmailMessage` refuses a plain line break but decodes one from an encoded-word
(`=?utf-8?q?a=0ABcc:_x?=`) and writes it, so all text from outside goes through here before it becomes a header.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sescli.mail.charsets import decode_text
from sescli.mail.encoded_words import decode_words, encoded_words
from sescli.mail.errors import InjectionError, shortened

if TYPE_CHECKING:
    from sescli.mail.encoded_words import EncodedWord

# C0, DEL, NEL and the two Unicode separators: each is a line end for some library.
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# A line break or NUL that a reader with other rules for the end of an encoded-word would decode.
_QUOTED_HEAD = re.compile(r"=\?[^?]*\?[qQ]\?")
_QUOTED_BREAK = re.compile(r"=0[0aAdD]")
# ISO 2022 switches between character sets with these, so they are part of Japanese, Korean and Chinese text.
_SHIFTS = str.maketrans("", "", "\x0e\x0f\x1b")
_NAMES = {
    "\r": "a carriage return",
    "\n": "a line break",
    "\0": "a NUL",
    "\t": "a tab",
    "\v": "a vertical tab",
    "\f": "a form feed",
}
# Programs that forward a message may decode a header again.
_MAX_ROUNDS = 3


def refuse_controls(text: str, field: str) -> None:
    """Raise `InjectionError` if `text` contains a control character, plain or inside an encoded-word.

    `field` names the part of the message, such as `the subject`. Half a surrogate pair is refused too, because it
    is not a character and cannot be sent.
    """
    if text.isascii() and text.isprintable() and "=?" not in text:
        return
    if found := _CONTROL.search(text):
        raise InjectionError(field, control_name(found[0]))
    if _SURROGATE.search(text):
        raise InjectionError(field, "half a surrogate pair")
    if "=?" in text:
        _refuse_hidden(text, field)


def control_name(char: str) -> str:
    """How messages name a control character."""
    return _NAMES.get(char, f"the control character U+{ord(char):04X}")


def _refuse_hidden(text: str, field: str) -> None:
    for _ in range(_MAX_ROUNDS):
        for word in encoded_words(text):
            if _hides_control(word):
                shown = shortened(text[word.start : word.end])
                raise InjectionError(field, f"a control character hidden in the encoded-word {shown}")
        decoded = decode_words(text)
        if _CONTROL.search(decoded):
            raise InjectionError(field, "a control character spread over two encoded-words")
        if _has_loose_break(text):
            raise InjectionError(field, "a control character behind the start of an encoded-word")
        if decoded == text or "=?" not in decoded:
            return
        text = decoded
    raise InjectionError(field, "encoded-words inside encoded-words")


def _has_loose_break(text: str) -> bool:
    head = _QUOTED_HEAD.search(text)
    return head is not None and _QUOTED_BREAK.search(text, head.end()) is not None


def _hides_control(word: EncodedWord) -> bool:
    """Whether a possible meaning of the word contains a control character: in its charset, or byte by byte."""
    data = word.data
    if data is None:
        return True  # mail readers differ in how they decode broken base64
    charset = word.charset.casefold()
    plain = data.decode("latin-1").replace("\x85", "")
    if charset.startswith("iso-2022-"):
        plain = plain.translate(_SHIFTS)
    return _CONTROL.search(plain + (decode_text(data, charset) or "")) is not None
