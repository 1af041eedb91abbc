"""Where event records lie: files, folders, standard input; plain or gzip."""

from __future__ import annotations

import codecs
import gzip
import zlib
from typing import IO, TYPE_CHECKING, NamedTuple

from sescli.errors import InputFileError, Place
from sescli.groups.events.service.records.records import Event, UnmatchedRecord, events_in
from sescli.groups.events.service.records.scanner import InvalidLine, Scanner
from sescli.text.gzip_stream import MAGIC, PeekableStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

STANDARD_INPUT = "standard input"


class LocatedRecord(NamedTuple):
    """What stands at a line of a file: an event, or what it is instead."""

    file: str
    line: int
    what: Event | UnmatchedRecord


def list_files(paths: Sequence[Path]) -> list[Path]:
    """These files, and all in these folders and below, in the order of their names; hidden ones are left out.

    Raises `InputFileError` for a path that is not there, and for a folder without a file.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise InputFileError("there is no such file or folder", place=Place(str(path)))
        inside = _files_below(path) if path.is_dir() else [path]
        if not inside:
            raise InputFileError("the folder holds no file", place=Place(str(path)))
        found += inside
    return found


def _files_below(folder: Path) -> list[Path]:
    below = (path for path in folder.rglob("*") if path.is_file())
    return sorted(
        path for path in below if not any(p.startswith(".") for p in path.relative_to(folder).parts)
    )


def read_file(path: Path) -> Iterator[LocatedRecord]:
    """The events of a file. Raises `InputFileError` where it cannot be opened."""
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputFileError(f"cannot be read: {error.strerror}", place=Place(str(path))) from error
    with stream:
        yield from read_stream(stream, str(path))


def read_stream(stream: IO[bytes], name: str) -> Iterator[LocatedRecord]:
    """The events of a stream. What cannot be read is told with its line, and the rest is read on."""
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
            name, line, UnmatchedRecord(f"{text.error}: nothing behind this line could be read", broken=True)
        )


class _DecodedText:
    """Bytes as text; gzip is known by its first bytes. A fault of the source ends it, and is kept in `error`."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.error: str | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._from: Callable[[int], bytes] = stream.read
        head = self._read_bytes(len(MAGIC))
        rejoined = PeekableStream(head, stream)
        self._from = rejoined.read
        if head == MAGIC:
            # read1: what was unpacked before a damage is given, not lost with the call that meets it.
            self._from = rejoined.unpacked().read1

    def read(self, size: int) -> str:
        """At most so many bytes' worth of text; empty at the end."""
        while True:
            raw = b"" if self.error else self._read_bytes(size)
            text = self._decoder.decode(raw, final=not raw)
            if text or not raw:
                return text

    def _read_bytes(self, size: int) -> bytes:
        try:
            return self._from(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.error = f"the gzip is damaged ({error})"
        except OSError as error:
            self.error = f"it cannot be read on ({error.strerror or error})"
        return b""
