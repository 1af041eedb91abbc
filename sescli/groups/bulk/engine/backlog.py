"""What is still to be sent: fresh rows from the journal, and calls that wait to be tried again."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.groups.bulk.model.entries import Entry

_READ_AHEAD = 1_000


@dataclass(frozen=True)
class Batch:
    """Entries for one call; `tries` is how often they failed in passing."""

    entries: list[Entry]
    tries: int = 0

    @property
    def weight(self) -> int:
        """How many recipients SES counts."""
        return sum(entry.weight for entry in self.entries)


@dataclass(order=True)
class _Waiting:
    due: float
    order: int
    batch: Batch = field(compare=False)


class Backlog:
    """Gives batches in the order of the rows; what is due again comes first.

    `read` gives the pending entries past a row, at most so many. Memory holds a thousand rows read ahead and
    what waits, which the engine keeps small by asking for nothing fresh while much waits.
    """

    def __init__(self, read: Callable[[int, int], list[Entry]]) -> None:
        self._read = read
        self._fresh: deque[Entry] = deque()
        self._cursor = 0
        self._exhausted = False
        self._waiting: list[_Waiting] = []
        self._order = count()

    def put(self, batch: Batch, due: float) -> None:
        """Have a batch tried again, not before `due`."""
        heapq.heappush(self._waiting, _Waiting(due, next(self._order), batch))

    @property
    def waiting(self) -> int:
        """Batches that wait to be tried again."""
        return len(self._waiting)

    def next_due(self) -> float | None:
        """When the first waiting batch may go."""
        return self._waiting[0].due if self._waiting else None

    def take(self, now: float, size: int, *, fresh: bool) -> Batch | None:
        """The next batch that may go now, of at most `size` recipients; a single heavy row may exceed it."""
        if self._waiting and self._waiting[0].due <= now:
            return self._split(heapq.heappop(self._waiting), size)
        return self._next_fresh(size) if fresh else None

    def is_empty(self) -> bool:
        """Whether nothing is left, neither fresh nor waiting."""
        return not self._waiting and not self._refill()

    def _split(self, waiting: _Waiting, size: int) -> Batch:
        batch = waiting.batch
        entries = deque(batch.entries)
        first = _fitting(entries, size)
        if entries:
            self.put(Batch(list(entries), batch.tries), waiting.due)
        return Batch(first, batch.tries)

    def _next_fresh(self, size: int) -> Batch | None:
        if not self._refill():
            return None
        return Batch(_fitting(self._fresh, size, refill=self._refill))

    def _refill(self) -> bool:
        if not self._fresh and not self._exhausted:
            rows = self._read(self._cursor, _READ_AHEAD)
            self._exhausted = len(rows) < _READ_AHEAD
            if rows:
                self._cursor = rows[-1].row
                self._fresh.extend(rows)
        return bool(self._fresh)


def _fitting(entries: deque[Entry], size: int, refill: Callable[[], bool] | None = None) -> list[Entry]:
    """Take entries from the left while they fit; the first always does."""
    taken = [entries.popleft()]
    weight = taken[0].weight
    while (entries or (refill and refill())) and weight + entries[0].weight <= size:
        taken.append(entries.popleft())
        weight += taken[-1].weight
    return taken
