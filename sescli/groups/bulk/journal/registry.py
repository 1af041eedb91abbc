"""Remembers runs whose journal is elsewhere (`--journal`), so that their names are not sent a second time.

The folder of runs has a small file for each such name and target. It is written before the batch is loaded.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sescli.groups.bulk.journal.run_metadata import RunTarget


@dataclass(frozen=True)
class RegisteredRun:
    """A run with its own journal file. `started`: the journal was complete, so messages may have been sent."""

    name: str
    place: str
    region: str
    journal: str
    started: bool

    @property
    def path(self) -> Path:
        """The journal."""
        return Path(self.journal)


def register(folder: Path, name: str, target: RunTarget, journal: Path, *, started: bool) -> None:
    """Record durably where the journal of a name is. Raises `OSError` if the folder cannot be written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, run = _path(folder, name, target), RegisteredRun(name, *target, str(journal.resolve()), started)
    draft = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(json.dumps(asdict(run)))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def registered(folder: Path, name: str, target: RunTarget) -> RegisteredRun | None:
    """The run of this name and target with its own journal; None if there is none, or its record is not readable."""
    with suppress(OSError, ValueError, TypeError):
        run = RegisteredRun(**json.loads(_path(folder, name, target).read_text("utf-8")))
        return run if (run.name, run.place, run.region) == (name, *target) else None
    return None


def _path(folder: Path, name: str, target: RunTarget) -> Path:
    return folder / f".{name}.{target.slug}.elsewhere"
