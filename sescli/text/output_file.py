"""Write a file of the user: atomically, never through a symbolic link, and private from the first byte on."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import IO, TYPE_CHECKING, TypeVar

from sescli.errors import InputFileError, LocalError, Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Written = TypeVar("Written")

_PRIVATE, _SHARED = 0o600, 0o666
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class OutputFile:
    """A path that was found writable before its content exists.

    The content is written to a new file in the same folder, which then replaces the target atomically: no reader sees
    half of it, and an existing file stays until then.
    """

    def __init__(self, path: Path, draft: Path, descriptor: int, *, replaces: bool) -> None:
        self.path = path
        self._draft = draft
        self._descriptor: int | None = descriptor
        self._replaces = replaces

    def write(self, text: str) -> None:
        """Write the content and flush it to the disk. Raises `LocalError`."""
        self.write_with(lambda stream: stream.write(text.encode()))

    def write_with(self, fill: Callable[[IO[bytes]], Written]) -> Written:
        """Let `fill` write the content, flush it to the disk, and return its result. Raises `LocalError`."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            raise LocalError(f"{self.path} is no longer open")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                result = fill(stream)
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
        return result

    def discard(self) -> None:
        """Close and remove the temporary file. May be called again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        with suppress(OSError):
            self._draft.unlink()

    def _move_into_place(self) -> None:
        if self._replaces:
            self._draft.replace(
                self.path
            )  # replaces a link, too, that appeared in between; it is not followed
            return
        try:
            os.link(self._draft, self.path, follow_symlinks=False)
        except (NotImplementedError, PermissionError):
            # A file system without hard links has no atomic way to refuse an existing file.
            if os.path.lexists(self.path):
                raise FileExistsError(self.path) from None
            self._draft.replace(self.path)


def reserve(path: Path, may_replace: Callable[[], None], *, hint: str, private: bool = True) -> OutputFile:
    """Make sure that a file can be written to `path`, and open a temporary file for it.

    `may_replace` is called before an existing file will be replaced, and raises to refuse. A private file has mode
    0600 under any umask; another one the mode of the file that it replaces, or of a new file. Raises `InputFileError`
    with `hint` for a link, a folder, a device, and a folder without write permission.
    """
    before = check_target(path, hint=hint)
    if before is not None:
        may_replace()
    draft = path.with_name(f".{path.name[:200]}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        descriptor = os.open(draft, _NEW, _PRIVATE if private else _SHARED)
        reserved = OutputFile(path, draft, descriptor, replaces=before is not None)
        if private:
            draft.chmod(_PRIVATE)  # the umask may have removed even the owner's permissions
        elif before is not None:
            draft.chmod(stat.S_IMODE(before.st_mode))
    except OSError as error:
        raise _unusable_path(path, f"cannot be written: {error.strerror}", hint) from error
    return reserved


def check_target(path: Path, *, hint: str) -> os.stat_result | None:
    """The state of the file that will be replaced; None for a new file. Raises `InputFileError` as `reserve` does."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unusable_path(path, f"cannot be written: {reason}", hint) from error
    if stat.S_ISLNK(found.st_mode):
        raise _unusable_path(path, "is a symbolic link; sescli does not write through links", hint)
    if not stat.S_ISREG(found.st_mode):
        raise _unusable_path(path, "is not a regular file", hint)
    return found


def _unusable_path(path: Path, why: str, hint: str) -> InputFileError:
    return InputFileError(why, place=Place(str(path)), hint=hint)
