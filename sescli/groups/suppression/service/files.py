"""Files of suppressed addresses: CSV and JSON Lines as in SES import jobs, or one address per line.

Every format has one entry per line, so that an invalid line does not affect others.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple

from sescli.errors import InputFileError, Place, UsageError
from sescli.groups.suppression.service.entries import REASONS
from sescli.mail.addresses import parse_address
from sescli.text.input_files import open_argument
from sescli.text.utf8 import Utf8Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from sescli.groups.suppression.service.entries import SuppressedAddress

FORMATS = ("csv", "jsonl", "txt")
STANDARD_INPUT = "standard input"
_SUFFIXES = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".txt": "txt",
    ".list": "txt",
}
_ADDRESS_NAMES = frozenset({"email", "emailaddress", "address", "recipient"})
_REASON_NAME = "reason"
# `sescli suppression list -o csv` has this column, and an apostrophe before text that a spreadsheet would evaluate.
_LISTED = "lastupdatetime"
_GUARDED = re.compile(r"'(?=\s*[=+@\uff1d\uff0b\uff0d\uff20-])")


class FileEntry(NamedTuple):
    """An entry of a file. All spellings of an address have the same `key`. `reason` is None if not given."""

    line: int
    address: str
    key: str
    reason: str | None


class BadLine(NamedTuple):
    """An invalid line, and why."""

    line: int
    why: str


Parsed = FileEntry | BadLine


def format_of(path: Path | None, wanted: str | None, *, default: str = "csv") -> str:
    """The format of a file: the given one, or the one of the file name.

    Raises `UsageError` for a format that is not one of `FORMATS`.
    """
    if wanted is not None:
        if wanted.lower() not in FORMATS:
            raise UsageError(f"{wanted!r} is not valid for --format", hint="use csv, jsonl or txt")
        return wanted.lower()
    suffixes = [suffix.lower() for suffix in path.suffixes] if path else []
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return _SUFFIXES.get(suffixes[-1], default) if suffixes else default


@contextmanager
def open_source(path: Path | None, stdin: IO[bytes] | None) -> Iterator[tuple[IO[bytes], str]]:
    """The bytes of a file, or of standard input where `path` is None, and its name for messages."""
    if path is None:
        if stdin is None or stdin.isatty():
            raise UsageError(
                "cannot read a file from standard input: it is a terminal",
                hint="pipe a file into sescli, or give a file name",
            )
        yield stdin, STANDARD_INPUT
        return
    try:
        stream = open_argument(path)
    except OSError as error:
        raise InputFileError(f"cannot be read: {error.strerror or error}", place=Place(str(path))) from error
    with stream:
        yield stream, str(path)


def read(stream: IO[bytes], name: str, kind: str) -> Iterator[Parsed]:
    """Every line that is not blank, as an entry or an invalid line. Recognizes gzip by its first bytes.

    Raises `InputFileError` if the file is not UTF-8 or not complete gzip.
    """
    source = Utf8Source(stream, name)
    parse = _PARSERS[kind]()
    for text in source.lines():
        line = text.strip()
        if line and (parsed := _parsed(parse, source.line, line)) is not None:
            yield parsed


def _parsed(parse: Callable[[str], tuple[str, str | None] | None], line: int, text: str) -> Parsed | None:
    try:
        found = parse(text)
        if found is None:
            return None
        address = parse_address(found[0])
        if address.display_name:
            raise _BadEntryError(f"{found[0]!r} has a display name")
        return FileEntry(line, address.addr_spec, address.key, _reason(found[1]))
    except UsageError as error:
        return BadLine(line, error.message)


class _BadEntryError(UsageError):
    """A line that is not a valid entry."""


def _reason(text: str | None) -> str | None:
    name = (text or "").strip().upper()
    if name and name not in REASONS:
        raise _BadEntryError(f"the reason {text!r} is not BOUNCE or COMPLAINT")
    return name or None


class _CsvParser:
    """`address,REASON`, or the columns of a header. A header is a first line with column names."""

    def __init__(self) -> None:
        self._first = True
        self._address, self._reason = 0, 1
        self._guarded = False

    def __call__(self, line: str) -> tuple[str, str | None] | None:
        fields = _fields(line)
        first, self._first = self._first, False
        if first and self._is_header([re.sub(r"[-_ ]", "", field).lower() for field in fields]):
            return None
        if self._address >= len(fields):
            raise _BadEntryError("the line has no address")
        address = _GUARDED.sub("", fields[self._address], count=1) if self._guarded else fields[self._address]
        return address, fields[self._reason] if 0 <= self._reason < len(fields) else None

    def _is_header(self, names: list[str]) -> bool:
        found = [name for name in names if name in _ADDRESS_NAMES]
        if not found:
            return False
        self._address = names.index(found[0])
        self._reason = names.index(_REASON_NAME) if _REASON_NAME in names else -1
        self._guarded = _LISTED in names
        return True


def _fields(line: str) -> list[str]:
    if '"' not in line:
        return [field.strip() for field in line.split(",")]
    try:
        return [field.strip() for field in next(csv.reader([line], strict=True, skipinitialspace=True))]
    except csv.Error as error:
        raise _BadEntryError(f"the line is not CSV: {error}") from error


class _JsonLinesParser:
    """`{"emailAddress": …, "reason": …}` as in import jobs; `email` and `EmailAddress` are accepted too."""

    def __call__(self, line: str) -> tuple[str, str | None]:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _BadEntryError(f"the line is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise _BadEntryError("the line is not a JSON object")
        fields = {re.sub(r"[-_ ]", "", name).lower(): item for name, item in value.items()}
        address = next((fields[name] for name in sorted(_ADDRESS_NAMES) if name in fields), None)
        reason = fields.get(_REASON_NAME)
        if not isinstance(address, str) or not isinstance(reason, str | None):
            raise _BadEntryError("the object needs the string emailAddress; reason must be a string")
        return address, reason


class _PlainTextParser:
    """One address per line."""

    def __call__(self, line: str) -> tuple[str, None]:
        return line, None


_PARSERS: dict[str, Callable[[], Callable[[str], tuple[str, str | None] | None]]] = {
    "csv": _CsvParser,
    "jsonl": _JsonLinesParser,
    "txt": _PlainTextParser,
}


def to_lines(
    entries: Iterable[SuppressedAddress], kind: str, on_unwritable: Callable[[str], None]
) -> Iterator[str]:
    """A line for each entry, with its newline. SES import jobs accept the CSV and JSON Lines.

    CSV and plain text omit an address that does not fit on one line; `on_unwritable` gets it.
    """
    for entry in entries:
        if kind == "jsonl":
            yield json.dumps({"emailAddress": entry.email, "reason": entry.reason}) + "\n"
        elif not entry.email.isprintable():
            on_unwritable(entry.email)
        elif kind == "txt":
            yield f"{entry.email}\n"
        else:
            yield csv_line(entry.email, entry.reason)


def csv_line(address: str, reason: str) -> str:
    """`address,REASON`, with quotes around the address if needed."""
    if any(character in address for character in ',"'):
        address = '"' + address.replace('"', '""') + '"'
    return f"{address},{reason}\n"


def compressor(path: Path, stream: IO[bytes]) -> IO[bytes]:
    """The stream itself, or gzip into it if the name ends in `.gz`."""
    if path.suffix.lower() != ".gz":
        return stream
    # No name and no time inside, so that equal lists make equal files.
    return gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0)  # type: ignore[return-value]
