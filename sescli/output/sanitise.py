"""The one place that makes strings from outside safe for a terminal.

Answers of AWS and DNS, and email, can contain escape sequences that move the cursor, hide text or change its
direction (CVE-2021-42574). All text from outside goes through here before it reaches a terminal.
"""

from __future__ import annotations

import re

# C0 and C1 controls, DEL, the line separators, and the marks that change or isolate the direction of text.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_LINE_BREAKS = re.compile(r"[\r\n\t\v\f\u2028\u2029]+")
_UNSAFE_IN_TEXT = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def one_line(text: str) -> str:
    """Text for a table cell or a message: line breaks and tabs become spaces, controls become U+FFFD."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", _LINE_BREAKS.sub(" ", text))


def block(text: str) -> str:
    """Text of several lines: newlines and tabs stay, other controls become U+FFFD."""
    return _UNSAFE_IN_TEXT.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def escaped(json_text: str) -> str:
    r"""JSON text with the controls that JSON itself allows (C1, direction marks) written as ``\uXXXX``."""
    return _UNSAFE_IN_TEXT.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text)


def has_unsafe(text: str) -> bool:
    """Whether text contains a character that `block` would replace."""
    return _UNSAFE_IN_TEXT.search(text) is not None
