"""`sescli suppression export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command
from sescli.groups.suppression.commands.file_options import Format, count_addresses
from sescli.output.results import Done, Lines
from sescli.runtime import Runtime

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
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, or - for standard output.")],
    kind: Format = None,
    json_lines: Annotated[bool, typer.Option("--json-lines", help="The same as --format jsonl.")] = False,
    reason: Annotated[
        str | None, typer.Option(metavar="REASON", help="bounce or complaint; else both.")
    ] = None,
) -> Done | Lines:
    """Write the whole list to a file: to keep it, to move it to another region or provider, to mend it.

    CSV and JSON lines are as the account's import job takes them (address,REASON without a header), and as
    'suppression import' does; a name that ends in .jsonl, .txt (one address a line) or .gz says so. A list of
    any length is written as it comes, beside the file, which then changes in one stroke. Only you may read
    the file (mode 0600): these are other people's addresses. For a spreadsheet take 'suppression list -o csv'.
    """
    from sescli.groups.suppression.service import entries, files
    from sescli.groups.suppression.service import export as suppression_export

    path = None if file == "-" else Path(file)
    kind = files.format_of(path, "jsonl" if json_lines else kind)
    reasons = [entries.parse_reason(reason)] if reason else ()

    def on_unwritable(address: str) -> None:
        rt.output.warn(f"left out, because it would break its line: {address!r}; --json-lines keeps it")

    lines = files.to_lines(entries.entries(rt.aws, reasons=reasons), kind, on_unwritable)
    if path is None:
        return Lines(lines)
    target = suppression_export.check_target(path)
    if rt.settings.dry_run:
        return Done(f"Dry run: {file} is not written.", {"file": file, "format": kind, "addresses": None})
    count = suppression_export.save(target, lines)
    return Done(
        f"{count_addresses(count)} of {rt.aws.region} in {file}.",
        {"file": file, "format": kind, "addresses": count},
        next=NextCommand("suppression", "diff", file),
    )
