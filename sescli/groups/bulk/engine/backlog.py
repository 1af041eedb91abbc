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

# How much is read ahead: rows, and bytes of their data.
_READ_AHEAD, _READ_AHEAD_BYTES = 1_000, 2 << 20
# A call has at most this many bytes of data, or one row: SES accepts 262,144 bytes of template data for each row.
_MAX_CALL_BYTES = 1 << 20
# While retries wait with more calls or bytes than this, no new rows are read, because they are held in memory.
_MAX_WAITING, _MAX_WAITING_BYTES = 64, 8 << 20


@dataclass(frozen=True)
class CallBatch:
    """Entries for one call; `tries` counts their temporary failures."""

    entries: list[Entry]
    tries: int = 0

    @property
    def weight(self) -> int:
        """How many recipients SES counts."""
        return sum(entry.weight for entry in self.entries)

    @property
    def size(self) -> int:
        """Bytes of data, approximately."""
        return sum(entry.size for entry in self.entries)


@dataclass(order=True)
class _Waiting:
    due: float
    order: int
    batch: CallBatch = field(compare=False)


class Backlog:
    """Returns batches in row order; retries that are due come first.

    `read(row, limit, size)` returns the pending entries after a row, at most `limit` and about `size` bytes. Memory
    holds what is read ahead and the retries; while many of these wait, no new rows are taken.
    """

    def __init__(self, read: Callable[[int, int, int], list[Entry]]) -> None:
        self._read = read
        self._fresh: deque[Entry] = deque()
        self._cursor = 0
        self._exhausted = False
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self._order = count()

    def put(self, batch: CallBatch, due: float) -> None:
        """Retry a batch, not before `due`."""
        self._push(batch, due, next(self._order))

    def put_first(self, batch: CallBatch) -> None:
        """Retry a batch before all others."""
        self._push(batch, float("-inf"), -next(self._order))

    def next_due(self) -> float | None:
        """When the first retry is due; None without one."""
        return self._waiting[0].due if self._waiting else None

    def take(self, now: float, size: int) -> CallBatch | None:
        """The next batch that can be sent now, of at most `size` recipients; a single row may have more."""
        if self._waiting and self._waiting[0].due <= now:
            return self._split(self._pop(), size)
        is_full = len(self._waiting) >= _MAX_WAITING or self._waiting_bytes >= _MAX_WAITING_BYTES
        return None if is_full else self._next_fresh(size)

    def is_empty(self) -> bool:
        """Whether nothing is left: no new rows and no retries."""
        return not self._waiting and not self._refill()

    def _push(self, batch: CallBatch, due: float, order: int) -> None:
        self._waiting_bytes += batch.size
        heapq.heappush(self._waiting, _Waiting(due, order, batch))

    def _pop(self) -> _Waiting:
        waiting = heapq.heappop(self._waiting)
        self._waiting_bytes -= waiting.batch.size
        return waiting

    def _split(self, waiting: _Waiting, size: int) -> CallBatch:
        batch = waiting.batch
        entries = deque(batch.entries)
        first = _fitting(entries, size)
        if entries:
            self._push(CallBatch(list(entries), batch.tries), waiting.due, waiting.order)
        return CallBatch(first, batch.tries)

    def _next_fresh(self, size: int) -> CallBatch | None:
        if not self._refill():
            return None
        return CallBatch(_fitting(self._fresh, size, refill=self._refill))

    def _refill(self) -> bool:
        if not self._fresh and not self._exhausted:
            rows = self._read(self._cursor, _READ_AHEAD, _READ_AHEAD_BYTES)
            self._exhausted = not rows
            if rows:
                self._cursor = rows[-1].row
                self._fresh.extend(rows)
        return bool(self._fresh)


def _fitting(entries: deque[Entry], size: int, refill: Callable[[], bool] | None = None) -> list[Entry]:
    """Take entries from the left while they fit; the first one always does."""
    taken = [entries.popleft()]
    weight, data = taken[0].weight, taken[0].size
    while entries or (refill and refill()):
        weight, data = weight + entries[0].weight, data + entries[0].size
        if weight > size or data > _MAX_CALL_BYTES:
            break
        taken.append(entries.popleft())
    return taken
