"""Open the files that a user names, and never more than the user means.

There are two kinds of names. An argument of the command line may be a pipe, such as `<(…)`. A name inside another
file (a batch file, a template folder) may come from another person, for example with a pull request. Such a file must
be a regular file inside the folder: otherwise `text.txt → /etc/passwd` sends a private file to every recipient, and a
FIFO blocks the program.

All functions raise `OSError` with a reason in words as its `strerror`, also for names that no file can have.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEBIBYTE = 1024 * 1024
# Without O_NONBLOCK, opening a FIFO waits for a writer. Windows lacks these flags.
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ_SAFELY = _READ | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


def open_argument(path: str | Path) -> IO[bytes]:
    """Open a file that the command line names: a regular file, a pipe, a terminal or /dev/null.

    Other devices are refused, because /dev/zero never ends.
    """
    with _explained():
        _refuse_device(Path(path).stat())  # before opening it: a device may act on that
        stream = Path(path).open("rb")  # noqa: SIM115 - the caller closes it
    try:
        _refuse_device(os.fstat(stream.fileno()))
    except OSError:
        stream.close()
        raise
    return stream


def open_regular(path: str | Path) -> IO[bytes]:
    """Open a file of the user's configuration: a regular file, or a link to one (dotfile managers make links)."""
    with _explained():
        return _open_descriptor(os.open(path, _READ_SAFELY))


def open_inside(folder: str | Path, path: str | Path) -> IO[bytes]:
    """Open a path, which must be a regular file inside a folder. Links are followed as long as they stay inside.

    The path is resolved first and then opened folder by folder without following links, so a link that appears in
    between is an error. Hard links cannot be told from files; whoever makes one can read the file already.
    """
    with _explained():
        root = Path(os.path.realpath(folder))
        target = Path(os.path.realpath(path))
        if not target.is_relative_to(root):
            raise OSError(errno.EXDEV, f"it is outside the folder {folder}")
        return _open_descriptor(_open_below(root, target.relative_to(root).parts))


def read_at_most(stream: IO[bytes], limit: int) -> bytes:
    """The rest of a stream. Raises `OSError` if it has more than `limit` bytes, without keeping more in memory."""
    data = b""
    if _size(stream) <= limit:
        data = stream.read(limit + 1)
        if len(data) <= limit:
            return data
    limit_text = f"{limit // _MEBIBYTE} MiB" if limit >= _MEBIBYTE else f"{limit // 1024} KiB"
    raise OSError(errno.EFBIG, f"it is larger than {limit_text}")


def _size(stream: IO[bytes]) -> int:
    """The size of a regular file; 0 for a stream, which has none."""
    try:
        found = os.fstat(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _open_below(root: Path, parts: tuple[str, ...]) -> int:
    """A descriptor of root/parts, where no part is a link."""
    if not parts:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if os.open not in os.supports_dir_fd:  # Windows
        return os.open(root.joinpath(*parts), _READ_SAFELY)
    *folders, name = parts
    folder = os.open(root, _FOLDER)
    try:
        for part in folders:
            inner = os.open(part, _FOLDER | _NO_LINK, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(name, _READ_SAFELY | _NO_LINK, dir_fd=folder)
    finally:
        os.close(folder)


def _open_descriptor(descriptor: int) -> IO[bytes]:
    try:
        _refuse_irregular(os.fstat(descriptor))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _refuse_irregular(found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")


def _refuse_device(found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISCHR(found.st_mode) and not stat.S_ISBLK(found.st_mode):
        return
    if found.st_rdev != Path(os.devnull).stat().st_rdev and not any(
        _is_terminal(number, found) for number in range(3)
    ):
        raise OSError(errno.EINVAL, "it is a device")


def _is_terminal(descriptor: int, found: os.stat_result) -> bool:
    """Whether the device is the terminal of this process, as /dev/stdin can be."""
    try:
        return os.isatty(descriptor) and os.fstat(descriptor).st_rdev == found.st_rdev
    except OSError:
        return False


@contextmanager
def _explained() -> Iterator[None]:
    """Turn the `ValueError` of a name with NUL or half a surrogate pair into an `OSError`."""
    try:
        yield
    except ValueError as error:
        raise OSError(errno.EINVAL, "no file can have this name") from error
