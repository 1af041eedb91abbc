"""Service of `bulk reconcile`: updates the journal of a run from the event records that SES published."""

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
    same_recipients,
)
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.run_metadata import AWS
from sescli.groups.bulk.journal.summary import RunSummary, summarize
from sescli.groups.events.service.records.records import DROPPED, Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sescli.groups.bulk.journal.run_metadata import RunMetadata
    from sescli.groups.bulk.journal.runs import RunRepository
    from sescli.groups.bulk.model.entries import StateChange
    from sescli.groups.events.service.records.files import LocatedRecord

# Records that are compared in one step.
_STEP = 1_000
# This many unusable records are listed; the others are only counted.
_MAX_LISTED = 20
# The position of the region in arn:aws:ses:REGION:ACCOUNT:identity/NAME.
_ARN_REGION = 3
# Row numbers are 64-bit integers in SQLite; longer ones are not valid.
_MAX_DIGITS = 15


@dataclass(frozen=True)
class RecordProblem:
    """A record that could not be used, its position, and the reason."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class StateTransition:
    """The number of recipients that changed from one state to another."""

    before: str
    after: str
    recipients: int


@dataclass
class EventReading:
    """Counts of records. All except `unreadable` and `not_events` count events of SES.

    `other_run` is the first other run that has events among the records.
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

    def add_problem(self, found: LocatedRecord, reason: str) -> None:
        """List a record that could not be used, up to the maximum."""
        if len(self.problems) < _MAX_LISTED:
            self.problems.append(RecordProblem(found.file, found.line, reason))


@dataclass(frozen=True)
class ReconcileResult:
    """What the records proved, and the state of the run afterwards."""

    reading: EventReading
    changes: list[StateTransition]
    summary: RunSummary


def reconcile(
    runs: RunRepository,
    wanted: str | None,
    place: Callable[[], str],
    records: Iterable[LocatedRecord],
    now: Callable[[], float],
    *,
    dry_run: bool,
) -> ReconcileResult:
    """Set the states that the records prove. Of several runs of a name, take the one at this place.

    Can be repeated with the same or other records. A dry run does not change the journal. Raises `UsageError` while
    another process sends the run.
    """
    path = runs.find(wanted, lambda metadata: metadata.place == place())
    with ExitStack() as stack:
        if dry_run:
            journal = stack.enter_context(Journal.for_reading(path))
        else:
            with Journal.for_reading(path) as opened:
                metadata = opened.metadata
            stack.enter_context(runs.lock(metadata.name, metadata.target, path))
            journal = stack.enter_context(Journal.for_sending(path, now))
            journal.check_rows()
            journal.recover()
            journal.open_session()
        reading = EventReading()
        _settle(journal, records, reading, keep=not dry_run)
        reading.problems.sort(key=lambda one: (one.file, one.line))
        changes = [StateTransition(*pair, count) for pair, count in reading.changes.most_common()]
        return ReconcileResult(reading, changes, summarize(journal, running=False))


def _settle(journal: Journal, records: Iterable[LocatedRecord], reading: EventReading, *, keep: bool) -> None:
    """Process the records in steps, so that memory does not grow. A dry run (not `keep`) remembers the changes."""
    proofs = _proofs(records, journal.metadata, reading)
    seen: dict[int, JournalRow] = {}
    while step := list(islice(proofs, _STEP)):
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
    result, change = compare_record(proof, before)
    if result == DISAGREES:
        reading.disagreeing += 1
        reading.add_problem(found, _disagreement(proof, before))
    elif result == UNDECIDED:
        reading.undecided += 1
        reading.add_problem(
            found, f"row {proof.row:,}: SES dropped this message, but another call for the row was made too"
        )
    elif result != KNOWN and change and before:
        settled[change.row] = change
        known[change.row] = before._replace(
            state=change.state, message_id=change.message_id or before.message_id, code=change.code
        )
        reading.changes[before.state, change.state] += 1


def _disagreement(proof: EventProof, known: JournalRow | None) -> str:
    if known is None:
        return f"the run has no row {proof.row:,}"
    recipients = ", ".join(proof.addresses[:3]) or "no address"
    if known.state in {"invalid", "skipped"}:
        return f"row {known.row:,} is {known.state} and was never sent, but the event is for a message to {recipients}"
    if (
        set(proof.addresses)
        and known.state in {"sent", "pending", "failed"}
        and same_recipients(proof, known)
    ):
        return f"row {known.row:,} is {known.state}, but the event is of another message ({proof.message_id})"
    return f"row {known.row:,} is for {', '.join(known.addresses[:3])}, but the event is for a message to {recipients}"


def _proofs(
    records: Iterable[LocatedRecord], run: RunMetadata, reading: EventReading
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
            reading.add_problem(found, what.why)
        else:
            reading.not_events += 1


def _row_of(found: LocatedRecord, event: Event, run: RunMetadata, reading: EventReading) -> int | None:
    named, row = event.tag(RUN_TAG), event.tag(ROW_TAG)
    if named is None:
        reading.without_tags += 1
    elif named != run.run or not _is_same_sender(event, run):
        reading.of_other_runs += 1
        reading.other_run = reading.other_run or named
    elif row and row.isascii() and row.isdigit() and len(row) <= _MAX_DIGITS:
        return int(row)
    else:
        reading.disagreeing += 1
        reading.add_problem(found, f"the tag {ROW_TAG} is {row!r}, which is not a row number")
    return None


def _is_same_sender(event: Event, run: RunMetadata) -> bool:
    """Whether the account and region of an event are those of the run, as far as both are known.

    Two runs of a name that start in the same second in two regions have the same ID.
    docs/ses-behavior.md#event-mail-object
    """
    account, arn = event.mail.get("sendingAccountId"), event.mail.get("sourceArn")
    if run.place != AWS:
        return True
    if run.account is not None and isinstance(account, str) and account != run.account:
        return False
    parts = arn.split(":") if isinstance(arn, str) else []
    return len(parts) <= _ARN_REGION or parts[_ARN_REGION] in {"", run.region}


def _proof(event: Event, row: int) -> EventProof:
    if event.kind not in DROPPED:
        return EventProof(row, event.message_id, event.destination)
    why = event.drop_reason or "SES gave no reason"
    reason = f"{why} (SES accepted the message and then dropped it)"
    return EventProof(row, event.message_id, event.destination, event.kind.upper().replace(" ", "_"), reason)
