"""Reads a batch file: YAML, checked against the published schema, with the files that it names."""

from __future__ import annotations

import errno
import io
import sys
from pathlib import Path
from typing import Any, TextIO

from sescli.errors import InputFileError, Place
from sescli.groups.bulk.batch.message_reader import MessageSpecReader, path_in_folder
from sescli.groups.bulk.batch.schema_validation import place_of, validate_schema
from sescli.groups.bulk.model import spec
from sescli.text.decoding import decoded
from sescli.text.input_files import open_argument, read_at_most
from sescli.text.yaml_nodes import MAX_BYTES, Mapping, Node, Sequence, plain, read_document

_TOO_LARGE = "keep the recipients in a file of their own: recipients: {file: people.csv}"


def load(path: str, *, stdin: TextIO | None = None, recipients: Path | None = None) -> spec.Batch:
    """Read a batch file; `-` is standard input. `recipients` replaces the recipients file that it names.

    Raises `InputFileError` with file, line, column and key.
    """
    root = _read(path, stdin)
    if not isinstance(root, Mapping):
        raise InputFileError("is not a YAML mapping (name: …, from: …)", place=place_of(path, root.spot))
    validate_schema(root, path)
    return _BatchReader(path, root, recipients).batch()


def _read(path: str, stdin: TextIO | None) -> Node:
    name = "standard input" if path == spec.STANDARD_INPUT else path
    try:
        if path == spec.STANDARD_INPUT:
            data = read_at_most((stdin or sys.stdin).buffer, MAX_BYTES)
        else:
            with open_argument(path) as stream:
                data = read_at_most(stream, MAX_BYTES)
    except OSError as error:
        hint = _TOO_LARGE if error.errno == errno.EFBIG else None
        raise InputFileError(
            f"cannot be read: {error.strerror or error}", place=Place(name), hint=hint
        ) from error
    return read_document(io.StringIO(decoded(data, name)), name)


class _BatchReader:
    """Builds the `Batch` from nodes that match the schema."""

    def __init__(self, path: str, root: Mapping, recipients: Path | None) -> None:
        self._file = "standard input" if path == spec.STANDARD_INPUT else path
        self._folder = Path() if path == spec.STANDARD_INPUT else Path(path).parent
        self._root = root
        self._recipients = recipients
        self._given = plain(root)

    def batch(self) -> spec.Batch:
        given = self._given
        return spec.Batch(
            file=self._file,
            name=given["name"],
            mailing=MessageSpecReader(self._file, self._folder, self._root).read(),
            limits=self._limits(),
            recipients=self._source(),
            default_data=self._data("default_data"),
            duplicates=self._duplicates(),
        )

    def _limits(self) -> spec.SendLimits:
        given = self._given.get("limits", {})
        rate, concurrency = given.get("rate", "auto"), given.get("concurrency", "auto")
        return spec.SendLimits(
            rate=None if rate == "auto" else float(str(rate).removesuffix("/s")),
            concurrency=None if concurrency == "auto" else concurrency,
            max_recipients=given.get("max_recipients"),
            timeout=float(given.get("timeout", spec.DEFAULT_TIMEOUT)),
            stop_at_failure_rate=given.get("stop_at_failure_rate"),
            stop_at_unknown_rate=given.get("stop_at_unknown_rate", spec.DEFAULT_UNKNOWN_RATE),
            stop_after_equal_refusals=given.get("stop_after_equal_refusals", spec.DEFAULT_EQUAL_REFUSALS),
        )

    def _duplicates(self) -> str:
        at_top, in_limits = self._given.get("duplicates"), self._given.get("limits", {}).get("duplicates")
        if at_top and in_limits and at_top != in_limits:
            place = place_of(self._file, self._root.key_spots["duplicates"], "duplicates")
            raise InputFileError("is given twice, with different values", place=place)
        return at_top or in_limits or "error"

    def _data(self, key: str) -> dict[str, Any]:
        node = self._root.items.get(key)
        return plain(node, keep_text=True) if node else {}

    def _source(self) -> spec.RecipientsFile | spec.InlineRecipients:
        node = self._root.items["recipients"]
        if self._recipients is not None:
            columns = node if isinstance(node, Mapping) else Mapping(node.spot)
            return self._recipients_file(columns, self._recipients)
        if isinstance(node, Sequence):
            return spec.InlineRecipients(self._file, node)
        assert isinstance(node, Mapping)
        name = plain(node)["file"]
        if name == spec.STANDARD_INPUT:
            return self._recipients_file(node, None)
        place = place_of(self._file, node.key_spots["file"], "recipients.file")
        return self._recipients_file(node, path_in_folder(self._folder, name, place), self._folder)

    def _recipients_file(
        self, node: Mapping, path: Path | None, folder: Path | None = None
    ) -> spec.RecipientsFile:
        given = plain(node)
        if str(path) == spec.STANDARD_INPUT:
            path = None
        if path is None and self._file == "standard input":
            place = place_of(self._file, node.spot, "recipients.file")
            raise InputFileError(
                "standard input cannot be the batch file and the recipients at the same time", place=place
            )
        data = given.get("data")
        return spec.RecipientsFile(
            path=path,
            format=given.get("format"),
            delimiter=given.get("delimiter", ","),
            columns=spec.Columns(
                to=given.get("to"),
                cc=given.get("cc"),
                bcc=given.get("bcc"),
                id=given.get("id"),
                data=data if data is None or isinstance(data, dict) else {name: name for name in data},
                tags={name: name for name in given.get("tags", ())},
            ),
            folder=folder,
        )
