"""`sescli suppression`: the account's suppression list; here as a file: export, import, diff, import jobs."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.params import parse_duration
from sescli.exits import ExitCode
from sescli.groups.suppression.commands.entries import app
from sescli.groups.suppression.commands.imports import (
    Wish,
    addresses,
    opened_file,
    report_bad,
    run_import,
    tell_failure,
)
from sescli.output.results import Column, Details, Done, Lines, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.groups.suppression.service.diff import Comparison
    from sescli.groups.suppression.service.table import Difference, Table

_DIFFERENCE = (
    Column("address", "email"),
    Column("state", "state", "status"),
    Column("in the file", "reason_in_file"),
    Column("at SES", "reason_at_ses"),
)
_JOB = (
    Column("job", "job_id"),
    Column("status", "status", "status"),
    Column("action", "action"),
    Column("processed", "processed", "number"),
    Column("failed", "failed", "number"),
    Column("created", "created_at", "time"),
)
# People see so many differences; the machine formats give all of them.
_SHOWN = 20

File = Annotated[str, typer.Argument(metavar="FILE", help="A file, or - for standard input.")]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="FORMAT", help="csv, jsonl or txt; else what the file's name says."),
]


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

    def unfit(address: str) -> None:
        rt.output.warn(f"left out, because it would break its line: {address!r}; --json-lines keeps it")

    lines = files.written(entries.entries(rt.aws, reasons=reasons), kind, unfit)
    if path is None:
        return Lines(lines)
    target = suppression_export.check_target(path)
    if rt.settings.dry_run:
        return Done(f"Dry run: {file} is not written.", {"file": file, "format": kind, "addresses": None})
    count = suppression_export.save(target, lines)
    return Done(
        f"{addresses(count)} of {rt.aws.region} in {file}.",
        {"file": file, "format": kind, "addresses": count},
        next=f"sescli suppression diff {shlex.quote(file)}",
    )


@command(
    app,
    "import",
    examples=[
        "sescli suppression import examples/suppression/suppressed.csv",
        "sescli suppression import examples/suppression/unsubscribed.txt --reason complaint",
        "sescli suppression import examples/suppression/suppressed.jsonl --action delete --yes",
        "sescli suppression import examples/suppression/suppressed.csv --bucket s3://my-email-bucket/suppression",
    ],
)
def import_file(
    rt: Runtime,
    file: File,
    kind: Format = None,
    reason: Annotated[
        str, typer.Option(metavar="REASON", help="bounce or complaint, where the file says neither.")
    ] = "bounce",
    action: Annotated[
        str, typer.Option(metavar="ACTION", help="put: onto the list. delete: off the list.")
    ] = "put",
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Import the good lines though others are bad.")
    ] = False,
    bucket: Annotated[
        str | None,
        typer.Option(metavar="s3://BUCKET/PREFIX", help="Let SES's import job do it, from this bucket."),
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="With --bucket: do not wait for SES.")] = False,
    timeout: Annotated[str, typer.Option(metavar="TIME", help="With --bucket: wait so long.")] = "1h",
) -> Done:
    """Put the addresses of a file on the list, or take them off, as when you come from another provider.

    The file has a line an address: CSV (address,REASON, or with a header that names email and reason), JSON
    lines, or just addresses; gzip too. Bad lines are told, all of them, and nothing is imported then. An address
    that stands there twice, in whatever case, counts once. What the list has already costs no call, so an import
    that was cut short is simply run again. More than 1,000 new addresses, and every deletion, are asked about first.

    Without --bucket each address is one call. For many give a bucket: SES's import job takes 100,000 addresses
    an object (10,000 to delete). SES must be allowed to read the bucket: its policy wants s3:GetObject for
    ses.amazonaws.com. The objects are deleted when SES is through with them. In the sandbox SES lets nobody change
    the list.
    """
    limit = parse_duration(timeout, "--timeout").total_seconds()
    wish = Wish.of(
        file, kind, reason, action, bucket, skip_invalid=skip_invalid, wait=0 if no_wait else limit
    )
    return run_import(rt, wish)


@command(
    app,
    "diff",
    examples=[
        "sescli suppression diff examples/suppression/jane.csv",
        "sescli suppression diff examples/suppression/jane.csv -o csv",
    ],
)
def diff(rt: Runtime, file: File, kind: Format = None) -> Details | Listing:
    """Hold a file against the list: what is only in the file, only at SES, or there for another reason.

    For two systems that should know the same addresses. Exit code 3 when they differ. Upper and lower case do
    not matter; a file without reasons is compared by address alone. The machine formats give each difference,
    as it comes: only_in_file, only_at_ses, reason.
    """
    from sescli.groups.suppression.service import diff as suppression_diff
    from sescli.groups.suppression.service.table import table

    with ExitStack() as stack:
        sides = stack.enter_context(table())
        with opened_file(rt, file, kind) as (lines, name):
            count = suppression_diff.load(rt.aws, sides, lines)
        report_bad(rt, sides, count, name, skip=False)
        found = suppression_diff.compare(sides)
        exit_code = ExitCode.OK if found.same else ExitCode.CHECK_FAILED
        if rt.output.for_people:
            return _in_figures(file, found, sides, exit_code)
        return Listing(_streamed(stack.pop_all(), sides), _DIFFERENCE, exit_code=exit_code)


def _streamed(stack: ExitStack, sides: Table) -> Iterator[Difference]:
    """The differences, and then the table is closed: the output reads them after the command is through."""
    with stack:
        yield from sides.differences()


def _in_figures(file: str, found: Comparison, sides: Table, exit_code: ExitCode) -> Details:
    count = found.only_in_file + found.only_at_ses + found.reason_differs
    fields = (
        ("in the file", found.in_file),
        ("at SES", found.at_ses),
        ("only in the file", found.only_in_file),
        ("only at SES", found.only_at_ses),
        ("another reason", found.reason_differs),
    )
    title = f"{file} and the list are the same." if found.same else f"{file} and the list differ."
    if found.same:
        return Details(found, fields, title=title)
    first = Listing(list(islice(sides.differences(), _SHOWN)), _DIFFERENCE)
    more = "-o csv gives all of them" if count > _SHOWN else None
    return Details(
        found,
        fields,
        [first],
        title=title,
        text=more,
        next=f"sescli suppression import {shlex.quote(file)}" if found.only_in_file else None,
        exit_code=exit_code,
    )


@command(
    app,
    "jobs",
    examples=["sescli suppression jobs", "sescli suppression jobs -q '[0].status'"],
)
def jobs(
    rt: Runtime,
    job_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[JOB…]", help="These jobs, whole; else all of them in short."),
    ] = None,
) -> Listing:
    """Show the account's import jobs, as 'suppression import --bucket' makes them.

    Look here after --no-wait, or when you did not wait to the end. With a job's id also why it failed, and where
    SES has put the records that it did not take.
    """
    from sescli.groups.suppression.service import import_jobs

    if not job_ids:
        return Listing(import_jobs.jobs(rt.aws), _JOB, empty=f"No import jobs in {rt.aws.region}.")
    found = [import_jobs.get(rt.aws, job_id) for job_id in job_ids]
    for job in found:
        tell_failure(rt, job)
    return Listing(found, _JOB)
