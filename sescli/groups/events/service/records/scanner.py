"""Extract JSON values from text of any length: lines, arrays, several on a line, one over many lines.

Stores write records in different layouts. Firehose writes one per line, EventBridge through Firehose writes no
separator, and the AWS CLI prints a list over many lines. The scanner treats all of them as a sequence of JSON values
and skips brackets and commas between them. Text that is not JSON invalidates only its own line.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A record of SNS or EventBridge has at most 256 KB. A page of SQS messages or a Lambda event has many of them.
MAX_VALUE = 16 * 1024 * 1024
_CHUNK = 64 * 1024
_SEPARATORS = re.compile(r"[\s,\[\]\x1e]*")
# An error this close to the end of the buffer may come from its end, not from the text: the length of -Infinity.
_MAX_TOKEN = 10
_DECODER = json.JSONDecoder()


class JsonValue(NamedTuple):
    """A JSON object, or a string that may contain one, and the line where it starts, counted from 1."""

    line: int
    value: Any


class InvalidLine(NamedTuple):
    """A line that could not be parsed, and why."""

    line: int
    why: str


class Scanner:
    """Scans text in a buffer that moves along; `read` returns the next part, empty at the end."""

    def __init__(self, read: Callable[[int], str]) -> None:
        self._read = read
        self._text = ""
        self._at = 0
        self._line = 1

    def __iter__(self) -> Iterator[JsonValue | InvalidLine]:
        while self._to_next_value():
            found = self._value()
            yield found
            if isinstance(found, InvalidLine):
                self._skip_line()

    def _to_next_value(self) -> bool:
        """Skip what is between values; False at the end of the text."""
        while True:
            found = _SEPARATORS.match(self._text, self._at)
            self._advance(found.end() if found else self._at)
            if self._at < len(self._text):
                return True
            if not self._read_more(_CHUNK):
                return False

    def _value(self) -> JsonValue | InvalidLine:
        line = self._line
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                length = len(self._text) - self._at
                # Double the buffer, so that a long value is not parsed again for each part.
                if (
                    self._may_be_truncated(error)
                    and length <= MAX_VALUE
                    and self._read_more(max(_CHUNK, length))
                ):
                    continue
                return InvalidLine(line, f"is not JSON: {getattr(error, 'msg', error)}")
            if not isinstance(value, dict | str):
                return InvalidLine(line, "is not a JSON object")
            self._advance(end)
            return JsonValue(line, value)

    def _may_be_truncated(self, error: Exception) -> bool:
        if not isinstance(error, json.JSONDecodeError):
            return False
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _MAX_TOKEN

    def _skip_line(self) -> None:
        """Continue at the next line, with what was read ahead."""
        while (end := self._text.find("\n", self._at)) < 0:
            self._at = len(self._text)
            if not self._read_more(_CHUNK):
                return
        self._advance(end + 1)

    def _advance(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _read_more(self, size: int) -> bool:
        more = self._read(size)
        self._text = self._text[self._at :] + more
        self._at = 0
        return bool(more)
