"""Write the DNS records of a domain to a file."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sescli.dns.formats import FORMATS, render
from sescli.errors import LocalError, UsageError
from sescli.text.output_file import check_target, reserve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.records import Record

_HINT = "choose another file: --file FILE"
TEXT = "text"  # for reading; the other formats are for programs


def checked_form(name: str) -> str:
    """Parse `text` or one of `FORMATS`, in any case. Raises `UsageError`."""
    if name.lower() not in {TEXT, *FORMATS}:
        raise UsageError(
            f"--format {name!r} is not valid", hint=f"use {', '.join((TEXT, *FORMATS[:-1]))} or {FORMATS[-1]}"
        )
    return name.lower()


def check_writable(file: str) -> None:
    """Check that a file can be written, before any change. Raises `LocalError`, and `InputFileError` for a link."""
    path = Path(file)
    if path.is_dir() and not path.is_symlink():
        raise LocalError(f"cannot write {path}: it is a directory")
    check_target(path, hint=_HINT)
    if not path.parent.is_dir():
        raise LocalError(f"cannot write {path}: the directory {path.parent} does not exist")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise LocalError(f"cannot write {path}: {os.strerror(errno.EACCES)}")


def write(file: str, form: str, records: Sequence[Record], zone: str, text: str) -> Path:
    """Write the records of a zone in the format `form`; `text` is the content for `text`. Raises `LocalError`."""
    path = Path(file)
    content = f"{text}\n" if form == TEXT else render(form, records, zone)
    reserve(path, lambda: None, hint=_HINT, private=False).write(
        content
    )  # the plan says that it replaces a file
    return path
