"""The DNS records of a domain as a file to hand on."""

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

TEXT = "text"  # for a person; the others are for machines


def checked_form(name: str) -> str:
    """`text` or one of `FORMATS`, whatever its case. Raises `UsageError` for another."""
    if name.lower() not in {TEXT, *FORMATS}:
        raise UsageError(f"--format is {name!r}, which is none of: {', '.join((TEXT, *FORMATS))}")
    return name.lower()


def check_writable(file: str) -> None:
    """Before anything is begun. Raises `LocalError` for a file that could not be written."""
    path = Path(file)
    if path.is_dir():
        raise LocalError(f"{path} cannot be written: it is a folder")
    if not path.parent.is_dir():
        raise LocalError(f"{path} cannot be written: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise LocalError(f"{path} cannot be written: {os.strerror(errno.EACCES)}")


def write(file: str, form: str, records: Sequence[Record], zone: str, text: str) -> Path:
    """Write the records of a zone in a form; `text` is what a person gets. Raises `LocalError`."""
    path = Path(file)
    content = f"{text}\n" if form == TEXT else render(form, records, zone)
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise LocalError(f"{path} cannot be written: {error.strerror}") from error
    return path
