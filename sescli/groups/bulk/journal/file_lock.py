"""Locks a journal itself, so that it has one sender under all its names: hard links, and mounts in containers.

A lock file beside a journal protects one name. This lock is on one byte of the journal, far from the bytes that SQLite
locks, so the two do not disturb each other, also on a file server (flock would: NFS locks the whole file for it).
On Linux it belongs to the open file (an open file description lock). On other systems it belongs to the process, and
holds while the process has the journal open.
"""

from __future__ import annotations

import os
import re
import struct
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.errors import UsageError
from sescli.groups.bulk.journal.database import translate_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

# SQLite locks bytes from 2^30 on; no journal is as long as this.
_BYTE = 1 << 62
_MOUNTS = Path("/proc/self/mountinfo")


@contextmanager
def lock_journal(path: Path, name: str) -> Iterator[None]:
    """Hold the lock of an existing journal. The file must be closed before the block ends, but not after.

    Raises `UsageError` if another process holds it under any name, and for a file that is its own mount point.
    """
    refuse_mounted_file(path)
    with translate_errors(path):
        descriptor = os.open(path, os.O_RDWR)
    try:
        if not _try_lock(descriptor):
            raise UsageError(
                f"another process is sending from this journal under another name: '{name}' ({path})",
                hint=Advice("watch it: ", NextCommand("bulk", "show", "--journal", str(path))),
                code="RunInUse",
            )
        yield
    finally:
        os.close(descriptor)


def refuse_mounted_file(path: Path) -> None:
    """Raise `UsageError` if a journal is mounted without its folder, as with `docker run -v a.journal:/a.journal`.

    Its write-ahead log would be in another folder in each container, and be lost with it.
    """
    resolved = path.resolve()
    if str(resolved) in _mount_points() and resolved.is_file():
        raise UsageError(
            f"{path} is mounted as a single file, so its write-ahead log would not be stored with it",
            hint="mount the folder of the journal instead of the file",
            code="JournalMounted",
        )


def _mount_points() -> set[str]:
    """The mount points of Linux; empty elsewhere. Blanks are written as octal numbers."""
    with suppress(OSError):
        lines = _MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
        return {re.sub(r"\\([0-7]{3})", _octal, line.split(" ")[4]) for line in lines}
    return set()


def _octal(found: re.Match[str]) -> str:
    return chr(int(found[1], 8))


def _try_lock(descriptor: int) -> bool:
    if os.name == "nt":
        return _try_lock_on_windows(descriptor)
    import fcntl

    try:
        if hasattr(fcntl, "F_OFD_SETLK"):
            # struct flock: type, whence, start, length, process (0: the open file).
            lock = struct.pack("@hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, _BYTE, 1, 0)
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, lock)
        else:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _BYTE, os.SEEK_SET)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks: claims are checked, see `Journal.commit`
        return True
    return True


def _try_lock_on_windows(descriptor: int) -> bool:
    import msvcrt

    os.lseek(descriptor, _BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    return True
