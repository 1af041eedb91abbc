"""The machine formats: JSON, JSON lines, YAML, CSV, TSV."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any, TextIO

from sescli.output import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A spreadsheet reads a cell that begins so as a formula (OWASP, "CSV Injection").
# Excel and LibreOffice also skip leading space, and read full-width signs.
_FORMULA = re.compile(
    r"[\t\r\n]|[\s\u00ad\u180e\u200b-\u200f\u2060\ufeff\ufffd]*[=+\-@\uff1d\uff0b\uff0d\uff20]"
)


def dumps(value: Any, *, indent: int | None = 2) -> str:
    """JSON text that is safe to show on a terminal."""
    return sanitise.escaped(json.dumps(value, ensure_ascii=False, indent=indent, default=str))


def write_json(value: Any, stream: TextIO) -> None:
    """Write one JSON document and a newline."""
    stream.write(dumps(value) + "\n")


def write_json_array(items: Iterable[Any], stream: TextIO) -> None:
    """Write a JSON array item by item, so that a long list is not held in memory."""
    opened = False
    for item in items:
        body = dumps(item).replace("\n", "\n  ")
        stream.write(f"{',' if opened else '['}\n  {body}")
        opened = True
    stream.write("\n]\n" if opened else "[]\n")


def write_jsonl(items: Iterable[Any], stream: TextIO) -> None:
    """Write one JSON object per line, each flushed at once for `sescli … | jq`."""
    for item in items:
        stream.write(dumps(item, indent=None) + "\n")
        stream.flush()


def write_yaml(value: Any, stream: TextIO) -> None:
    """Write a YAML document in block style."""
    import yaml

    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    if sanitise.has_unsafe(text):
        text = yaml.safe_dump(value, allow_unicode=False, sort_keys=False)
    stream.write(text)


def write_csv(items: Iterable[Any], stream: TextIO, *, tabs: bool = False) -> None:
    """Write comma- or tab-separated values with a header, nested values as JSON, safe from formula injection."""
    rows = iter(items)
    first = next(rows, None)
    if first is None:
        return
    header = list(first) if isinstance(first, dict) else ["value"]
    writer = csv.writer(stream, dialect="excel-tab" if tabs else "excel", lineterminator="\n")
    writer.writerow(header)
    for row in _chain(first, rows):
        values = [row.get(name) for name in header] if isinstance(row, dict) else [row]
        writer.writerow([_cell(value, tabs=tabs) for value in values])


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _cell(value: Any, *, tabs: bool) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return dumps(value, indent=None)
    if not isinstance(value, str):
        return value
    text = sanitise.one_line(value) if tabs else sanitise.block(value)
    return f"'{text}" if _FORMULA.match(text) or _FORMULA.match(value) else text
