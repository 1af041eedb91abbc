"""What `bulk reconcile` found in the event records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.exits import ExitCode
from sescli.groups.bulk.views.next_step import next_step
from sescli.output.results import Column, Details, Listing
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from pathlib import Path

    from sescli.groups.bulk.service.reconcile import EventReading, ReconcileResult
    from sescli.runtime import Runtime

_CHANGE_COLUMNS = (
    Column("state before", "before", "status"),
    Column("state after", "after", "status"),
    Column("recipients", "recipients", "number"),
)
_PROBLEM_COLUMNS = (
    Column("record", lambda one: f"{one.file}:{one.line}"),
    Column("problem", "reason"),
)
_COUNTS = ("state", "recipients", "sent", "failed", "unknown", "pending")


def note_unmatched(rt: Runtime, done: ReconcileResult) -> None:
    """Say why recipients are still unknown."""
    reading, run = done.reading, done.summary
    if reading.other_run and not reading.of_this_run:
        rt.output.note(
            f"None of these events belong to {run.run}; the first one belongs to {reading.other_run}."
        )
    elif run.unknown and not rt.settings.dry_run:
        are = "is" if run.unknown == 1 else "are"
        rt.output.note(
            f"{counted(run.unknown, 'recipient')} {are} still unknown: these records have no event of theirs,"
            " which proves nothing. Later records may resolve them."
        )


def reconciliation_details(done: ReconcileResult, journal: Path | None, *, dry_run: bool) -> Details:
    """The changes in the journal, and the records that could not be used."""
    reading, run = done.reading, done.summary
    skipped = _skipped(reading)
    fields = (
        ("run", run.run),
        ("events", f"{reading.events:,}, of this run {reading.of_this_run:,}"),
        *((("skipped", skipped),) if skipped else ()),
        ("unknown before" if dry_run else "unknown", run.unknown),
    )
    tables = [
        Listing(done.changes, _CHANGE_COLUMNS, empty="No changes: the journal already has these results.")
    ]
    if reading.problems:
        tables.append(_problem_table(reading))
    is_settled = dry_run or not run.unknown
    return Details(
        _to_data(done),
        fields,
        tables,
        title="Dry run: the journal is not changed" if dry_run else None,
        next=next_step(run, journal),
        exit_code=ExitCode.OK if is_settled else ExitCode.CHECK_FAILED,
    )


def _problem_table(reading: EventReading) -> Listing:
    shown = len(reading.problems)
    more = reading.disagreeing + reading.undecided + reading.unreadable - shown
    title = f"Records not used{f' (first {shown}, {more:,} more)' if more else ''}"
    return Listing(reading.problems, _PROBLEM_COLUMNS, title=title)


def _skipped(reading: EventReading) -> str:
    counts = (
        (reading.of_other_runs, "of other runs"),
        (reading.without_tags, "without the tags of a run"),
        (reading.not_events, "not SES events"),
        (reading.unreadable, "unreadable"),
        (reading.disagreeing, "in conflict with the journal"),
        (reading.undecided, "without a result"),
    )
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)


def _to_data(done: ReconcileResult) -> dict[str, object]:
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
        "problems": reading.problems,
        **{name: getattr(run, name) for name in _COUNTS},
    }
