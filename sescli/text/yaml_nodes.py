"""Read YAML safely and with positions.

`yaml.safe_load` is not used: it expands aliases (a kilobyte can become a gigabyte), loses the position of a value,
keeps the last of two equal keys without an error, and changes `no`, `010` and `12:30` into other values. This module
reads the events of the parser instead: no aliases, anchors or tags; limited depth, nodes and size; duplicate keys are
an error; unquoted words have the meaning of YAML 1.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

import yaml

from sescli.errors import InputFileError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_BYTES = 8 * 1024 * 1024
MAX_NODES = 500_000
MAX_DEPTH = 24

# The core schema of YAML 1.2 without octal and hexadecimal: 010 and 0x1F may be order numbers.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Spot:
    """Line and column of a node, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; `plain` means that it has no quotes."""

    spot: Spot
    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    spot: Spot
    items: list[Node]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values; `key_spots` has the position of each key."""

    spot: Spot
    items: dict[str, Node] = field(default_factory=dict)
    key_spots: dict[str, Spot] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


def read_document(stream: TextIO, file: str) -> Node:
    """Read the one document of a YAML file of at most `MAX_BYTES` characters.

    Raises `InputFileError` with line and column.
    """
    text = stream.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise InputFileError(
            f"is larger than {MAX_BYTES // 1024 // 1024} MiB",
            place=Place(file),
        )
    builder = _Builder(text, file, node_limit=MAX_NODES)
    return builder.document()


def stream_items(stream: TextIO, file: str, *, nodes_per_item: int = 10_000) -> Iterator[Node]:
    """Yield the items of a YAML list one by one, without keeping the list in memory.

    Raises `InputFileError` if the file is not a list.
    """
    builder = _Builder(stream, file, node_limit=nodes_per_item)
    yield from builder.items()


def plain(node: Node, *, keep_text: bool = False) -> Any:
    """The node as Python values.

    With `keep_text`, a number that would be written in another way (99.90, 1e3) stays text, so that a message shows
    it as it is written in the file.
    """
    if isinstance(node, Scalar):
        return _resolve(node, keep_text=keep_text)
    if isinstance(node, Sequence):
        return [plain(item, keep_text=keep_text) for item in node.items]
    return {key: plain(item, keep_text=keep_text) for key, item in node.items.items()}


def _resolve(node: Scalar, *, keep_text: bool) -> Any:
    if not node.plain:
        return node.text
    if node.text in _WORDS:
        return _WORDS[node.text]
    if _INTEGER.fullmatch(node.text):
        return int(node.text)
    if _FLOAT.fullmatch(node.text):
        number = float(node.text)
        return node.text if keep_text and repr(number) != node.text else number
    return node.text


class _Builder:
    """Builds nodes from the events of the parser, within the limits."""

    def __init__(self, source: str | TextIO, file: str, *, node_limit: int) -> None:
        self._file = file
        self._node_limit = node_limit
        self._nodes = 0
        self._source = source
        self._events = iter(yaml.parse(source, Loader=_LOADER))

    def document(self) -> Node:
        self._expect(yaml.StreamStartEvent)
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            raise self._fault("is empty", None)
        root = self._build(self._next(), 0)
        self._expect(yaml.DocumentEndEvent)
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._fault("contains a second YAML document", _spot(event))
        return root

    def items(self) -> Iterator[Node]:
        self._expect(yaml.StreamStartEvent)
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise self._fault("is empty", None)
        event = self._next()
        if not isinstance(event, yaml.SequenceStartEvent):
            raise self._fault("must be a list", _spot(event))
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            self._nodes = 0
            yield self._build(event, 1)

    def _next(self) -> Any:
        try:
            return next(self._events)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            spot = Spot(mark.line + 1, mark.column + 1) if mark else None
            raise self._fault(f"is not valid YAML: {error.problem}", spot) from error
        except yaml.reader.ReaderError as error:
            raise self._fault(f"is not valid YAML: {error.reason}", self._spot_at(error.position)) from error

    def _spot_at(self, position: int) -> Spot | None:
        # The reader counts bytes of UTF-8 and has no line number.
        if not isinstance(self._source, str):
            return None
        before = self._source.encode()[:position].decode(errors="replace")
        return Spot(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)

    def _expect(self, kind: type) -> None:
        event = self._next()
        if not isinstance(event, kind):
            raise self._fault("is not one YAML document", _spot(event))

    def _build(self, event: Any, depth: int) -> Node:
        self._check_bounds(event, depth)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(_spot(event), event.value, event.implicit[0])
        if isinstance(event, yaml.SequenceStartEvent):
            sequence = Sequence(_spot(event), [])
            while not isinstance(child := self._next(), yaml.SequenceEndEvent):
                sequence.items.append(self._build(child, depth + 1))
            return sequence
        mapping = Mapping(_spot(event))
        while not isinstance(child := self._next(), yaml.MappingEndEvent):
            self._add_pair(mapping, child, depth)
        return mapping

    def _add_pair(self, mapping: Mapping, event: Any, depth: int) -> None:
        key = self._build(event, depth + 1)
        if not isinstance(key, Scalar):
            raise self._fault("a key must be a word, not a list or mapping", key.spot)
        if key.text in mapping.items:
            first = mapping.key_spots[key.text].line
            raise self._fault(f"the key is given twice (first on line {first})", key.spot, key.text)
        mapping.items[key.text] = self._build(self._next(), depth + 1)
        mapping.key_spots[key.text] = key.spot

    def _check_bounds(self, event: Any, depth: int) -> None:
        self._nodes += 1
        spot = _spot(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._fault("anchors (&) and aliases (*) are not supported: repeat the value", spot)
        if getattr(event, "tag", None):
            raise self._fault("YAML tags (!) are not supported: put the text in quotes", spot)
        if depth > MAX_DEPTH:
            raise self._fault(f"is nested deeper than {MAX_DEPTH} levels", spot)
        if self._nodes > self._node_limit:
            raise self._fault(f"has more than {self._node_limit:,} values", spot)

    def _fault(self, message: str, spot: Spot | None, key: str | None = None) -> InputFileError:
        place = Place(self._file, spot.line, spot.column, key) if spot else Place(self._file, key=key)
        return InputFileError(message, place=place)


def _spot(event: Any) -> Spot:
    return Spot(event.start_mark.line + 1, event.start_mark.column + 1)
