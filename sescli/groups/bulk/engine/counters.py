"""Counting a run as it goes, without asking the journal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sescli.groups.bulk.engine.progress import Progress, RateMeter
from sescli.groups.bulk.model.entries import FAILED, INVALID, PENDING, SENDING, SENT, SKIPPED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.groups.bulk.journal.run_metadata import Tally
    from sescli.pacing.rate_limiter import RateLimiter

# A failure rate is not judged by fewer recipients than this.
_LEAST_SAMPLE = 20


class Counters:
    """Counts by state, begun from the journal's tally; `clock` is monotonic, in seconds."""

    def __init__(self, tally: Tally, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._before = tally
        self._states = dict(tally.states)
        self._here = {SENT: 0, FAILED: 0, UNKNOWN: 0}
        self._speed = RateMeter(clock())
        self._started = clock()
        self.calls = tally.calls
        self.throttled = tally.throttled

    def settle(self, states: Sequence[str]) -> None:
        """So many recipients got their outcome."""
        for state, count in Counter(states).items():
            self._states[state] += count
            self._states[PENDING] -= count
            self._here[state] += count
        self._speed.add(self._clock(), len(states))

    def failure_rate(self) -> tuple[int, int] | None:
        """Failed and judged recipients since this process began; None while they are too few to judge by."""
        judged = self._here[SENT] + self._here[FAILED]
        return (self._here[FAILED], judged) if judged >= _LEAST_SAMPLE else None

    def progress(self, pace: RateLimiter, note: str | None) -> Progress:
        """What an onlooker is told now."""
        now = self._clock()
        rate = self._speed.rate(now)
        left = self._states[PENDING] + self._states[SENDING]
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
            limit=pace.rate,
            eta=left / rate if rate > 0 else None,
            seconds=self._before.seconds + now - self._started,
            note=note,
        )
