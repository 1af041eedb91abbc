"""Writing an exported suppression list to a file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sescli.errors import InputFileError, LocalError, Place
from sescli.groups.suppression.service.files import compressor

if TYPE_CHECKING:
    from collections.abc import Iterable


def check_target(path: Path) -> Path:
    """The file to write, with links resolved. Raises `InputFileError` if it is not a file."""
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            raise InputFileError("is not a file", place=Place(str(path)), hint="for standard output, use '-'")
        if not target.parent.is_dir():
            raise InputFileError("cannot be written: the folder does not exist", place=Place(str(path)))
    except OSError as error:
        raise InputFileError(f"cannot be written: {error.strerror}", place=Place(str(path))) from error
    return target


def save(target: Path, lines: Iterable[str]) -> int:
    """Write lines to a temporary file, then rename it to `target`. Returns the number of lines.

    If it stops early, an existing file stays unchanged. Only the owner can read the file, under any umask, because
    it contains personal data. Raises `LocalError`.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise InputFileError(f"cannot be written: {error.strerror}", place=Place(str(target))) from error
    draft = Path(name)
    try:
        count = _write(descriptor, target, lines)
        draft.replace(target)
    except OSError as error:
        raise LocalError(f"cannot write {target}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    return count


def _write(descriptor: int, target: Path, lines: Iterable[str]) -> int:
    count = 0
    with os.fdopen(descriptor, "wb") as file:
        stream = compressor(target, file)
        for line in lines:
            stream.write(line.encode())
            count += 1
        if stream is not file:
            stream.close()  # the end of the gzip
        file.flush()
        os.fsync(file.fileno())
    return count
