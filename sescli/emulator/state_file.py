"""The state file: which emulator runs, at which port, and how to recognize it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = "local.json"


@dataclass(frozen=True)
class ServerState:
    """`instance` is a random ID that the server's health endpoint repeats, because a port or PID may be reused."""

    instance: str
    pid: int
    port: int
    started_at: str  # ISO 8601, UTC
    ephemeral: bool
    verification: str
    resolver: str | None = None
    compat: bool = False
    allow_network: bool = False
    allow_lambda: bool = False
    token: str = field(default="", repr=False)  # for the emulator's own API; secret

    @property
    def options(self) -> tuple[object, ...]:
        """The options that a second `start` is compared with, besides the port."""
        return (
            self.ephemeral,
            self.verification,
            self.resolver,
            self.compat,
            self.allow_network,
            self.allow_lambda,
        )

    def to_public(self) -> dict[str, object]:
        """What the server tells every client."""
        return {name: value for name, value in asdict(self).items() if name != "token"}

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def started(self) -> datetime:
        return datetime.fromisoformat(self.started_at)


def write(folder: Path, state: ServerState) -> None:
    """Write the file atomically, readable only by its owner. Raises OSError."""
    temporary = folder / f"{NAME}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(state), file)
    temporary.replace(folder / NAME)


def read(folder: Path) -> ServerState | None:
    """Read the state. None if the file is missing or damaged."""
    try:
        return ServerState(**json.loads((folder / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def remove(folder: Path, instance: str | None = None) -> None:
    """Remove the file. With `instance`, only if the file belongs to that server."""
    state = read(folder)
    if instance is None or (state is not None and state.instance == instance):
        (folder / NAME).unlink(missing_ok=True)
