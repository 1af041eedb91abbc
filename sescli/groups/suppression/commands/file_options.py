"""The file that `suppression import`, `export` and `diff` read or write."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.errors import InputFileError, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sescli.groups.suppression.service.comparison import ComparisonTable, FileCount
    from sescli.groups.suppression.service.files import Parsed
    from sescli.runtime import Runtime

File = Annotated[str, typer.Argument(metavar="FILE", help="A file, or - for standard input.")]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="FORMAT", help="csv, jsonl or txt; else what the file's name says."),
]


@contextmanager
def open_file(rt: Runtime, file: str, kind: str | None) -> Iterator[tuple[Iterable[Parsed], str]]:
    """The entries of a file, or of standard input for `-`, and its name for messages."""
    from sescli.groups.suppression.service import files

    path = None if file == "-" else Path(file)
    kind = files.format_of(path, kind)
    with files.open_source(path, getattr(rt.world.stdin, "buffer", None)) as (stream, name):
        yield files.read(stream, name, kind), name


def report_bad(rt: Runtime, table: ComparisonTable, count: FileCount, name: str, *, skip: bool) -> None:
    """Tell each bad line. Raises `InputFileError` unless they may be skipped, or nothing else is there."""
    for bad in table.bad():
        rt.output.warn(f"{Place(name, bad.line)}: {bad.why}")
    if count.bad and not skip:
        bad_lines = "a bad line" if count.bad == 1 else f"{count.bad:,} bad lines"
        raise InputFileError(
            f"{bad_lines} beside {count_addresses(count.addresses)}; nothing was done",
            place=Place(name),
            hint="mend them, or for an import leave them out with --skip-invalid",
            code="BadLines",
        )
    if not count.addresses:
        raise InputFileError("holds no address", place=Place(name))


def count_addresses(count: int) -> str:
    """`1 address`, `2 addresses`."""
    return "1 address" if count == 1 else f"{count:,} addresses"
