"""Creates the folders of sescli's state, which only their owner may enter."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from sescli.errors import LocalError

if TYPE_CHECKING:
    from pathlib import Path

_MODE = 0o700
_OTHERS = 0o077
_PROGRAM = "sescli"  # name of the program's own folder below an XDG folder


def create(folder: Path) -> None:
    """Create a folder and its missing parents with mode 0700, and tighten an existing one that others may enter.

    The same goes for the program's own folder above it, whichever command creates it first. Raises LocalError if the
    folder cannot be created or belongs to another user, who could then read or replace the files in it.
    """
    try:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(mode=_MODE, exist_ok=True)
        for each in (folder, *folder.parents):
            if each == folder or each.name == _PROGRAM:
                _tighten(each)
            if each.name == _PROGRAM:
                break
    except OSError as error:
        raise LocalError(
            f"cannot create the state folder {folder}: {error.strerror or error}",
            hint="check its permissions, or choose another place: XDG_STATE_HOME",
        ) from error


def _tighten(folder: Path) -> None:
    """Take the permissions of other users away. Raises LocalError for a folder of another user, OSError."""
    if os.name == "nt":  # Windows: the user's profile folder is private already
        return
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise LocalError(
            f"the state folder {folder} belongs to another user",
            hint="choose a folder of your own: set XDG_STATE_HOME",
            code="ForeignFolder",
        )
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        folder.chmod(_MODE)
