"""The summary of a run, for `bulk show` and the end of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sescli.groups.bulk.journal.recovery_hints import recovery_hint
from sescli.groups.bulk.model.entries import FAILED, INVALID, PENDING, SENDING, SENT, SKIPPED, UNKNOWN

if TYPE_CHECKING:
    from sescli.advice import Advice
    from sescli.groups.bulk.journal.journal import Journal
    from sescli.groups.bulk.journal.run_metadata import ReasonCount

RUNNING, UNFINISHED, FINISHED = "running", "unfinished", "finished"


@dataclass(frozen=True)
class RunSummary:
    """Counts of a run. `recipients` counts rows of the batch. `seconds` is the time spent sending, without pauses.

    `state` is `running` (a process is sending now), `unfinished` (some rows have no outcome yet), or `finished`.
    `stop_code` and `stop_reason` say why the run stopped early, or are None. `remedy` is what to fix before
    resuming, or None. `problem` says what is wrong with the journal itself, or is None.
    """

    run: str
    name: str
    state: str
    recipients: int
    sent: int
    failed: int
    unknown: int
    sending: int
    pending: int
    invalid: int
    skipped: int
    calls: int
    throttled: int
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float
    emails_per_second: float
    by_reason: list[ReasonCount]
    stop_code: str | None
    stop_reason: str | None
    remedy: Advice | None
    created_at: datetime
    place: str
    region: str
    account: str | None
    journal: str
    problem: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every recipient is sent or was skipped on purpose."""
        return self.problem is None and self.sent + self.skipped == self.recipients


def summarize(journal: Journal, *, running: bool) -> RunSummary:
    """Summarize a run. `running`: whether a process holds the lock of its name."""
    metadata, counts = journal.metadata, journal.counts()
    states = counts.states
    # All runs of a name share one lock, so a run that has ended is not the running one.
    state = (
        RUNNING if running and counts.finished_at is None else UNFINISHED if counts.unfinished else FINISHED
    )
    return RunSummary(
        run=metadata.run,
        name=metadata.name,
        state=state,
        recipients=sum(states.values()),
        sent=states[SENT],
        failed=states[FAILED],
        unknown=states[UNKNOWN],
        sending=states[SENDING],
        pending=states[PENDING],
        invalid=states[INVALID],
        skipped=states[SKIPPED],
        calls=counts.calls,
        throttled=counts.throttled,
        started_at=_moment(counts.started_at),
        finished_at=_moment(counts.finished_at) if state == FINISHED else None,
        seconds=round(counts.seconds, 3),
        emails_per_second=round(states[SENT] / counts.seconds, 1) if counts.seconds else 0.0,
        by_reason=journal.reasons(),
        stop_code=counts.stop_code,
        stop_reason=counts.stop_reason,
        remedy=recovery_hint(counts.stop_code, counts.stop_reason, metadata.mailing),
        created_at=datetime.fromtimestamp(metadata.created_at, UTC),
        place=metadata.place,
        region=metadata.region,
        account=metadata.account,
        journal=str(journal.path),
        problem=_problem(journal, sum(states.values())),
    )


def _problem(journal: Journal, rows: int) -> str | None:
    """What is wrong with the file: lost results, or rows that are missing or not of this run."""
    expected = journal.metadata.rows
    if expected is not None and rows != expected:
        return f"the journal is damaged: it has {rows:,} rows instead of {expected:,}"
    return journal.problem


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
