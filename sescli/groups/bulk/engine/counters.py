"""The counts of a run in progress, without reading the journal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sescli.groups.bulk.engine.progress import Progress, RateMeter
from sescli.groups.bulk.model.entries import FAILED, INVALID, PENDING, SENDING, SENT, SKIPPED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.groups.bulk.journal.run_metadata import RunCounts
    from sescli.pacing.rate_limiter import RateLimiter

# Rates are not computed from fewer recipients than this.
_MIN_SAMPLE = 20


class Counters:
    """Counts by state, starting from the journal's counts; `clock` is monotonic, in seconds."""

    def __init__(self, counts: RunCounts, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._before = counts
        self._states = dict(counts.states)
        self._this_process = {SENT: 0, FAILED: 0, UNKNOWN: 0}
        self._rate_meter = RateMeter(clock())
        self._started = clock()
        self.calls = counts.calls
        self.throttled = counts.throttled

    def record(self, states: Sequence[str], *, count_unknown: bool = True) -> None:
        """Count recipients that got their outcome, one state for each; `count_unknown`: for `unknown_rate` too."""
        for state, count in Counter(states).items():
            self._states[state] += count
            self._states[PENDING] -= count
            if state != UNKNOWN or count_unknown:
                self._this_process[state] += count
        self._rate_meter.add(self._clock(), len(states))

    def failure_rate(self) -> tuple[int, int] | None:
        """Failed recipients, and failed plus sent, since this process started; None while they are too few."""
        finished = self._this_process[SENT] + self._this_process[FAILED]
        return (self._this_process[FAILED], finished) if finished >= _MIN_SAMPLE else None

    def unknown_rate(self) -> tuple[int, int] | None:
        """Unknown recipients, and all with a result, since this process started; None while they are too few."""
        finished = sum(self._this_process.values())
        return (self._this_process[UNKNOWN], finished) if finished >= _MIN_SAMPLE else None

    @property
    def pending(self) -> int:
        """Recipients without a result."""
        return self._states[PENDING] + self._states[SENDING]

    def progress(self, limiter: RateLimiter, note: str | None) -> Progress:
        """The current progress, for an observer. `note` says what the run waits for."""
        now = self._clock()
        rate = self._rate_meter.rate(now)
        left = self.pending
        return Progress(
            recipients=sum(self._states.values()),
            sent=self._states[SENT],
            failed=self._states[FAILED],
            unknown=self._states[UNKNOWN],
            pending=left,
            invalid=self._states[INVALID],
            skipped=self._states[SKIPPED],
            calls=self.calls,
            throttled=self.throttled,
            rate=rate,
            limit=limiter.rate,
            eta=left / rate if rate > 0 else None,
            seconds=self._before.seconds + now - self._started,
            note=note,
        )
