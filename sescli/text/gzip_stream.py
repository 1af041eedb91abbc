"""Streams that may be gzip. The first bytes decide, not the file name, because standard input has no name."""

from __future__ import annotations

import errno
from gzip import GzipFile
from typing import IO, cast

# The ratio is checked from 1 MiB on, because a small file of equal lines does no harm.
_UNCHECKED = 1024 * 1024
_MAX_RATIO = 300
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

    def unpacked(self) -> BoundedGzip:
        """The decompressed content; its methods raise as those of `gzip` do, and `OSError` for a gzip bomb."""
        return BoundedGzip(self)


class BoundedGzip:
    """Decompressed content that is not much larger than the file: 1 MB of a gzip bomb holds 1 GB of one character.

    Lists of recipients and events shrink to a tenth or a twentieth; equal lines to a thousandth.
    """

    def __init__(self, source: PeekableStream) -> None:
        self._packed = _CountingStream(source)
        self._file = GzipFile(mode="rb", fileobj=cast("IO[bytes]", self._packed))
        self._size = 0

    def read(self, size: int = -1) -> bytes:
        """Read as from any binary stream."""
        return self._checked(self._file.read(size))

    def read1(self, size: int = -1) -> bytes:
        """Read what one decompression yields."""
        return self._checked(self._file.read1(size))

    def _checked(self, data: bytes) -> bytes:
        self._size += len(data)
        if self._size > _UNCHECKED and self._size > _MAX_RATIO * self._packed.size:
            raise OSError(
                errno.EFBIG,
                f"its gzip data expands to more than {_MAX_RATIO} times its size, as a gzip bomb does",
            )
        return data


class _CountingStream:
    """A stream that counts what was read."""

    def __init__(self, source: PeekableStream) -> None:
        self._source = source
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.size += len(data)
        return data
