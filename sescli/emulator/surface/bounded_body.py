"""A limit for request bodies whose length is not known in advance."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import BinaryIO


class BodyTooLargeError(OSError):
    """A client sent more than the limit."""


class BoundedReader(io.RawIOBase):
    """Reads at most `limit` bytes from a stream, which includes the framing of chunks. Raises BodyTooLargeError."""

    def __init__(self, stream: BinaryIO | Any, limit: int) -> None:
        super().__init__()
        self._stream = stream
        self._left = limit

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        return self._count(self._stream.read(self._left + 1 if size is None or size < 0 else size))

    def readinto(self, buffer: Any) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def readline(self, size: int | None = -1) -> bytes:
        return self._count(self._stream.readline(-1 if size is None else size))

    def _count(self, content: bytes) -> bytes:
        self._left -= len(content)
        if self._left < 0:
            raise BodyTooLargeError("the request body is too large")
        return content
