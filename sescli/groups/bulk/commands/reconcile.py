"""`sescli bulk reconcile`: settle unknown results from event records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command
from sescli.errors import UsageError
from sescli.groups.bulk.commands.context import current_place, find_runs, standard_input
from sescli.groups.bulk.commands.options import JournalPath, run_names
from sescli.groups.bulk.views.reconcile import note_unmatched, reconciliation_details
from sescli.output.results import Details
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.groups.bulk.journal.runs import RunRepository
    from sescli.groups.events.service.records.files import LocatedRecord

app = typer.Typer()

# While many records are read: check the clock after this many, and report progress after this many seconds.
_RECORDS_PER_CHECK, _SECONDS_PER_REPORT = 1_000, 5.0

Events = Annotated[
    list[str],
    typer.Argument(
        metavar="[RUN] EVENTS...",
        help="ID or name of a run (default: the newest on this endpoint); then files or folders of event records, "
        "- for standard input, or s3://BUCKET/PREFIX.",
        autocompletion=run_names,
    ),
]


@command(
    app,
    "reconcile",
    examples=[
        "sescli bulk reconcile examples/bulk/events.jsonl",
        "sescli bulk reconcile order-confirmation-2026-11 examples/bulk/events.jsonl",
    ],
)
def reconcile(rt: Runtime, events: Events, journal: JournalPath = None) -> Details:
    """Resolve unknown results of a run from the events that SES published.

    Each message of a run has the tags sescli-run and sescli-row, and each event repeats them. An event proves that SES
    accepted the message for this row: the row becomes sent, with its message ID. A Reject or Rendering Failure event
    proves that SES then dropped the message: the row becomes failed, and 'bulk retry --code RENDERING_FAILURE' can send
    it again. A missing event proves nothing; such a row does not change.

    The command reads records from SNS, SQS, Firehose or EventBridge, one per line or in a list, also gzip
    files. It counts and skips events of other runs. You can repeat it as more events arrive. Exits with code
    0 when no recipient is unknown, otherwise with 3.
    """
    from sescli.groups.bulk.service import reconcile as bulk_reconcile
    from sescli.groups.events.service import sources as event_sources

    runs = find_runs(rt, journal)
    run, sources = _split_arguments(runs, events)
    stdin = None if rt.world.stdin.isatty() else standard_input(rt)
    records = _with_progress(rt, event_sources.records(sources, stdin, lambda: rt.aws))
    dry_run = rt.settings.dry_run
    done = bulk_reconcile.reconcile(runs, run, current_place(rt), records, rt.world.clock, dry_run=dry_run)
    note_unmatched(rt, done)
    return reconciliation_details(done, journal, dry_run=dry_run)


def _with_progress(rt: Runtime, records: Iterator[LocatedRecord]) -> Iterator[LocatedRecord]:
    """The records, with a note every few seconds: a million records take a minute."""
    last = rt.world.clock()
    for number, record in enumerate(records, 1):
        yield record
        if number % _RECORDS_PER_CHECK == 0 and rt.world.clock() - last >= _SECONDS_PER_REPORT:
            last = rt.world.clock()
            rt.output.note(f"{number:,} records read, now in {record.file}")


def _split_arguments(runs: RunRepository, words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The run, if the first word names one, and the sources."""
    first = words[0]
    is_source = first == "-" or first.startswith("s3://") or Path(first).exists()
    is_run = runs.journal is None and runs.has_run(first)
    if len(words) > 1 and (is_run or (not is_source and runs.journal is None)):
        return first, words[1:]
    if is_run and not is_source:
        raise UsageError(
            f"missing: the event records of run '{first}'",
            hint=NextCommand("bulk", "reconcile", first, "EVENTS"),
        )
    return None, words
