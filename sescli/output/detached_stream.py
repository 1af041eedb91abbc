"""Streams for a thread that may block: they share the file of a standard stream, but not its lock."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.output.output import Output


class DetachedStream(io.TextIOBase):
    """Writes to a duplicate of a stream's file descriptor, unbuffered.

    A thread that is blocked in `sys.stdout.write` holds the lock of that stream. The main thread would then wait for
    the lock, where no signal reaches it, also at the end of the process. This stream has no lock.
    """

    def __init__(self, original: TextIO) -> None:
        original.flush()
        self.original = original
        self._descriptor = os.dup(original.fileno())
        self._encoding = original.encoding or "utf-8"
        self._errors = original.errors or "backslashreplace"

    @property
    def encoding(self) -> str:  # type: ignore[override] # read-only here
        """The encoding of the original stream."""
        return self._encoding

    def writable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """The duplicate."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._descriptor)

    def write(self, text: str) -> int:
        """Write all of the text; waits as long as the reader does not read. Raises OSError."""
        rest = memoryview(text.encode(self._encoding, self._errors))
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        return len(text)

    def release(self) -> None:
        """Close the duplicate. Call it only when no thread writes."""
        os.close(self._descriptor)


def detached(output: Output) -> Output:
    """The same output through streams of its own; a stream without a file descriptor stays as it is."""
    terminal = output.terminal
    return replace(
        output,
        terminal=replace(
            terminal, stdout=_detached_stream(terminal.stdout), stderr=_detached_stream(terminal.stderr)
        ),
    )


def release(output: Output) -> None:
    """Close the streams of an output from `detached`."""
    for stream in _streams(output):
        if isinstance(stream, DetachedStream):
            stream.release()


def _streams(output: Output) -> Iterator[TextIO]:
    yield output.terminal.stdout
    yield output.terminal.stderr


def _detached_stream(stream: TextIO) -> TextIO:
    if os.name == "nt":  # a Windows console takes UTF-16 through its own interface, not bytes
        return stream
    try:
        return DetachedStream(stream)  # type: ignore[return-value] # a TextIO, as far as its users need one
    except (OSError, ValueError, AttributeError):  # io.UnsupportedOperation is an OSError and a ValueError
        return stream
