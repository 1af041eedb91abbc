"""Writing an exported suppression list to a file."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from sescli.groups.suppression.service.files import compressor
from sescli.text.output_file import OutputFile, check_target, reserve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_HINT = "give a new file, or '-' for standard output"


def check(path: Path) -> None:
    """Raise `InputFileError` if the path is a link, a folder or a device."""
    check_target(path, hint=_HINT)


def open_target(path: Path, may_replace: Callable[[], None]) -> OutputFile:
    """The file to write; `may_replace` raises to keep an existing one. Raises `InputFileError`.

    Only the owner can read the file, under any umask, because it contains personal data.
    """
    return reserve(path, may_replace, hint=_HINT)


def save(target: OutputFile, lines: Iterable[str]) -> int:
    """Write lines. Returns their number. If it stops early, an existing file stays unchanged. Raises `LocalError`."""

    def fill(file: IO[bytes]) -> int:
        count = 0
        stream = compressor(target.path, file)
        for line in lines:
            stream.write(line.encode())
            count += 1
        if stream is not file:
            stream.close()  # the end of the gzip
        return count

    try:
        return target.write_with(fill)
    finally:
        target.discard()
