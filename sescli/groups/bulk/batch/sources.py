"""Reads recipients from the batch file, another file, or standard input."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from sescli.errors import InputFileError, Place
from sescli.groups.bulk.batch.objects import read_inline, read_json_array, read_json_lines, read_yaml
from sescli.groups.bulk.batch.tables import read_table
from sescli.groups.bulk.model.spec import Columns, InlineRecipients, RecipientsFile
from sescli.text.input_files import open_argument, open_inside
from sescli.text.utf8 import Utf8Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sescli.groups.bulk.batch.recipients import SourceRow

_FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
}


def read_recipients(
    recipients: RecipientsFile | InlineRecipients, *, stdin: IO[bytes] | None = None
) -> Iterator[SourceRow]:
    """Every row of the source in its order, as a stream.

    Raises `InputFileError` if the source cannot be read or has no recipients.
    """
    rows = _rows(recipients, stdin)
    first = next(rows, None)
    if first is None:
        name = recipients.shown if isinstance(recipients, RecipientsFile) else recipients.file
        raise InputFileError("has no recipients", place=Place(name))
    yield first
    yield from rows


def _rows(recipients: RecipientsFile | InlineRecipients, stdin: IO[bytes] | None) -> Iterator[SourceRow]:
    if isinstance(recipients, InlineRecipients):
        yield from read_inline(recipients, Columns())
        return
    kind = _format(recipients)
    with _opened(recipients, stdin) as stream:
        source = Utf8Source(stream, recipients.shown)
        match kind:
            case "csv":
                yield from read_table(source, recipients.columns, delimiter=recipients.delimiter)
            case "tsv":
                yield from read_table(source, recipients.columns, delimiter="\t")
            case "jsonl":
                yield from read_json_lines(source, recipients.columns)
            case "json":
                yield from read_json_array(source, recipients.columns)
            case _:
                yield from read_yaml(source, recipients.shown, recipients.columns)


def _format(recipients: RecipientsFile) -> str:
    if recipients.format:
        return recipients.format
    if recipients.path is None:
        # Standard input has no file name to tell the format; csv is the most common one.
        return "csv"
    suffixes = [suffix.lower() for suffix in recipients.path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    kind = _FORMATS.get(suffixes[-1]) if suffixes else None
    if kind is None:
        raise InputFileError(
            "the file name does not show the format",
            place=Place(recipients.shown),
            hint="add the format: recipients: {file: …, format: csv}; formats: csv, tsv, jsonl, json, yaml",
        )
    return kind


@contextmanager
def _opened(recipients: RecipientsFile, stdin: IO[bytes] | None) -> Iterator[IO[bytes]]:
    if recipients.path is None:
        yield stdin or sys.stdin.buffer
        return
    try:
        stream = _open(recipients.path, recipients.folder)
    except OSError as error:
        raise InputFileError(
            f"cannot be read: {error.strerror or error}", place=Place(recipients.shown)
        ) from error
    with stream:
        yield stream


def _open(path: Path, folder: Path | None) -> IO[bytes]:
    return open_argument(path) if folder is None else open_inside(folder, path)
