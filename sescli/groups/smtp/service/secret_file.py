"""A file that holds a secret: for its owner only from its first byte, never another's, never through a link."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from sescli.errors import InputFileError, LocalError, Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_OWNER_ONLY = 0o600
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


class SecretFile:
    """A place that was found writable before there was a secret to write.

    The secret goes to a new file beside the target, mode 0600 under any umask, which then takes the target's
    name in one stroke: no reader sees half of it, and what was there stays until then.
    """

    def __init__(self, path: Path, draft: Path, descriptor: int, *, replaces: bool) -> None:
        self.path = path
        self._draft = draft
        self._descriptor: int | None = descriptor
        self._replaces = replaces

    def write(self, text: str) -> None:
        """Write the secret, and wait until it is on the disk. Raises `LocalError`."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            raise LocalError(f"{self.path} was given up already")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(text.encode())
                stream.flush()
                os.fsync(stream.fileno())
            self._move_into_place()
        except FileExistsError as error:
            raise LocalError(f"{self.path} has come into being meanwhile, and is left alone") from error
        except OSError as error:
            raise LocalError(f"{self.path} cannot be written: {error.strerror}") from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Leave nothing behind but what was there, or was written. May be called again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        with suppress(OSError):
            self._draft.unlink()

    def _move_into_place(self) -> None:
        if self._replaces:
            self._draft.replace(self.path)
            return
        try:
            os.link(self._draft, self.path, follow_symlinks=False)
        except (NotImplementedError, PermissionError):
            # A file system without hard links: as good as it gets there.
            if os.path.lexists(self.path):
                raise FileExistsError(self.path) from None
            self._draft.replace(self.path)


def reserve(path: Path, may_replace: Callable[[], None]) -> SecretFile:
    """Make sure that a secret can be written to `path`, and hold the place.

    `may_replace` is asked before a file that is there will be replaced, and raises to refuse. Raises
    `InputFileError` for a link, a folder, a device, and a folder that cannot be written to.
    """
    replaces = _exists_as_file(path)
    if replaces:
        may_replace()
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        place = SecretFile(path, draft, os.open(draft, _NEW, _OWNER_ONLY), replaces=replaces)
        draft.chmod(_OWNER_ONLY)  # the umask may have taken even the owner's rights
    except OSError as error:
        raise _unusable_path(path, f"cannot be written: {error.strerror}") from error
    return place


def _exists_as_file(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unusable_path(path, f"cannot be written: {error.strerror}") from error
    if stat.S_ISLNK(mode):
        raise _unusable_path(path, "is a symbolic link, and a secret is not written through one")
    if not stat.S_ISREG(mode):
        raise _unusable_path(path, "is no file")
    return True


def _unusable_path(path: Path, why: str) -> InputFileError:
    return InputFileError(
        why, place=Place(str(path)), hint="name a new file in a folder of yours: --out FILE"
    )
