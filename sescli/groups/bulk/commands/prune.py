"""`sescli bulk prune`: delete journals."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.params import parse_duration
from sescli.groups.bulk.commands.context import current_place, find_runs
from sescli.groups.bulk.commands.options import run_names
from sescli.groups.bulk.views.prune import CANDIDATE_COLUMNS, format_size, prune_consequence, size_text
from sescli.output.results import Done, Listing
from sescli.runtime import Runtime
from sescli.text.plurals import counted

app = typer.Typer()

RunsToPrune = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[RUN]...",
        help="IDs or names of runs. Default: all finished runs without unknown results.",
        autocompletion=run_names,
    ),
]
OlderThan = Annotated[
    str | None,
    typer.Option(
        "--older-than", metavar="TIME", help="Only runs that ended at least this long ago: 30d, 12h."
    ),
]
Unfinished = Annotated[
    bool,
    typer.Option("--unfinished", help="Include runs with pending or unknown recipients."),
]


@command(
    app,
    "prune",
    examples=["sescli bulk prune --older-than 30d", "sescli bulk prune order-confirmation-2026-11"],
)
def prune(
    rt: Runtime, run: RunsToPrune = None, older_than: OlderThan = None, unfinished: Unfinished = False
) -> Done:
    """Delete journals that you no longer need. They contain addresses and personal data.

    Only the journal records who got a message, the message IDs, and that this name was sent. Without it,
    'bulk run' of the same batch file sends to everyone again. 'bulk results RUN -o csv' keeps the results.

    Never deletes a run that a process is sending now. Deletes a run with pending or unknown recipients only if you name
    it or use --unfinished. Also deletes incomplete files that a crash left.
    """
    from sescli.groups.bulk.service import prune as bulk_prune

    age = parse_duration(older_than, "--older-than") if older_than else None
    choice = bulk_prune.PruneOptions(run or (), age, unfinished)
    runs = find_runs(rt, None)
    found = bulk_prune.select_journals(runs, choice, current_place(rt), rt.world.clock(), rt.output.note)
    if not found:
        return Done("No journals to delete.", {"deleted": [], "freed": 0})
    if rt.output.for_people:
        rt.output.result(Listing(found, CANDIDATE_COLUMNS))
    if planned := rt.dry_run_result(f"delete {size_text(found)}: {', '.join(one.run for one in found)}"):
        return planned
    rt.confirm("Delete them?", consequence=prune_consequence(found))
    freed = bulk_prune.delete(runs, found)
    deleted = f"{counted(len(found), 'journal')} ({format_size(freed)})"
    message = f"Deleted {deleted}. 'bulk run' can now send these names again."
    return Done(message, {"deleted": found, "freed": freed})
