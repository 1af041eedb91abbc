"""Validates request values against the service model: types, required members, enumerations, lengths, patterns.

botocore does not check most of this (docs/ses-behavior.md#client-side-checks), and SES answers with a validation
error. A server that accepted such values would hide errors. Readers are compiled once per shape.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import ValidationFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Reader = Callable[[Any, str], Any]

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON's escapes can write it, UTF-8 cannot
_TRUE = {"true", True}
_FALSE = {"false", False}


def lower_first(name: str) -> str:
    """SES's messages write member names with a lower-case first letter."""
    return name[:1].lower() + name[1:]


def constraint_fault(where: str, value: object, constraint: str) -> ValidationFault:
    shown = "null" if value is None else f"'{value}'"
    return ValidationFault(
        f"1 validation error detected: Value {shown} at '{where}' failed to satisfy constraint: {constraint}"
    )


class Shapes:
    """The readers of one service. With `text`, scalars and lists are Query text instead of JSON."""

    def __init__(self, model: Mapping[str, Any], *, text: bool) -> None:
        self._shapes: Mapping[str, Any] = model["shapes"]
        self._text = text
        self._readers: dict[str, Reader] = {}

    def reader(self, name: str) -> Reader:
        if name not in self._readers:
            self._readers[name] = self._compile(self._shapes[name])
        return self._readers[name]

    def _compile(self, shape: Mapping[str, Any]) -> Reader:
        maker = {
            "structure": self._structure,
            "list": self._list,
            "map": self._map,
            "string": self._string,
            "boolean": self._boolean,
            "timestamp": self._timestamp,
            "blob": self._blob,
        }.get(shape["type"], self._number)
        return maker(shape)

    def _structure(self, shape: Mapping[str, Any]) -> Reader:
        members = {
            name: (self.reader(ref["shape"]), lower_first(name)) for name, ref in shape["members"].items()
        }
        required = shape.get("required", ())

        def read(value: Any, where: str) -> dict[str, Any]:
            if not isinstance(value, dict):
                if self._text and value == "":
                    value = {}
                else:
                    raise constraint_fault(where, value, "Member must be a structure")
            prefix = f"{where}." if where else ""
            result = {}
            for name, item in value.items():
                if item is not None and name in members:
                    member, shown = members[name]
                    result[name] = member(item, prefix + shown)
            for name in required:
                if name not in result:
                    raise constraint_fault(prefix + lower_first(name), None, "Member must not be null")
            return result

        return read

    def _list(self, shape: Mapping[str, Any]) -> Reader:
        member = self.reader(shape["member"]["shape"])
        minimum, maximum = shape.get("min"), shape.get("max")

        def read(value: Any, where: str) -> list[Any]:
            items = _text_list(value) if self._text else value
            if not isinstance(items, list):
                raise constraint_fault(where, value, "Member must be a list")
            _check_size(where, value, len(items), minimum, maximum)
            return [member(item, f"{where}.{n}.member") for n, item in enumerate(items, 1)]

        return read

    def _map(self, shape: Mapping[str, Any]) -> Reader:
        key, item = self.reader(shape["key"]["shape"]), self.reader(shape["value"]["shape"])

        def read(value: Any, where: str) -> dict[str, Any]:
            if not isinstance(value, dict):
                raise constraint_fault(where, value, "Member must be a map")
            return {key(k, where): item(v, f"{where}.{k}.member") for k, v in value.items()}

        return read

    def _string(self, shape: Mapping[str, Any]) -> Reader:
        enum, pattern = shape.get("enum"), shape.get("pattern")
        minimum, maximum = shape.get("min"), shape.get("max")
        matches = re.compile(pattern).fullmatch if pattern else None

        def read(value: Any, where: str) -> str:
            if not isinstance(value, str):
                raise constraint_fault(where, value, "Member must be a string")
            if not value.isascii() and _LONE_SURROGATE.search(value):
                raise constraint_fault(where, ascii(value), "Member must be Unicode text")
            if enum and value not in enum:
                raise constraint_fault(
                    where, value, f"Member must satisfy enum value set: [{', '.join(sorted(enum))}]"
                )
            if minimum is not None or maximum is not None:
                _check_size(where, value, len(value), minimum, maximum)
            if matches is not None and matches(value) is None:
                raise constraint_fault(
                    where, value, f"Member must satisfy regular expression pattern: {pattern}"
                )
            return value

        return read

    def _boolean(self, _shape: Mapping[str, Any]) -> Reader:
        def read(value: Any, where: str) -> bool:
            if isinstance(value, bool | str) and value in _TRUE:
                return True
            if isinstance(value, bool | str) and value in _FALSE:
                return False
            raise constraint_fault(where, value, "Member must be a boolean")

        return read

    def _number(self, shape: Mapping[str, Any]) -> Reader:
        whole = shape["type"] in {"integer", "long"}
        minimum, maximum = shape.get("min"), shape.get("max")

        def read(value: Any, where: str) -> int | float:
            try:
                number: int | float = int(value) if whole else float(value)
            except (TypeError, ValueError) as error:
                raise constraint_fault(where, value, "Member must be a number") from error
            if minimum is not None and number < minimum:
                raise constraint_fault(
                    where, value, f"Member must have value greater than or equal to {minimum}"
                )
            if maximum is not None and number > maximum:
                raise constraint_fault(
                    where, value, f"Member must have value less than or equal to {maximum}"
                )
            return number

        return read

    def _timestamp(self, _shape: Mapping[str, Any]) -> Reader:
        def read(value: Any, where: str) -> float:
            """Return seconds since 1970. Accepts a number or ISO 8601 text."""
            try:
                if isinstance(value, int | float):
                    return float(value)
                moment = datetime.fromisoformat(value)
            except (TypeError, ValueError) as error:
                raise constraint_fault(where, value, "Member must be a timestamp") from error
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

        return read

    def _blob(self, _shape: Mapping[str, Any]) -> Reader:
        def read(value: Any, where: str) -> bytes:
            try:
                return base64.b64decode(value, validate=True)
            except (TypeError, ValueError, binascii.Error) as error:
                raise constraint_fault(where, "(binary)", "Member must be base64") from error

        return read


def _text_list(value: Any) -> list[Any]:
    """Read a list. Query writes it as `member.1`, `member.2`, …, and an empty list as an empty string."""
    if value == "" or not isinstance(value, dict):
        return []
    members = value.get("member", {})
    if not isinstance(members, dict):
        return []
    return [members[key] for key in sorted(members, key=lambda k: int(k) if k.isdecimal() else 0)]


def _check_size(where: str, value: object, length: int, minimum: int | None, maximum: int | None) -> None:
    if minimum is not None and length < minimum:
        raise constraint_fault(where, value, f"Member must have length greater than or equal to {minimum}")
    if maximum is not None and length > maximum:
        shown = value if length <= 200 else "(long)"  # noqa: PLR2004  keeps the error message readable
        raise constraint_fault(where, shown, f"Member must have length less than or equal to {maximum}")
