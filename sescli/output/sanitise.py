r"""The one place that makes strings from outside safe for a terminal.

Answers of AWS and DNS, and email, can contain escape sequences that move the cursor, hide text or change its
direction (CVE-2021-42574). All text from outside goes through here before it reaches a terminal.

Invisible characters are a matter of the kind of text. In names and addresses they only deceive (`ex\u00adample.com`
looks like example.com), so they are shown as escapes. Free text such as a subject keeps them: emoji, Persian and
Indic scripts need the joiners.
"""

from __future__ import annotations

import re

# C0 and C1 controls, DEL, the line separators, and the marks that change or isolate the direction of text.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_LINE_BREAKS = re.compile(r"[\r\n\t\v\f\x1c-\x1e\x85\u2028\u2029]+")
_UNSAFE_IN_TEXT = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))
_JOINERS = "\u200c\u200d\ufe00-\ufe0f"
# The characters that no font shows (Unicode, Default_Ignorable_Code_Point), and the marks of direction.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_IN_NAME = re.compile(f"[{_INVISIBLE}{_JOINERS}]")
# In a message, a joiner after another script or an emoji is text; after an ASCII letter it is part of a name.
_IN_MESSAGE = re.compile(f"[{_INVISIBLE}]|(?:^|(?<=[\x00-\x7f]))[{_JOINERS}]", re.MULTILINE)
_HALF = re.compile("[\ud800-\udfff]")


def one_line(text: str) -> str:
    """Free text for a table cell: line breaks and tabs become spaces, controls become U+FFFD."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", _LINE_BREAKS.sub(" ", _whole(text)))


def name(text: str) -> str:
    """An address, a name or an identifier in one line: as `one_line`, and invisible characters become escapes."""
    return text if text.isascii() and text.isprintable() else one_line(_IN_NAME.sub(_escape, _whole(text)))


def message(text: str) -> str:
    """Sentences with names in them, in one or more lines: as `block`, and invisible characters become escapes.

    A joiner stays where it joins letters of another script, or emoji.
    """
    return text if text.isascii() and text.isprintable() else block(_IN_MESSAGE.sub(_escape, _whole(text)))


def block(text: str) -> str:
    """Text of several lines: newlines and tabs stay, other controls become U+FFFD."""
    return _UNSAFE_IN_TEXT.sub("\N{REPLACEMENT CHARACTER}", _whole(text).replace("\r\n", "\n"))


def escaped(json_text: str) -> str:
    r"""JSON text with the controls that JSON itself allows (C1, direction marks) written as ``\uXXXX``."""
    return _UNSAFE_IN_TEXT.sub(_escape, _whole(json_text))


def has_unsafe(text: str) -> bool:
    """Whether text contains a character that `block` would replace."""
    return _UNSAFE_IN_TEXT.search(text) is not None


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - the longest with four digits


def _whole(text: str) -> str:
    """Text that a stream can write: a half of a surrogate pair becomes an escape, as in JSON."""
    return text if text.isascii() else _HALF.sub(_escape, text)
