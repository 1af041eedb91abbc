"""How a run stands, as `bulk show` and the end of a run say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sescli.groups.bulk.journal.recovery_hints import recovery_hint
from sescli.groups.bulk.model.entries import FAILED, INVALID, PENDING, SENDING, SENT, SKIPPED, UNKNOWN

if TYPE_CHECKING:
    from sescli.groups.bulk.journal.journal import Journal
    from sescli.groups.bulk.journal.run_metadata import ReasonCount

RUNNING, UNFINISHED, FINISHED = "running", "unfinished", "finished"


@dataclass(frozen=True)
class RunSummary:
    """Counts of a run. `recipients` are rows of the batch; `seconds` is time spent sending, pauses left out.

    `state`: `running` (a process is sending now), `unfinished` (some have no outcome yet), `finished`.
    `stop_code` and `stop_reason` tell what ended the sending, None for its natural end; `remedy` is what must
    be mended before it can go on, None where nothing must.
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
    remedy: str | None
    created_at: datetime
    place: str
    region: str
    account: str | None
    journal: str

    @property
    def complete(self) -> bool:
        """Whether every recipient is sent, or was skipped on purpose."""
        return self.sent + self.skipped == self.recipients


def summarize(journal: Journal, *, running: bool) -> RunSummary:
    """The summary of a run, as one moment saw it."""
    metadata, counts = journal.metadata, journal.counts()
    states = counts.states
    # The lock is one for all runs of a name: one whose sending has ended is not the one that runs now.
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
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
