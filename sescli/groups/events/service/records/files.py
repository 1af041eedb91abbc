"""Read event records from files, folders and streams, plain or gzip."""

from __future__ import annotations

import codecs
import gzip
import zlib
from typing import IO, TYPE_CHECKING, NamedTuple

from sescli.errors import InputFileError, Place
from sescli.groups.events.service.records.records import Event, UnmatchedRecord, events_in
from sescli.groups.events.service.records.scanner import InvalidLine, Scanner
from sescli.text.gzip_stream import MAGIC, PeekableStream
from sescli.text.input_files import open_argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

STANDARD_INPUT = "standard input"


class LocatedRecord(NamedTuple):
    """An event, or another record, and the file and line where it starts."""

    file: str
    line: int
    what: Event | UnmatchedRecord


def list_files(paths: Sequence[Path]) -> list[Path]:
    """These files, and all files in these folders and their subfolders, sorted by name, without hidden ones.

    Raises `InputFileError` for a missing path and for a folder without files.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise InputFileError("no such file or folder", place=Place(str(path)))
        inside = _files_below(path) if path.is_dir() else [path]
        if not inside:
            raise InputFileError("the folder has no files", place=Place(str(path)))
        found += inside
    return found


def _files_below(folder: Path) -> list[Path]:
    below = (path for path in folder.rglob("*") if path.is_file())
    return sorted(
        path for path in below if not any(p.startswith(".") for p in path.relative_to(folder).parts)
    )


def read_file(path: Path) -> Iterator[LocatedRecord]:
    """The events of a file. Raises `InputFileError` if it cannot be opened."""
    try:
        stream = open_argument(path)
    except OSError as error:
        raise InputFileError(f"cannot be read: {error.strerror or error}", place=Place(str(path))) from error
    with stream:
        yield from read_stream(stream, str(path))


def read_stream(stream: IO[bytes], name: str) -> Iterator[LocatedRecord]:
    """The events of a stream. An unreadable line becomes an `UnmatchedRecord`, and reading continues after it."""
    text = _DecodedText(stream)
    line = 1
    for found in Scanner(text.read):
        line = found.line
        if isinstance(found, InvalidLine):
            yield LocatedRecord(name, line, UnmatchedRecord(found.why, broken=True))
        else:
            for event in events_in(found.value):
                yield LocatedRecord(name, line, event)
    if text.error:
        yield LocatedRecord(
            name, line, UnmatchedRecord(f"{text.error}; nothing after this line was read", broken=True)
        )


class _DecodedText:
    """Decoded bytes; gzip is recognised by its first bytes. An error of the source ends the text and stays in `error`."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.error: str | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._read_source: Callable[[int], bytes] = stream.read
        head = self._read_bytes(len(MAGIC))
        rejoined = PeekableStream(head, stream)
        self._read_source = rejoined.read
        if head == MAGIC:
            # read1 returns what was unpacked before the damage; read loses it.
            self._read_source = rejoined.unpacked().read1

    def read(self, size: int) -> str:
        """The text of at most `size` bytes; empty at the end."""
        while True:
            raw = b"" if self.error else self._read_bytes(size)
            text = self._decoder.decode(raw, final=not raw)
            if text or not raw:
                return text

    def _read_bytes(self, size: int) -> bytes:
        try:
            return self._read_source(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.error = f"the gzip data is damaged ({error})"
        except OSError as error:
            self.error = f"reading failed ({error.strerror or error})"
        return b""
