"""`sescli suppression export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command
from sescli.groups.suppression.commands.file_options import Format, count_addresses
from sescli.output.results import Done, Lines
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Its commands become those of `sescli suppression`: a Typer without a name is merged into its parent.
app = typer.Typer()


@command(
    app,
    "export",
    examples=[
        "sescli suppression export suppressed.csv",
        "sescli suppression export suppressed.jsonl.gz --reason complaint",
        "sescli suppression export - --format txt",
    ],
)
def export(
    rt: Runtime,
    file: Annotated[str, typer.Argument(metavar="FILE", help="File to write. - writes to standard output.")],
    kind: Format = None,
    json_lines: Annotated[bool, typer.Option("--json-lines", help="Same as --format jsonl.")] = False,
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="Only addresses with this reason: bounce or complaint. Default: both."
        ),
    ] = None,
) -> Done | Lines:
    """Export the suppression list to a file, as a backup or to move it to another region or provider.

    SES import jobs and 'suppression import' accept the CSV (address,REASON without a header) and JSON Lines formats.
    The file name selects the format: .jsonl, .txt (one address per line), and .gz for gzip. sescli writes a
    temporary file and replaces the target when it is complete. It asks before it replaces an existing file (--yes
    answers the question), and it never writes through a symbolic link. Only you can read the file (mode 0600), because
    it contains personal data. For a spreadsheet, use 'suppression list -o csv'.
    """
    from sescli.groups.suppression.service import entries, files

    path = None if file == "-" else Path(file)
    kind = files.format_of(path, "jsonl" if json_lines else kind)
    reasons = [entries.parse_reason(reason)] if reason else ()

    lines = files.to_lines(entries.entries(rt.aws, reasons=reasons), kind, _warn_of_skipped(rt))
    if path is None:
        return Lines(lines)
    return _save(rt, path, lines, kind)


def _warn_of_skipped(rt: Runtime) -> Callable[[str], None]:
    def warn(address: str) -> None:
        rt.output.warn(f"skipped {address!r}, which does not fit on one line; --json-lines keeps it")

    return warn


def _save(rt: Runtime, path: Path, lines: Iterable[str], kind: str) -> Done:
    from sescli.groups.suppression.service import export as suppression_export

    file = str(path)
    if rt.settings.dry_run:
        suppression_export.check(path)
        return Done(f"Dry run: {file} was not written.", {"file": file, "format": kind, "addresses": None})

    def may_replace() -> None:
        rt.confirm("Replace it?", consequence=f"{file} already exists and will be overwritten")

    count = suppression_export.save(suppression_export.open_target(path, may_replace), lines)
    return Done(
        f"Exported {count_addresses(count)} from {rt.aws.region} to {file}.",
        {"file": file, "format": kind, "addresses": count},
        next=NextCommand("suppression", "diff", file),
    )
