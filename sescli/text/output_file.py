"""A file for a secret: only its owner can read it, from the first byte on, and no symbolic link is followed."""

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
    """A path that was found writable before the secret exists.

    The secret is written to a new file in the same folder, mode 0600 under any umask, which then replaces the target
    atomically: no reader sees half of it, and an existing file stays until then.
    """

    def __init__(self, path: Path, draft: Path, descriptor: int, *, replaces: bool) -> None:
        self.path = path
        self._draft = draft
        self._descriptor: int | None = descriptor
        self._replaces = replaces

    def write(self, text: str) -> None:
        """Write the secret and flush it to the disk. Raises `LocalError`."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            raise LocalError(f"{self.path} is no longer open")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(text.encode())
                stream.flush()
                os.fsync(stream.fileno())
            self._move_into_place()
        except FileExistsError as error:
            raise LocalError(
                f"{self.path} was created by another program in the meantime and is left unchanged"
            ) from error
        except OSError as error:
            raise LocalError(f"cannot write {self.path}: {error.strerror}") from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Close and remove the temporary file. May be called again."""
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
            # A file system without hard links has no atomic way to refuse an existing file.
            if os.path.lexists(self.path):
                raise FileExistsError(self.path) from None
            self._draft.replace(self.path)


def reserve(path: Path, may_replace: Callable[[], None]) -> SecretFile:
    """Make sure that a secret can be written to `path`, and open a temporary file for it.

    `may_replace` is called before an existing file will be replaced, and raises to refuse. Raises `InputFileError`
    for a link, a folder, a device, and a folder without write permission.
    """
    replaces = _exists_as_file(path)
    if replaces:
        may_replace()
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        reserved = SecretFile(path, draft, os.open(draft, _NEW, _OWNER_ONLY), replaces=replaces)
        draft.chmod(_OWNER_ONLY)  # the umask may have removed even the owner's permissions
    except OSError as error:
        raise _unusable_path(path, f"cannot be written: {error.strerror}") from error
    return reserved


def _exists_as_file(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unusable_path(path, f"cannot be written: {error.strerror}") from error
    if stat.S_ISLNK(mode):
        raise _unusable_path(path, "is a symbolic link; sescli does not write secrets through links")
    if not stat.S_ISREG(mode):
        raise _unusable_path(path, "is not a regular file")
    return True


def _unusable_path(path: Path, why: str) -> InputFileError:
    return InputFileError(
        why, place=Place(str(path)), hint="choose a new file in a folder that you can write to: --out FILE"
    )
