"""Files of suppressed addresses: the account's import job's CSV and JSON lines, or one address a line.

One entry a line, whatever the format, so that a bad line spoils no other.
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
# `sescli suppression list -o csv` has this column, and an apostrophe before what a spreadsheet would compute.
_LISTED = "lastupdatetime"
_GUARDED = re.compile(r"'(?=[=+@-])")


class FileEntry(NamedTuple):
    """An entry of a file. `key` is what all spellings of its address share; `reason` None where none is given."""

    line: int
    address: str
    key: str
    reason: str | None


class BadLine(NamedTuple):
    """A line that is no entry, and why."""

    line: int
    why: str


Parsed = FileEntry | BadLine


def format_of(path: Path | None, wanted: str | None, *, default: str = "csv") -> str:
    """The format of a file: the one that was asked for, or the one its name tells.

    Raises `UsageError` for a format that is not one of `FORMATS`.
    """
    if wanted is not None:
        if wanted.lower() not in FORMATS:
            raise UsageError(f"--format is {wanted!r}", hint="it takes csv, jsonl or txt")
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
                "standard input is a terminal, and '-' reads from it",
                hint="pipe a file into sescli, or name it",
            )
        yield stdin, STANDARD_INPUT
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputFileError(f"cannot be read: {error.strerror}", place=Place(str(path))) from error
    with stream:
        yield stream, str(path)


def read(stream: IO[bytes], name: str, kind: str) -> Iterator[Parsed]:
    """Every line that is not blank, as an entry or as what is wrong with it; gzip is known by its first bytes.

    Raises `InputFileError` for a file that cannot be read on: not UTF-8, damaged gzip.
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
            raise _BadEntryError(f"{found[0]!r} has a name beside the address")
        return FileEntry(line, address.addr_spec, address.key, _reason(found[1]))
    except UsageError as error:
        return BadLine(line, error.message)


class _BadEntryError(UsageError):
    """A line that is no entry."""


def _reason(text: str | None) -> str | None:
    name = (text or "").strip().upper()
    if name and name not in REASONS:
        raise _BadEntryError(f"the reason {text!r} is neither BOUNCE nor COMPLAINT")
    return name or None


class _CsvParser:
    """`address,REASON`, or what a header says; a header is a first line without an address."""

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
    """`{"emailAddress": …, "reason": …}` as the import job has it; `email` and `EmailAddress` are taken too."""

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
            raise _BadEntryError("the object must have emailAddress, and may have reason, both texts")
        return address, reason


class _PlainTextParser:
    """One address a line."""

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
    """A line, with its end, for each entry; the CSV and the JSON lines are what the account's import job takes.

    An address that would break its line is left out of CSV and plain text and told to `on_unwritable`.
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
    """`address,REASON`, the address in quotes where it needs them."""
    if any(sign in address for sign in ',"'):
        address = '"' + address.replace('"', '""') + '"'
    return f"{address},{reason}\n"


def compressor(path: Path, stream: IO[bytes]) -> IO[bytes]:
    """The stream itself, or gzip into it where the name ends in `.gz`."""
    if path.suffix.lower() != ".gz":
        return stream
    # No name and no time inside: the same list makes the same file.
    return gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0)  # type: ignore[return-value]
