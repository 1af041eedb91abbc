"""The use case of `bulk reconcile`: the journal of a run beside the records that SES published of its mails."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from sescli.groups.bulk.engine.requests import ROW_TAG, RUN_TAG
from sescli.groups.bulk.journal.evidence import (
    DISAGREES,
    KNOWN,
    UNDECIDED,
    EventProof,
    JournalRow,
    compare_record,
)
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.summary import RunSummary, summarize
from sescli.groups.events.service.records.records import DROPPED, Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sescli.groups.bulk.journal.runs import RunRepository
    from sescli.groups.bulk.model.entries import StateChange
    from sescli.groups.events.service.records.files import LocatedRecord

# Records looked up and settled in one step.
_AT_ONCE = 1_000
# So many records that will not do are named; the others are counted.
_NAMED = 20
# A row is a 64-bit number to SQLite; none is longer than this.
_MOST_DIGITS = 15


@dataclass(frozen=True)
class RecordProblem:
    """A record that could not be used, where it stands, and why."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class StateTransition:
    """So many recipients went from one state to another."""

    before: str
    after: str
    recipients: int


@dataclass
class EventReading:
    """How the records were taken. All but `unreadable` and `not_events` count events of SES.

    `other_run` is the first of the other runs that events are of.
    """

    events: int = 0
    of_this_run: int = 0
    of_other_runs: int = 0
    without_tags: int = 0
    disagreeing: int = 0
    undecided: int = 0
    not_events: int = 0
    unreadable: int = 0
    other_run: str | None = None
    problems: list[RecordProblem] = field(default_factory=list)
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, found: LocatedRecord, reason: str) -> None:
        """Name what could not be used, while there is room."""
        if len(self.problems) < _NAMED:
            self.problems.append(RecordProblem(found.file, found.line, reason))


@dataclass(frozen=True)
class ReconcileResult:
    """What the records proved, and how the run stands after it."""

    reading: EventReading
    changes: list[StateTransition]
    summary: RunSummary


def reconcile(
    runs: RunRepository,
    wanted: str | None,
    place: str,
    records: Iterable[LocatedRecord],
    now: Callable[[], float],
    *,
    dry_run: bool,
) -> ReconcileResult:
    """Settle what the records prove about a run; of several of a name the one at this place.

    It may be done again, with the same records or with others: what is proved stays so. A dry run looks, and
    leaves the journal as it is. Raises `UsageError` while another process sends the run.
    """
    path = runs.find(wanted, lambda metadata: metadata.place == place)
    with ExitStack() as stack:
        if dry_run:
            journal = stack.enter_context(Journal.for_reading(path))
        else:
            with Journal.for_reading(path) as looked_at:
                metadata = looked_at.metadata
            stack.enter_context(runs.lock(metadata.name, metadata.target))
            journal = stack.enter_context(Journal.for_sending(path, now))
            journal.recover()
        reading = EventReading()
        _settle(journal, records, reading, keep=not dry_run)
        reading.problems.sort(key=lambda one: (one.file, one.line))
        changes = [StateTransition(*pair, count) for pair, count in reading.changes.most_common()]
        return ReconcileResult(reading, changes, summarize(journal, running=False))


def _settle(journal: Journal, records: Iterable[LocatedRecord], reading: EventReading, *, keep: bool) -> None:
    """In steps, so that memory does not grow with the records. A dry run remembers what it would have kept."""
    proofs = _proofs(records, journal.metadata.run, reading)
    seen: dict[int, JournalRow] = {}
    while step := list(islice(proofs, _AT_ONCE)):
        known = journal.rows({proof.row for _, proof in step}) | seen
        settled: dict[int, StateChange] = {}
        for found, proof in step:
            _apply_record(found, proof, known, settled, reading)
        if keep and settled:
            journal.commit(settled=settled.values())
        elif settled:
            seen |= {row: known[row] for row in settled}


def _apply_record(
    found: LocatedRecord,
    proof: EventProof,
    known: dict[int, JournalRow],
    settled: dict[int, StateChange],
    reading: EventReading,
) -> None:
    before = known.get(proof.row)
    verdict, news = compare_record(proof, before)
    if verdict == DISAGREES:
        reading.disagreeing += 1
        reading.note(found, _disagreement(proof, before))
    elif verdict == UNDECIDED:
        reading.undecided += 1
        reading.note(
            found, f"row {proof.row:,}: SES dropped this mail, and another call for the row had left too"
        )
    elif verdict != KNOWN and news and before:
        settled[news.row] = news
        known[news.row] = before._replace(state=news.state, message_id=news.message_id)
        reading.changes[before.state, news.state] += 1


def _disagreement(proof: EventProof, known: JournalRow | None) -> str:
    if known is None:
        return f"the run has no row {proof.row:,}"
    whom = ", ".join(proof.addresses[:3]) or "nobody"
    if known.state in {"invalid", "skipped"}:
        return f"row {known.row:,} was {known.state} and never sent, and the record is about a mail to {whom}"
    return f"row {known.row:,} goes to {', '.join(known.addresses[:3])}, and the record is about a mail to {whom}"


def _proofs(
    records: Iterable[LocatedRecord], run: str, reading: EventReading
) -> Iterator[tuple[LocatedRecord, EventProof]]:
    for found in records:
        what = found.what
        if isinstance(what, Event):
            reading.events += 1
            row = _row_of(found, what, run, reading)
            if row is not None:
                reading.of_this_run += 1
                yield found, _proof(what, row)
        elif what.broken:
            reading.unreadable += 1
            reading.note(found, what.why)
        else:
            reading.not_events += 1


def _row_of(found: LocatedRecord, event: Event, run: str, reading: EventReading) -> int | None:
    named, row = event.tag(RUN_TAG), event.tag(ROW_TAG)
    if named is None:
        reading.without_tags += 1
    elif named != run:
        reading.of_other_runs += 1
        reading.other_run = reading.other_run or named
    elif row and row.isascii() and row.isdigit() and len(row) <= _MOST_DIGITS:
        return int(row)
    else:
        reading.disagreeing += 1
        reading.note(found, f"the tag {ROW_TAG} is {row!r}, which is no row")
    return None


def _proof(event: Event, row: int) -> EventProof:
    if event.kind not in DROPPED:
        return EventProof(row, event.message_id, event.destination)
    why = event.drop_reason or "SES gives no reason"
    reason = f"{why} (SES accepted the mail and dropped it: nobody got it)"
    return EventProof(row, event.message_id, event.destination, event.kind.upper().replace(" ", "_"), reason)
