"""Texts and files given on the command line.

A body option accepts the text itself, `@path`, `file://path`, or `-` for standard input; `@@` stands for a text that
begins with `@`. A file option accepts a path or `-`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sescli.errors import InputFileError, Place, UsageError
from sescli.text.decoding import decoded
from sescli.text.input_files import open_argument, read_at_most

if TYPE_CHECKING:
    from sescli.runtime import Runtime

STANDARD_INPUT = "standard input"
# The largest message that SES accepts has 40 MB.
_LARGEST = 64 * 1024 * 1024


def read_body(given: str, rt: Runtime) -> str:
    """The text of a body option. Raises `InputFileError` if it cannot be read or is not UTF-8."""
    if given.startswith("@@"):
        return given[1:]
    if given == "-":
        return decoded(_standard_input(rt), STANDARD_INPUT)
    path = _path(given)
    return given if path is None else decoded(_file(path), path)


def read_file(path: str, rt: Runtime) -> bytes:
    """The bytes of a file option: a path, or `-`. Raises `InputFileError`."""
    return _standard_input(rt) if path == "-" else _file(path)


def name_of(path: str) -> str:
    """The name of a file option in messages."""
    return STANDARD_INPUT if path == "-" else path


def _path(given: str) -> str | None:
    if given.startswith("@"):
        return given[1:]
    if not given.startswith("file://"):
        return None
    parts = urlsplit(given)
    # In file://body.html, as the AWS CLI writes it, the file name is where a URL has its host.
    return unquote(parts.netloc + parts.path)


def _standard_input(rt: Runtime) -> bytes:
    stream = rt.world.stdin
    if stream.isatty():
        raise UsageError(
            "'-' reads standard input, which is a terminal",
            hint="pipe a file into sescli, or give the name of the file",
        )
    try:
        data = read_at_most(stream.buffer, _LARGEST)
    except OSError as error:
        reason = error.strerror or error
        raise InputFileError(f"cannot be read: {reason}", place=Place(STANDARD_INPUT)) from error
    if not data:
        raise InputFileError("is empty, or was read for another option", place=Place(STANDARD_INPUT))
    return data


def _file(path: str) -> bytes:
    try:
        with open_argument(path) as file:
            return read_at_most(file, _LARGEST)
    except OSError as error:
        raise InputFileError(f"cannot be read: {error.strerror or error}", place=Place(path)) from error
