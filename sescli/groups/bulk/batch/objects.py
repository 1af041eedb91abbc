"""Reads recipients from JSON lines, a JSON array (the AWS CLI's destinations.json), YAML, or the batch file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sescli.groups.bulk.batch.recipients import SourceRow, UnreadableRow, from_object
from sescli.text.structured import EXACT_JSON, InvalidJsonError, json_problem
from sescli.text.yaml_nodes import plain, stream_items

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from sescli.groups.bulk.model.spec import Columns, InlineRecipients
    from sescli.text.utf8 import Utf8Source

_MAX_ITEM = 1024 * 1024
_SPACE = re.compile(r"[ \t\r\n]*")


def read_json_lines(source: Utf8Source, columns: Columns) -> Iterator[SourceRow]:
    """One object per line; a line that is not JSON is an invalid row, and reading continues."""
    number = 0
    for line in source.lines():
        if not line.strip():
            continue
        number += 1
        try:
            value = EXACT_JSON.decode(line)
        except (ValueError, RecursionError) as error:
            yield UnreadableRow(number, source.line, "", "NotJson", f"is not JSON: {_reason(error)}")
            continue
        yield from_object(value, number, source.line, columns)


def _reason(error: ValueError | RecursionError) -> str:
    return str(error) if isinstance(error, json.JSONDecodeError) else json_problem(error)


def read_json_array(source: Utf8Source, columns: Columns) -> Iterator[SourceRow]:
    """The items of one JSON array, one by one; the array is never in memory."""
    scanner = _ArrayScanner(source)
    for number, (line, value) in enumerate(scanner.items(), 1):
        yield from_object(value, number, line, columns)


class _ArrayScanner:
    """Reads the items of a JSON array from a window of its text."""

    def __init__(self, source: Utf8Source) -> None:
        self._source = source
        self._text = ""
        self._at = 0
        self._line = 1

    def items(self) -> Iterator[tuple[int, Any]]:
        if self._peek() != "[":
            raise self._error("is empty" if not self._peek() else "is not a JSON list of recipients")
        self._step()
        if self._peek() != "]":
            yield self._item()
            while self._peek() == ",":
                self._step()
                yield self._item()
            if self._peek() != "]":
                raise self._error("is not valid JSON: expected ',' or ']'")
        self._step()
        if self._peek():
            raise self._error("has text after the end of the list")

    def _peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        skipped = 0
        while True:
            end = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr] # it matches everywhere
            self._line += self._text.count("\n", self._at, end)
            skipped, self._at = skipped + end - self._at, end
            if skipped > _MAX_ITEM:
                raise self._error("has more than 1 MiB of white space in one place")
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def _step(self) -> None:
        self._line += self._text[self._at] == "\n"
        self._at += 1

    def _more(self) -> bool:
        self._text = self._text[self._at :]
        self._at = 0
        more = self._source.read()
        self._text += more
        return bool(more)

    def _item(self) -> tuple[int, Any]:
        self._peek()
        line = self._line
        while True:
            try:
                value, end = EXACT_JSON.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                # The window may end inside the item.
                is_final = isinstance(error, InvalidJsonError | RecursionError)
                if is_final or len(self._text) - self._at > _MAX_ITEM or not self._more():
                    raise self._invalid(error) from error
                continue
            self._line += self._text.count("\n", self._at, end)
            self._at = end
            return line, value

    def _invalid(self, error: ValueError | RecursionError) -> Exception:
        if isinstance(error, json.JSONDecodeError):
            self._line += self._text.count("\n", self._at, error.pos)
            return self._error(f"is not valid JSON: {error.msg}", column=error.colno)
        return self._error(f"is not valid JSON: {json_problem(error)}")

    def _error(self, message: str, column: int | None = None) -> Exception:
        self._source.line = self._line
        return self._source.fault(message, column=column)


def read_yaml(source: Utf8Source, name: str, columns: Columns) -> Iterator[SourceRow]:
    """The items of a YAML list."""
    stream: TextIO = source  # type: ignore[assignment] # the parser only calls read()
    for number, node in enumerate(stream_items(stream, name), 1):
        yield from_object(plain(node, keep_text=True), number, node.spot.line, columns)


def read_inline(recipients: InlineRecipients, columns: Columns) -> Iterator[SourceRow]:
    """The recipients listed in the batch file."""
    for number, node in enumerate(recipients.nodes.items, 1):
        yield from_object(plain(node, keep_text=True), number, node.spot.line, columns)
