"""Rows of a recipients source, before they are checked."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sescli.text.structured import STRICT_JSON, json_problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sescli.groups.bulk.model.spec import Columns

# The columns that can be the address if the batch file names none.
ADDRESS_COLUMNS = ("to", "email")
_MAX_NAMES = 12  # in a message
_INLINE_KEYS = frozenset({"to", "cc", "bcc", "id", "data", "tags"})


class RecipientRow(NamedTuple):
    """A row of a batch. `row` counts from 1; `line` is its line in the file."""

    row: int
    line: int | None
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    id: str | None = None
    data: Mapping[str, Any] = {}
    tags: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}


class UnreadableRow(NamedTuple):
    """A row that is not a recipient; nothing is sent for it."""

    row: int
    line: int | None
    to: str
    code: str
    reason: str


SourceRow = RecipientRow | UnreadableRow


def from_object(value: Any, row: int, line: int | None, columns: Columns) -> SourceRow:
    """Read a recipient from a JSON or YAML object in one of three forms.

    The form of the batch file (`to`, `data`, …), flat columns, or an entry of the AWS CLI's `--destinations`
    (`Destination`, `ReplacementTemplateData`) and of SES API v2 (`ReplacementEmailContent`).
    """
    if not isinstance(value, dict):
        return UnreadableRow(row, line, "", "NotAnObject", "is not an object with keys")
    try:
        if "Destination" in value:
            return _from_destination(value, row, line)
        if value.keys() <= _INLINE_KEYS and isinstance(value.get("data", {}), dict):
            return _from_inline(value, row, line)
        return _from_columns(value, row, line, columns)
    except _InvalidRecipientError as error:
        return UnreadableRow(row, line, _address_of(value), "BadShape", str(error))


class _InvalidRecipientError(ValueError):
    """A value of the wrong type in a recipient."""


def _address_of(value: Mapping[str, Any]) -> str:
    """The address of a recipient that cannot be read, for error messages."""
    return next((str(value[key]) for key in ADDRESS_COLUMNS if key in value), "")


def _from_inline(value: dict[str, Any], row: int, line: int | None) -> RecipientRow:
    return RecipientRow(
        row,
        line,
        to=_addresses(value.get("to"), "to"),
        cc=_addresses(value.get("cc"), "cc"),
        bcc=_addresses(value.get("bcc"), "bcc"),
        id=_text(value.get("id")),
        data=value.get("data", {}),
        tags=_strings(value.get("tags", {}), "tags"),
    )


def _from_columns(value: dict[str, Any], row: int, line: int | None, columns: Columns) -> SourceRow:
    to = columns.to or next((name for name in ADDRESS_COLUMNS if name in value), None)
    if to is None or to not in value:
        return UnreadableRow(row, line, "", "MissingColumn", f"has no '{columns.to or 'to'}'")
    used = columns.used | {to}
    data = (
        {key: item for key, item in value.items() if columns.is_data(key, used)}
        if columns.data is None
        else {name: value[column] for name, column in columns.data.items() if column in value}
    )
    return RecipientRow(
        row,
        line,
        to=_addresses(value[to], to),
        cc=_addresses(value.get(columns.cc or ""), "cc"),
        bcc=_addresses(value.get(columns.bcc or ""), "bcc"),
        id=_text(value.get(columns.id or "")),
        data=data,
        tags={name: str(value[column]) for name, column in columns.tags.items() if column in value},
    )


def _from_destination(value: dict[str, Any], row: int, line: int | None) -> RecipientRow:
    destination = value["Destination"]
    if not isinstance(destination, dict):
        raise _InvalidRecipientError("Destination must be an object")
    content = value.get("ReplacementEmailContent") or {}
    try:
        nested = content.get("ReplacementTemplate", {}).get("ReplacementTemplateData")
    except AttributeError as error:
        raise _InvalidRecipientError("ReplacementEmailContent must be an object") from error
    return RecipientRow(
        row,
        line,
        to=_addresses(destination.get("ToAddresses"), "ToAddresses"),
        cc=_addresses(destination.get("CcAddresses"), "CcAddresses"),
        bcc=_addresses(destination.get("BccAddresses"), "BccAddresses"),
        data=_parsed(value.get("ReplacementTemplateData", nested)),
        tags=_pairs(value.get("ReplacementTags"), "ReplacementTags"),
        headers=_pairs(value.get("ReplacementHeaders"), "ReplacementHeaders"),
    )


def _parsed(text: Any) -> dict[str, Any]:
    """Read ReplacementTemplateData: the JSON text of an object."""
    if text is None:
        return {}
    try:
        data = STRICT_JSON.decode(text) if isinstance(text, str) else text
    except (ValueError, RecursionError) as error:
        reason = json_problem(error)
        raise _InvalidRecipientError(f"ReplacementTemplateData is not JSON: {reason}") from error
    if not isinstance(data, dict):
        raise _InvalidRecipientError("ReplacementTemplateData must be an object")
    return data


def _pairs(value: Any, key: str) -> dict[str, str]:
    """A list of `{Name, Value}`."""
    try:
        return {str(item["Name"]): str(item["Value"]) for item in value or ()}
    except (TypeError, KeyError) as error:
        raise _InvalidRecipientError(f"{key} must be a list of objects with Name and Value") from error


def _addresses(value: Any, key: str) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (value.strip(),)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(item.strip() for item in value)
    raise _InvalidRecipientError(f"{key} must be an address or a list of addresses")


def _strings(value: Any, key: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _InvalidRecipientError(f"{key} must be an object")
    return {str(name): str(item) for name, item in value.items()}


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def split_cell(cell: str) -> tuple[str, ...]:
    """The addresses in the cell of a table, separated by semicolons."""
    if ";" not in cell:
        return (cell.strip(),) if cell.strip() else ()
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def missing_columns(wanted: Iterable[str], header: Iterable[str]) -> list[str]:
    """The wanted columns that the header does not have, in order."""
    existing = set(header)
    return [name for name in wanted if name not in existing]


def named(names: Collection[str]) -> str:
    """Names as a list; of many, the first ones."""
    quoted = [f"'{name}'" for name in islice(names, _MAX_NAMES)]
    if len(names) > _MAX_NAMES:
        quoted.append(f"{len(names) - _MAX_NAMES} more")
    return ", ".join(quoted) or "no data"
