"""Streams that may be gzip. The first bytes decide, not the file name, because standard input has no name."""

from __future__ import annotations

from gzip import GzipFile
from typing import IO, cast

MAGIC = b"\x1f\x8b"


class PeekableStream:
    """A stream whose first bytes were read already and are returned again."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        """Read as from any binary stream."""
        if not self._head:
            return self._rest.read(size)
        taken = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(taken) :]
        return taken + (self._rest.read(size - len(taken)) if size > len(taken) else b"")

    def unpacked(self) -> GzipFile:
        """The decompressed content; its methods raise as those of `gzip` do."""
        return GzipFile(mode="rb", fileobj=cast("IO[bytes]", self))
