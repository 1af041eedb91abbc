"""What one does with a journal when the sending is over: settle what is in doubt, and delete it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.bulk.words import counted
from sescli.cli import command
from sescli.commands import bulk_faces as faces
from sescli.errors import UsageError
from sescli.exits import ExitCode
from sescli.output.results import Column, Details, Listing
from sescli.runtime import Runtime  # noqa: TC001 - Typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.bulk.runs import Runs
    from sescli.services.bulk_reconcile import Reading, Reconciled

_CHANGE = (
    Column("the journal said", "before", "status"),
    Column("SES's records prove", "after", "status"),
    Column("recipients", "recipients", "number"),
)
_TROUBLE = (Column("where", lambda one: f"{one.file}:{one.line}"), Column("what", "reason"))


def reconcile(
    rt: Runtime,
    events: Annotated[
        list[str],
        typer.Argument(
            metavar="[RUN] EVENTS...",
            help="A run, or the newest of this place; then files or folders of event records, - or s3://BUCKET/PREFIX.",
            autocompletion=faces.run_names,
        ),
    ],
    journal: faces.JournalPath = None,
) -> Details:
    """Settle what is unknown, from the events that SES published of the mails.

    Each mail of a run carries the tags sescli-run and sescli-row, and every event repeats them: it proves that
    SES accepted the mail for that row, so the row is sent, with its MessageId. A Reject or a Rendering Failure
    proves that SES then dropped the mail: that row is failed, and 'bulk retry --code RENDERING_FAILURE' can send
    it again. That there is no event proves nothing: such a row stays as it is.

    Records are taken as they were stored: of SNS, SQS, Firehose or EventBridge, a line each or a list, gzip too.
    Events of other runs are passed over and counted. It may be done again as more of them come in. Exit code 0
    when no recipient is unknown any more, else 3.
    """
    from sescli.services import bulk_reconcile, event_sources

    known = faces.runs(rt, journal)
    run, sources = _told_apart(known, events)
    stdin = None if rt.world.stdin.isatty() else faces.standard_input(rt)
    records = event_sources.records(sources, stdin, lambda: rt.aws)
    done = bulk_reconcile.reconcile(
        known, run, faces.place(rt), records, rt.world.clock, dry_run=rt.settings.dry_run
    )
    return _reconciled(rt, done, journal)


def _told_apart(known: Runs, words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The run, if one is named, and the sources."""
    first = words[0]
    is_source = first == "-" or first.startswith("s3://") or Path(first).exists()
    is_run = known.journal is None and known.knows(first)
    if len(words) > 1 and (is_run or (not is_source and known.journal is None)):
        return first, words[1:]
    if is_run and not is_source:
        raise UsageError(
            f"which records are to settle '{first}'?",
            hint=f"name files or folders of them: sescli bulk reconcile {shlex.quote(first)} EVENTS",
        )
    return None, words


def _reconciled(rt: Runtime, done: Reconciled, journal: Path | None) -> Details:
    reading, run = done.reading, done.summary
    left = counted(run.unknown, "recipient")
    if run.unknown and not rt.settings.dry_run:
        again = f"sescli bulk resume {faces.which(run, journal)} --resend-unknown"
        rt.output.note(
            rt.output.reaching(
                f"{left} still unknown: no event of theirs is among these records, which proves nothing. Later"
                f" records may settle them; {again} sends again, and some may get two."
            )
        )
    fields = (
        ("run", run.run),
        ("events", _of_which(reading)),
        *((("passed over", passed),) if (passed := _passed_over(reading)) else ()),
        ("unknown" + (" before" if rt.settings.dry_run else ""), run.unknown),
    )
    tables = [Listing(done.changes, _CHANGE, empty="Nothing that the journal did not know.")]
    if reading.troubles:
        told = len(reading.troubles)
        more = reading.disagreeing + reading.undecided + reading.unreadable - told
        title = f"Could not be used{f' (the first {told}, {more:,} more)' if more else ''}"
        tables.append(Listing(reading.troubles, _TROUBLE, title=title))
    title = "Dry run: the journal stays as it is" if rt.settings.dry_run else None
    settled = ExitCode.OK if rt.settings.dry_run or not run.unknown else ExitCode.NO
    return Details(
        _as_data(done), fields, tables, title=title, next=faces.next_step(run, journal), exit_code=settled
    )


def _of_which(reading: Reading) -> str:
    return f"{reading.events:,}, {reading.of_this_run:,} of them of this run"


def _passed_over(reading: Reading) -> str:
    counts = (
        (reading.of_other_runs, "of other runs"),
        (reading.without_tags, "without the tags of a run"),
        (reading.not_events, "that are no events of SES"),
        (reading.unreadable, "unreadable"),
        (reading.disagreeing, "that disagree with the journal"),
        (reading.undecided, "that decide nothing"),
    )
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)


def _as_data(done: Reconciled) -> dict[str, object]:
    reading, run = done.reading, done.summary
    return {
        "run": run.run,
        "name": run.name,
        "settled": done.changes,
        "events": reading.events,
        "of_this_run": reading.of_this_run,
        "of_other_runs": reading.of_other_runs,
        "without_tags": reading.without_tags,
        "not_events": reading.not_events,
        "unreadable": reading.unreadable,
        "disagreeing": reading.disagreeing,
        "undecided": reading.undecided,
        "problems": reading.troubles,
        **{
            name: getattr(run, name)
            for name in ("state", "recipients", "sent", "failed", "unknown", "pending")
        },
    }


def add_to(app: typer.Typer) -> None:
    """Make these commands of the group."""
    command(
        app,
        "reconcile",
        examples=[
            "sescli bulk reconcile examples/bulk/events.jsonl",
            "sescli bulk reconcile order-confirmation-2026-11 examples/bulk/events.jsonl",
        ],
    )(reconcile)
