"""The progress of a run, and the interface of its observers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.bulk.model.entries import RecipientResult

_WINDOW = 5.0


@dataclass(frozen=True)
class Progress:
    """The progress of a run at one moment.

    `throttled` counts calls. `rate` is finished recipients per second over the last seconds, `limit` the rate that
    is allowed now. `eta` is the seconds left, None if unknown. `note` says what the run waits for, if anything.
    """

    recipients: int
    sent: int
    failed: int
    unknown: int
    pending: int
    invalid: int
    skipped: int
    calls: int
    throttled: int
    rate: float
    limit: float
    eta: float | None
    seconds: float
    note: str | None = None


class Observer(Protocol):
    """Observes a run. It is called in a thread of its own, so it may block.

    `wants_results`: whether `on_results` is called; an observer that only counts saves building the results.
    `wants_trace`: whether `on_trace` is called.
    """

    @property
    def wants_results(self) -> bool: ...

    @property
    def wants_trace(self) -> bool: ...

    def on_progress(self, progress: Progress) -> None:
        """Called a few times a second, and once at the end."""

    def on_results(self, results: Sequence[RecipientResult]) -> None:
        """Called with recipients that just got their outcome, after it is on disk."""

    def on_trace(self, line: str) -> None:
        """Called with one line for each API call."""

    def on_end(self) -> None:
        """Called once, after everything else."""

    def discard(self) -> None:
        """Called in the main thread if the user stops a run whose output is blocked: what follows must not block."""


class NullObserver:
    """Does nothing; the base class of observers that need some of the calls."""

    wants_results = False
    wants_trace = False

    def on_progress(self, progress: Progress) -> None:
        """Do nothing."""

    def on_results(self, results: Sequence[RecipientResult]) -> None:
        """Do nothing."""

    def on_trace(self, line: str) -> None:
        """Do nothing."""

    def on_end(self) -> None:
        """Do nothing."""

    def discard(self) -> None:
        """Do nothing."""


class RateMeter:
    """Recipients per second over the last few seconds."""

    def __init__(self, now: float) -> None:
        self._counts: deque[tuple[float, int]] = deque([(now, 0)])
        self._total = 0

    def add(self, now: float, count: int) -> None:
        """Count recipients."""
        self._counts.append((now, count))
        self._total += count
        while len(self._counts) > 1 and self._counts[0][0] < now - _WINDOW:
            self._total -= self._counts.popleft()[1]

    def rate(self, now: float) -> float:
        """The current rate."""
        span = now - self._counts[0][0]
        return self._total / span if span > 0 else 0.0
