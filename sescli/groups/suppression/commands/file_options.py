"""The file that `suppression import`, `export` and `diff` read or write."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.errors import InputFileError, Place
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sescli.groups.suppression.service.comparison import ComparisonTable, FileCount
    from sescli.groups.suppression.service.files import Parsed
    from sescli.runtime import Runtime

File = Annotated[str, typer.Argument(metavar="FILE", help="File to read. - reads standard input.")]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", metavar="FORMAT", help="File format: csv, jsonl or txt. Default: from the file name."
    ),
]


@contextmanager
def open_file(rt: Runtime, file: str, kind: str | None) -> Iterator[tuple[Iterable[Parsed], str]]:
    """The entries of a file, or of standard input for `-`, and its name for messages."""
    from sescli.groups.suppression.service import files

    path = None if file == "-" else Path(file)
    kind = files.format_of(path, kind)
    with files.open_source(path, getattr(rt.world.stdin, "buffer", None)) as (stream, name):
        yield files.read(stream, name, kind), name


def report_invalid_lines(
    rt: Runtime, table: ComparisonTable, count: FileCount, name: str, *, skip: bool
) -> None:
    """Warn of each invalid line. Raises `InputFileError` for lines that must not be skipped, and without addresses."""
    for bad in table.bad():
        rt.output.warn(f"{Place(name, bad.line)}: {bad.why}")
    if count.bad and not skip:
        raise InputFileError(
            f"{counted(count.bad, 'invalid line')} and {count_addresses(count.addresses)}; nothing was changed",
            place=Place(name),
            hint="fix the invalid lines, or import only the addresses with --skip-invalid",
            code="BadLines",
        )
    if not count.addresses:
        raise InputFileError("contains no addresses", place=Place(name))


def count_addresses(count: int) -> str:
    """`1 address`, `2 addresses`."""
    return "1 address" if count == 1 else f"{count:,} addresses"
