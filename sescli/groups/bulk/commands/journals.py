"""What one does with a journal when the sending is over: settle what is in doubt, and delete it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.params import parse_duration
from sescli.errors import UsageError
from sescli.exits import ExitCode
from sescli.groups.bulk.journal.run_metadata import RunTarget
from sescli.groups.bulk.views import summary as faces
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime  # noqa: TC001 - Typer reads the annotations
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.groups.bulk.journal.runs import RunRepository
    from sescli.groups.bulk.service.prune import PruneCandidate
    from sescli.groups.bulk.service.reconcile import EventReading, ReconcileResult
    from sescli.groups.events.service.records.files import LocatedRecord

_CHANGE = (
    Column("the journal said", "before", "status"),
    Column("SES's records prove", "after", "status"),
    Column("recipients", "recipients", "number"),
)
# Where many records are read: how many at once, and after how many seconds it is told how far it is.
_TELL_AFTER, _PROGRESS_INTERVAL = 1_000, 5.0
_DOOMED = (
    Column("run", "run"),
    Column("place", lambda one: str(RunTarget(one.place, one.region))),
    Column("state", "state", "status"),
    Column("rows", "recipients", "number"),
    Column("unsettled", "unsettled", "number"),
    Column("last active", "last_active", "time"),
    Column("size", lambda one: _bytes(one.size)),
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
    from sescli.groups.bulk.service import reconcile as bulk_reconcile
    from sescli.groups.events.service import sources as event_sources

    known = faces.runs(rt, journal)
    run, sources = _told_apart(known, events)
    stdin = None if rt.world.stdin.isatty() else faces.standard_input(rt)
    records = event_sources.records(sources, stdin, lambda: rt.aws)
    done = bulk_reconcile.reconcile(
        known, run, faces.place(rt), _told(rt, records), rt.world.clock, dry_run=rt.settings.dry_run
    )
    return _reconciled(rt, done, journal)


def _told(rt: Runtime, records: Iterator[LocatedRecord]) -> Iterator[LocatedRecord]:
    """The records, with a word every few seconds: a million of them take a minute."""
    last = rt.world.clock()
    for number, record in enumerate(records, 1):
        yield record
        if number % _TELL_AFTER == 0 and rt.world.clock() - last >= _PROGRESS_INTERVAL:
            last = rt.world.clock()
            rt.output.note(f"{number:,} records read, now in {record.file}")


def _told_apart(known: RunRepository, words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The run, if one is named, and the sources."""
    first = words[0]
    is_source = first == "-" or first.startswith("s3://") or Path(first).exists()
    is_run = known.journal is None and known.has_run(first)
    if len(words) > 1 and (is_run or (not is_source and known.journal is None)):
        return first, words[1:]
    if is_run and not is_source:
        raise UsageError(
            f"which records are to settle '{first}'?",
            hint=f"name files or folders of them: sescli bulk reconcile {shlex.quote(first)} EVENTS",
        )
    return None, words


def _reconciled(rt: Runtime, done: ReconcileResult, journal: Path | None) -> Details:
    reading, run = done.reading, done.summary
    if reading.other_run and not reading.of_this_run:
        rt.output.note(f"None of these events is of {run.run}; the first is of the run {reading.other_run}.")
    elif run.unknown and not rt.settings.dry_run:
        rt.output.note(
            f"{counted(run.unknown, 'recipient')} still unknown: no event of theirs is among these records, which"
            " proves nothing. Later records may settle them."
        )
    fields = (
        ("run", run.run),
        ("events", _of_which(reading)),
        *((("passed over", passed),) if (passed := _passed_over(reading)) else ()),
        ("unknown" + (" before" if rt.settings.dry_run else ""), run.unknown),
    )
    tables = [Listing(done.changes, _CHANGE, empty="Nothing that the journal did not know.")]
    if reading.problems:
        told = len(reading.problems)
        more = reading.disagreeing + reading.undecided + reading.unreadable - told
        title = f"Could not be used{f' (the first {told}, {more:,} more)' if more else ''}"
        tables.append(Listing(reading.problems, _TROUBLE, title=title))
    rehearsal = "Dry run: the journal stays as it is" if rt.settings.dry_run else None
    settled = ExitCode.OK if rt.settings.dry_run or not run.unknown else ExitCode.CHECK_FAILED
    return Details(
        _as_data(done), fields, tables, title=rehearsal, next=faces.next_step(run, journal), exit_code=settled
    )


def _of_which(reading: EventReading) -> str:
    return f"{reading.events:,}, {reading.of_this_run:,} of them of this run"


def _passed_over(reading: EventReading) -> str:
    counts = (
        (reading.of_other_runs, "of other runs"),
        (reading.without_tags, "without the tags of a run"),
        (reading.not_events, "that are no events of SES"),
        (reading.unreadable, "unreadable"),
        (reading.disagreeing, "that disagree with the journal"),
        (reading.undecided, "that decide nothing"),
    )
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)


def _as_data(done: ReconcileResult) -> dict[str, object]:
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
        **{
            name: getattr(run, name)
            for name in ("state", "recipients", "sent", "failed", "unknown", "pending")
        },
    }


def prune(
    rt: Runtime,
    run: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...",
            help="Runs by id, or by name (the newest of it); else all that are finished and settled.",
            autocompletion=faces.run_names,
        ),
    ] = None,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", metavar="TIME", help="Only those that ended so long ago: 30d, 12h."),
    ] = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Those with pending or unknown recipients too.")
    ] = False,
) -> Done:
    """Delete journals that are no longer needed: they hold people's addresses and data.

    With a journal goes what only it knows: who got the mail, the MessageIds, and that the name was sent, so
    that 'bulk run' of the same batch file would send it to everybody again. 'bulk results RUN -o csv' keeps
    the outcome. A run that a process is sending now is never deleted, and one with recipients who are pending
    or unknown only where it is named or with --unfinished. What a crash left of a loading goes too.
    """
    from sescli.groups.bulk.service import prune as bulk_prune

    age = parse_duration(older_than, "--older-than") if older_than else None
    choice = bulk_prune.PruneOptions(run or (), age, unfinished)
    known = faces.runs(rt, None)
    candidates = bulk_prune.select_journals(known, choice, faces.place(rt), rt.world.clock(), rt.output.note)
    if not candidates:
        return Done("Nothing to prune.", {"deleted": [], "freed": 0})
    _tell_doomed(rt, candidates)
    what = f"{counted(len(candidates), 'journal')}, {_bytes(sum(one.size for one in candidates))}"
    if planned := rt.dry_run_result(f"delete {what}: {', '.join(one.run for one in candidates)}"):
        return planned
    rt.confirm("Delete them?", consequence=_consequence(candidates, what))
    freed = bulk_prune.delete(known, candidates)
    return Done(
        f"Deleted {counted(len(candidates), 'journal')}: {_bytes(freed)} are free. Nothing keeps these names from being"
        " sent again.",
        {"deleted": candidates, "freed": freed},
    )


def _tell_doomed(rt: Runtime, candidates: Sequence[PruneCandidate]) -> None:
    if rt.output.for_people:
        rt.output.result(Listing(candidates, _DOOMED))


def _consequence(candidates: Sequence[PruneCandidate], what: str) -> str:
    unsettled = sum(one.unsettled for one in candidates)
    lost = (
        f"; {counted(unsettled, 'recipient')} pending or unknown will never be settled" if unsettled else ""
    )
    return f"This forgets {what}, and that these names were sent{lost}"


def _bytes(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return counted(count, "byte")


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
    command(
        app,
        "prune",
        examples=["sescli bulk prune --older-than 30d", "sescli bulk prune order-confirmation-2026-11"],
    )(prune)
