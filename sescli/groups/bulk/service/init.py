"""Service of `bulk init`: writes a new batch file."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.errors import LocalError, UsageError
from sescli.groups.bulk.batch.schema_validation import schema
from sescli.groups.bulk.batch.starter import Starter, name_problem
from sescli.mail.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def build_starter(path: Path, given: Mapping[str, str]) -> Starter:
    """The values from the options. Raises `UsageError` for a name or an address that is not valid."""
    known = replace(Starter(path=str(path)), **given)
    problem = name_problem(known.name)
    if problem:
        raise UsageError(f"--name {known.name!r} is not valid: {problem}")
    parse_address(known.sender)
    return known


def write(path: Path, chosen: Starter, *, schema_too: bool) -> list[Path]:
    """Write the file, and with `schema_too` the JSON Schema in the same folder; returns the written files.

    Raises `LocalError`.
    """
    files = {path: chosen.text()}
    if schema_too:
        schema_file = path.with_name("sescli-batch.schema.json")
        files = {
            path: f"# yaml-language-server: $schema={schema_file.name}\n{chosen.text()}",
            schema_file: json.dumps(schema(), indent=2) + "\n",
        }
    for file, text in files.items():
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise LocalError(f"cannot write {file}: {error.strerror}") from error
    return list(files)
