"""`sescli bulk list`: the runs on this machine."""

from __future__ import annotations

from itertools import islice

import typer

from sescli.advice import Advice, NextCommand
from sescli.cli.decorator import command
from sescli.groups.bulk.commands.context import find_runs
from sescli.groups.bulk.commands.options import Limit
from sescli.groups.bulk.views.summary import RUN_COLUMNS
from sescli.output.results import Listing
from sescli.runtime import Runtime

app = typer.Typer()


@command(app, "list", examples=["sescli bulk list"])
def list_runs(rt: Runtime, limit: Limit = None) -> Listing:
    """List the runs on this machine, newest first."""
    from sescli.groups.bulk.service import listing

    found = listing.summaries(find_runs(rt, None), rt.output.warn)
    empty = Advice("No runs yet. To start one: ", NextCommand("bulk", "run", "BATCH_FILE"))
    return Listing(islice(found, limit), RUN_COLUMNS, empty=empty)
