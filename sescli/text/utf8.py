"""Read a recipients file as text: UTF-8 with or without BOM, plain or gzip, every error with its line."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from typing import IO, TYPE_CHECKING, cast

from sescli.errors import InputFileError, Place
from sescli.text.gzip_stream import MAGIC, PeekableStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sescli.advice import Hint

# SES accepts at most 262,144 characters of template data, so a longer line is not from a recipients file.
MAX_LINE = 1024 * 1024
_CHUNK = 64 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Utf8Source:
    """The text of one binary stream, to be read once: with `lines()` or with `read()`, not both.

    `line` is the number of the last line (`lines`), or the number of line ends so far plus one (`read`).
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._raw = stream
        self._name = name
        self.line = 0
        self._head = self._take(len(codecs.BOM_UTF8))
        if self._head.startswith(MAGIC):
            self._raw = cast("IO[bytes]", PeekableStream(self._head, stream).unpacked())
            self._head = self._take(len(codecs.BOM_UTF8))
        # Without a byte-order mark, a NUL byte shows UTF-16: a UTF-8 file does not begin with one.
        if self._head.startswith(_UTF16) or b"\0" in self._head:
            raise self.fault("is UTF-16, not UTF-8", hint="save it as UTF-8")
        self._head = self._head.removeprefix(codecs.BOM_UTF8)
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def lines(self) -> Iterator[str]:
        """Yield the lines with their line ends."""
        for block in self._blocks():
            try:
                text = block.decode()
            except UnicodeDecodeError:
                yield from self._lines_before_error(block)
                return
            # Not splitlines, which splits at U+2028 and others too.
            for line in io.StringIO(text, newline="\n"):
                self.line += 1
                yield line

    def read(self, size: int = _CHUNK) -> str:
        """The text of at most `size` bytes; empty at the end."""
        self.line = self.line or 1
        while True:
            raw = self._head or self._take(size)
            self._head = b""
            try:
                text = self._decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                self.line += raw[: error.start].count(b"\n")
                raise self._not_utf8(None) from error
            self.line += text.count("\n")
            if text or not raw:
                return text

    def fault(self, message: str, *, column: int | None = None, hint: Hint | None = None) -> InputFileError:
        """An error at the last line."""
        return InputFileError(message, place=Place(self._name, self.line or None, column), hint=hint)

    def _not_utf8(self, column: int | None) -> InputFileError:
        return self.fault(
            "is not UTF-8", column=column, hint="save it as UTF-8 (it looks like Latin-1 or Windows-1252)"
        )

    def _blocks(self) -> Iterator[bytes]:
        """Yield blocks of complete lines."""
        rest, self._head = self._head, b""
        blank = 0
        while more := self._take(_CHUNK):
            blank = blank + len(more) if more.isspace() else 0
            if blank > MAX_LINE:
                raise self.fault("has more than 1 MiB of white space in one place")
            whole, end, rest = (rest + more).rpartition(b"\n")
            first = whole.find(b"\n")
            if max(len(rest), len(whole) if first < 0 else first) > MAX_LINE:
                self.line += 1
                raise self.fault(f"a line is longer than {MAX_LINE // 1024 // 1024} MiB")
            if end:
                yield whole + end
        if rest:
            yield rest

    def _lines_before_error(self, block: bytes) -> Iterator[str]:
        """Yield the lines of a block up to the one that is not UTF-8."""
        for raw in io.BytesIO(block):
            self.line += 1
            try:
                yield raw.decode()
            except UnicodeDecodeError as error:
                raise self._not_utf8(error.start + 1) from error

    def _take(self, size: int) -> bytes:
        return self._guarded(lambda: self._raw.read(size))

    def _guarded(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self.fault(f"is a damaged gzip file: {error}") from error
        except OSError as error:
            raise self.fault(f"cannot be read: {error.strerror or error}") from error
