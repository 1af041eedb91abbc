"""`sescli suppression diff`."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command
from sescli.exits import ExitCode
from sescli.groups.suppression.commands.file_options import File, Format, open_file, report_invalid_lines
from sescli.output.results import Column, Details, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.groups.suppression.service.comparison import Comparison, ComparisonTable, Difference

# Its commands become those of `sescli suppression`: a Typer without a name is merged into its parent.
app = typer.Typer()

_DIFFERENCE = (
    Column("address", "email"),
    Column("difference", "state", "status"),
    Column("reason in the file", "reason_in_file"),
    Column("reason in SES", "reason_at_ses"),
)
# The table shows this many differences; the machine formats have all of them.
_SHOWN = 20


@command(
    app,
    "diff",
    examples=[
        "sescli suppression diff examples/suppression/jane.csv",
        "sescli suppression diff examples/suppression/jane.csv -o csv",
    ],
)
def diff(rt: Runtime, file: File, kind: Format = None) -> Details | Listing:
    """Compare a file with the suppression list: addresses on one side only, or with different reasons.

    Use it if two systems should have the same addresses. The exit code is 3 if they differ. The comparison
    ignores upper and lower case. If the file has no reasons, sescli compares only addresses. The machine
    formats list every difference: only_in_file, only_at_ses or reason.
    """
    from sescli.groups.suppression.service import comparison

    with ExitStack() as stack:
        sides = stack.enter_context(comparison.comparison_table())
        with open_file(rt, file, kind) as (lines, name):
            count = comparison.load(rt.aws, sides, lines)
        report_invalid_lines(rt, sides, count, name, skip=False)
        found = comparison.compare(sides)
        exit_code = ExitCode.OK if found.is_equal else ExitCode.CHECK_FAILED
        if rt.output.for_people:
            return _summary(file, found, sides, exit_code)
        return Listing(_stream(stack.pop_all(), sides), _DIFFERENCE, exit_code=exit_code)


def _stream(stack: ExitStack, sides: ComparisonTable) -> Iterator[Difference]:
    """The differences; then the table closes. The output reads them after the command returns."""
    with stack:
        yield from sides.differences()


def _summary(file: str, found: Comparison, sides: ComparisonTable, exit_code: ExitCode) -> Details:
    count = found.only_in_file + found.only_at_ses + found.reason_differs
    fields = (
        ("in the file", found.in_file),
        ("in SES", found.at_ses),
        ("only in the file", found.only_in_file),
        ("only in SES", found.only_at_ses),
        ("different reason", found.reason_differs),
    )
    title = (
        f"{file} and the suppression list are equal."
        if found.is_equal
        else f"{file} and the suppression list differ."
    )
    if found.is_equal:
        return Details(found, fields, title=title)
    first = Listing(list(islice(sides.differences(), _SHOWN)), _DIFFERENCE)
    more = "-o csv lists all differences." if count > _SHOWN else None
    return Details(
        found,
        fields,
        [first],
        title=title,
        text=more,
        next=NextCommand("suppression", "import", file) if found.only_in_file else None,
        exit_code=exit_code,
    )
