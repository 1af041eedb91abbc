"""Service of `bulk init`: writes a new batch file."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.groups.bulk.batch.schema_validation import schema
from sescli.groups.bulk.batch.starter import Starter, name_problem
from sescli.mail.addresses import parse_address
from sescli.text.output_file import reserve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_HINT = "give the name of a new file: sescli bulk init PATH"


def build_starter(path: Path, given: Mapping[str, str]) -> Starter:
    """The values from the options. Raises `UsageError` for a name or an address that is not valid."""
    known = replace(Starter(path=str(path)), **given)
    problem = name_problem(known.name)
    if problem:
        raise UsageError(f"--name {known.name!r} is not valid: {problem}")
    parse_address(known.sender)
    return known


def write(
    path: Path, chosen: Starter, *, schema_too: bool, may_replace: Callable[[Path], None]
) -> list[Path]:
    """Write the file, and with `schema_too` the JSON Schema in the same folder; returns the written files.

    `may_replace` is called for each file that exists, before any is written, and raises to refuse. Raises
    `InputFileError` for a link or a folder, and `LocalError`.
    """
    files = {path: chosen.text()}
    if schema_too:
        schema_file = path.with_name("sescli-batch.schema.json")
        files = {
            path: f"# yaml-language-server: $schema={schema_file.name}\n{chosen.text()}",
            schema_file: json.dumps(schema(), indent=2) + "\n",
        }
    reserved = [
        (reserve(file, partial(may_replace, file), hint=_HINT, private=False), files[file]) for file in files
    ]
    for output, text in reserved:
        output.write(text)
    return list(files)
