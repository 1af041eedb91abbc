"""Write the DNS records of a domain to a file."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sescli.dns.formats import FORMATS, render
from sescli.errors import LocalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.records import Record

TEXT = "text"  # for reading; the other formats are for programs


def checked_form(name: str) -> str:
    """Parse `text` or one of `FORMATS`, in any case. Raises `UsageError`."""
    if name.lower() not in {TEXT, *FORMATS}:
        raise UsageError(
            f"--format {name!r} is not valid", hint=f"use {', '.join((TEXT, *FORMATS[:-1]))} or {FORMATS[-1]}"
        )
    return name.lower()


def check_writable(file: str) -> None:
    """Check that a file can be written, before any change. Raises `LocalError`."""
    path = Path(file)
    if path.is_dir():
        raise LocalError(f"cannot write {path}: it is a directory")
    if not path.parent.is_dir():
        raise LocalError(f"cannot write {path}: the directory {path.parent} does not exist")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise LocalError(f"cannot write {path}: {os.strerror(errno.EACCES)}")


def write(file: str, form: str, records: Sequence[Record], zone: str, text: str) -> Path:
    """Write the records of a zone in the format `form`; `text` is the content for `text`. Raises `LocalError`."""
    path = Path(file)
    content = f"{text}\n" if form == TEXT else render(form, records, zone)
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise LocalError(f"cannot write {path}: {error.strerror}") from error
    return path
