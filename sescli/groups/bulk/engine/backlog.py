"""The queue of a run: new rows from the journal, and calls that wait for a retry."""

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
class CallBatch:
    """Entries for one call; `tries` counts their temporary failures."""

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
    batch: CallBatch = field(compare=False)


class Backlog:
    """Returns batches in row order; retries that are due come first.

    `read(row, limit)` returns the pending entries after a row. Memory holds 1,000 rows read ahead and the retries,
    which the engine keeps few: it takes no new rows while many retries wait.
    """

    def __init__(self, read: Callable[[int, int], list[Entry]]) -> None:
        self._read = read
        self._fresh: deque[Entry] = deque()
        self._cursor = 0
        self._exhausted = False
        self._waiting: list[_Waiting] = []
        self._order = count()

    def put(self, batch: CallBatch, due: float) -> None:
        """Retry a batch, not before `due`."""
        heapq.heappush(self._waiting, _Waiting(due, next(self._order), batch))

    @property
    def waiting(self) -> int:
        """Batches that wait for a retry."""
        return len(self._waiting)

    def next_due(self) -> float | None:
        """When the first retry is due; None without one."""
        return self._waiting[0].due if self._waiting else None

    def take(self, now: float, size: int, *, fresh: bool) -> CallBatch | None:
        """The next batch that can be sent now, of at most `size` recipients; a single row may have more.

        `fresh` allows new rows beside retries.
        """
        if self._waiting and self._waiting[0].due <= now:
            return self._split(heapq.heappop(self._waiting), size)
        return self._next_fresh(size) if fresh else None

    def is_empty(self) -> bool:
        """Whether nothing is left: no new rows and no retries."""
        return not self._waiting and not self._refill()

    def _split(self, waiting: _Waiting, size: int) -> CallBatch:
        batch = waiting.batch
        entries = deque(batch.entries)
        first = _fitting(entries, size)
        if entries:
            self.put(CallBatch(list(entries), batch.tries), waiting.due)
        return CallBatch(first, batch.tries)

    def _next_fresh(self, size: int) -> CallBatch | None:
        if not self._refill():
            return None
        return CallBatch(_fitting(self._fresh, size, refill=self._refill))

    def _refill(self) -> bool:
        if not self._fresh and not self._exhausted:
            rows = self._read(self._cursor, _READ_AHEAD)
            self._exhausted = len(rows) < _READ_AHEAD
            if rows:
                self._cursor = rows[-1].row
                self._fresh.extend(rows)
        return bool(self._fresh)


def _fitting(entries: deque[Entry], size: int, refill: Callable[[], bool] | None = None) -> list[Entry]:
    """Take entries from the left while they fit; the first one always does."""
    taken = [entries.popleft()]
    weight = taken[0].weight
    while (entries or (refill and refill())) and weight + entries[0].weight <= size:
        taken.append(entries.popleft())
        weight += taken[-1].weight
    return taken
