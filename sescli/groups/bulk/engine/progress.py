"""What an onlooker of a run is told."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.bulk.model.entries import Result

_WINDOW = 5.0


@dataclass(frozen=True)
class Progress:
    """How far a run is, a few times a second.

    `throttled` counts calls; `rate` is recipients settled a second over the last seconds, `limit` what is
    allowed now; `eta` is seconds to go, None when nothing tells. `note` is what holds it up, if anything does.
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
    """Looks on at a run. It is called between calls, so it must not take long.

    `wants_results`: whether it is told of each recipient; who only counts need not have them made.
    """

    @property
    def wants_results(self) -> bool: ...

    def progressed(self, progress: Progress) -> None:
        """How far it is: a few times a second, and once at the end."""

    def settled(self, results: Sequence[Result]) -> None:
        """Recipients that have just got their outcome; it is on disk already."""


class NullObserver:
    """An observer that does not look."""

    wants_results = False

    def progressed(self, progress: Progress) -> None:
        """Do nothing."""

    def settled(self, results: Sequence[Result]) -> None:
        """Do nothing."""


class RateMeter:
    """Recipients a second over the last few seconds."""

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
        """The rate of now."""
        span = now - self._counts[0][0]
        return self._total / span if span > 0 else 0.0
