"""`sescli bulk results`: the result of each recipient of a run."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.errors import UsageError
from sescli.exits import ExitCode
from sescli.groups.bulk.commands.context import current_place, find_runs
from sescli.groups.bulk.commands.options import JournalPath, Limit, RunName
from sescli.groups.bulk.views.recipients import recipient_columns, to_row
from sescli.output.results import Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer()

States = Annotated[
    list[str] | None,
    typer.Option("--state", help="Only recipients in this state. Repeatable.", metavar="STATE"),
]


@command(
    app,
    "results",
    examples=["sescli bulk results", "sescli bulk results --state failed --state unknown -o csv"],
)
def results(
    rt: Runtime,
    run: RunName = None,
    journal: JournalPath = None,
    state: States = None,
    limit: Limit = None,
) -> Listing:
    """List the result of each recipient, in the order of the batch file.

    A narrow terminal does not show the message IDs. -o json and -o csv include them. Exits with code 3 if the journal is
    damaged or lost results.
    """
    from sescli.groups.bulk.service import listing

    states = _check_states(state)
    runs, place = find_runs(rt, journal), current_place(rt)
    problem = listing.show(runs, run, place).problem
    if problem:
        rt.output.warn(problem)
    found = listing.results(runs, run, place, states)
    return Listing(
        map(to_row, islice(found, limit)),
        recipient_columns(rt),
        empty="No recipients in this state.",
        exit_code=ExitCode.CHECK_FAILED if problem else ExitCode.OK,
    )


def _check_states(given: Sequence[str] | None) -> Sequence[str]:
    from sescli.groups.bulk.model.entries import STATES

    for state in given or ():
        if state not in STATES:
            raise UsageError(f"--state {state!r} is not one of: {', '.join(STATES)}")
    return given or STATES
