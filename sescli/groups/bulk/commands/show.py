"""`sescli bulk show`: the state of one run."""

from __future__ import annotations

import typer

from sescli.cli.decorator import command
from sescli.exits import ExitCode
from sescli.groups.bulk.commands.context import current_place, find_runs
from sescli.groups.bulk.commands.options import JournalPath, RunName
from sescli.groups.bulk.views.summary import summary_details
from sescli.output.results import Details
from sescli.runtime import Runtime

app = typer.Typer()


@command(app, "show", examples=["sescli bulk show"])
def show(rt: Runtime, run: RunName = None, journal: JournalPath = None) -> Details:
    """Show one run: recipients by state, and why some got no message.

    You can use it while another process sends. Exits with code 3 if the journal is damaged or lost results.
    """
    from sescli.groups.bulk.service import listing

    found = listing.show(find_runs(rt, journal), run, current_place(rt))
    exit_code = ExitCode.CHECK_FAILED if found.problem else ExitCode.OK
    return summary_details(found, exit_code, journal)
