"""Definition files of SES resources: JSON or YAML, with the names of API v1, API v2 or `-o json`.

Errors have line, column and key.
"""

from __future__ import annotations

import difflib
import io
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.errors import InputFileError, Place, UsageError
from sescli.text.structured import InvalidJsonError, is_json, parse_json
from sescli.text.yaml_nodes import Mapping as MappingNode
from sescli.text.yaml_nodes import Sequence as SequenceNode
from sescli.text.yaml_nodes import Spot, plain, read_document

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sescli.advice import Hint
    from sescli.text.yaml_nodes import Node

# JSON is YAML except for these: a character beyond U+FFFF as two escapes, tabs between parts (for the parser in
# Python), control characters that JSON allows, and line ends that only YAML counts. Values come from JSON and only
# positions from YAML, so each is replaced by characters of the same length.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_NOT_IN_YAML = re.compile("[\t\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_KINDS = {str: "a text", bool: "true or false", dict: "an object", list: "a list", int: "a whole number"}


@dataclass(frozen=True)
class Definition:
    """A part of a file: its value and its position. The complete file is a part too."""

    file: str
    value: Any
    node: Node
    spot: Spot
    key: str = ""

    def fault(self, message: str, *, hint: Hint | None = None) -> InputFileError:
        """An error at this place."""
        place = Place(self.file, self.spot.line, self.spot.column, self.key or None)
        return InputFileError(message, place=place, hint=hint)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn a `UsageError` in the block into an error at this place."""
        try:
            yield
        except InputFileError:
            raise
        except UsageError as error:
            raise self.fault(error.message, hint=error.hint) from error

    def a(self, kind: type) -> Any:
        """The value, which must be of this type. Raises `InputFileError`."""
        exact = isinstance(self.value, kind) and (kind is bool or not isinstance(self.value, bool))
        if not exact:
            raise self.fault(f"must be {_KINDS[kind]}")
        return self.value

    def items(self) -> list[Definition]:
        """The parts of a list."""
        self.a(list)
        nodes = self.node.items if isinstance(self.node, SequenceNode) else [self.node] * len(self.value)
        return [
            Definition(self.file, value, node, node.spot, f"{self.key}[{number}]")
            for number, (value, node) in enumerate(zip(self.value, nodes, strict=True))
        ]

    def members(self, known: Collection[str]) -> dict[str, Definition]:
        """The parts of an object, by the names in `known`; null means absent.

        The file may use the names of API v1 (TopicARN), of v2 (TopicArn) or snake_case (topic_arn). Raises
        `InputFileError` for a name that is not known.
        """
        self.a(dict)
        spelt = {_squeezed(name): name for name in known}
        found: dict[str, Definition] = {}
        for given in self.value:
            name = spelt.get(_squeezed(given))
            member = self._member(given)
            if name is None:
                raise member.fault("unknown key", hint=_closest(given, known))
            if name in found:
                raise member.fault(f"is the same key as {found[name].key}, spelled differently")
            if member.value is not None:
                found[name] = member
        return found

    def required(self, known: Collection[str]) -> dict[str, Definition]:
        """The parts of an object as in `members`; raises `InputFileError` if one is missing."""
        found = self.members(known)
        missing = [name for name in known if name not in found]
        if missing:
            raise self.fault(f"lacks {' and '.join(missing)}")
        return found

    def _member(self, name: str) -> Definition:
        key = f"{self.key}.{name}" if self.key else name
        found = self.node.items.get(name) if isinstance(self.node, MappingNode) else None
        if not isinstance(self.node, MappingNode) or found is None:  # a name with a replaced character
            return Definition(self.file, self.value[name], self.node, self.spot, key)
        return Definition(self.file, self.value[name], found, self.node.key_spots[name], key)


def parse(text: str, file: str) -> Definition:
    """Read the one object in a JSON or YAML file. Raises `InputFileError` with line and column.

    YAML may not contain aliases, tags or duplicate keys, and is limited in size and depth.
    """
    if not text.strip():
        raise InputFileError("is empty", place=Place(file))
    value = _parse_json(text, file) if is_json(text, file) else None
    node = read_document(io.StringIO(text), file) if value is None else _places(text, file)
    whole = Definition(file, plain(node) if value is None else value, node, node.spot)
    if not isinstance(node, MappingNode):
        raise whole.fault("must contain one object")
    return whole


def _parse_json(text: str, file: str) -> Any:
    """The value of a JSON text. The error for a duplicate key has its line if YAML can read the text."""
    try:
        return parse_json(text, file)
    except InputFileError as error:
        if isinstance(error.__cause__, InvalidJsonError):
            _places(text, file)
        raise


def _places(json_text: str, file: str) -> Node:
    """The positions in a JSON text. If replaced characters make two keys equal, only the first position."""
    text = _SURROGATE.sub(r"\\u0041", _NOT_IN_YAML.sub(" ", json_text))
    try:
        return read_document(io.StringIO(text), file)
    except InputFileError:
        if text == json_text:
            raise
        return MappingNode(Spot(1, 1))


def _squeezed(name: str) -> str:
    return re.sub(r"[-_]", "", name).lower()


def _closest(given: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(given, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known keys: {', '.join(known)}"
