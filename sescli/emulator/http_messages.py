"""Requests and responses of the emulator's HTTP server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class Headers(Protocol):
    """Header fields by name, case-insensitive."""

    def get(self, name: str, /) -> str | None: ...


@dataclass(frozen=True)
class Request:
    method: str
    target: str  # path and query string, percent-encoded as received
    headers: Headers
    body: bytes = field(default=b"", repr=False)
    peer: tuple[str, int] | None = None  # address and port of the client


@dataclass(frozen=True)
class Response:
    status: int
    content_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
