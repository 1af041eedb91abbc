"""Creates the folders of sescli's state, which only their owner may enter."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from sescli.errors import LocalError
from sescli.settings import state_folder

if TYPE_CHECKING:
    from pathlib import Path

_MODE = 0o700
_OTHERS = 0o077


def create(folder: Path) -> None:
    """Create a state folder and its missing parents with mode 0700, and tighten one that others may enter.

    The same goes for the folders between it and the program's own folder, whichever command creates that first. Raises
    LocalError if the folder cannot be created or belongs to another user, who could read or replace the files in it.
    """
    try:
        _create_missing(folder)
        for each in _own_folders(folder):
            _tighten(each)
    except OSError as error:
        raise LocalError(
            f"cannot create the state folder {folder}: {error.strerror or error}",
            hint="check its permissions, or choose another place: XDG_STATE_HOME",
        ) from error


def create_for(file: Path) -> None:
    """Create the folder of a file with mode 0700 if it is missing. Raises LocalError and OSError.

    An existing folder is tightened only if it is in sescli's own state folder: a file that the user names may be in a
    folder that is shared on purpose.
    """
    folder = file.parent.absolute()
    own = state_folder().absolute()
    if folder == own or own in folder.parents:
        create(folder)
    else:
        _create_missing(folder)


def _create_missing(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=_MODE, exist_ok=True)


def _own_folders(folder: Path) -> list[Path]:
    """The folder and those above it up to the program's own folder, if it is in one."""
    own = state_folder().absolute()
    above = [each for each in folder.absolute().parents if each == own or own in each.parents]
    return [folder, *above]


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
