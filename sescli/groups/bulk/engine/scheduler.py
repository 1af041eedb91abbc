"""Decides which calls are sent next: as many as the rate, the circuit breaker, the workers and memory allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.groups.bulk.engine.backlog import Backlog, CallBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.groups.bulk.engine.circuit_breaker import CircuitBreaker
    from sescli.groups.bulk.engine.concurrency import Concurrency
    from sescli.groups.bulk.engine.workers import WorkerPool
    from sescli.groups.bulk.model.entries import Entry
    from sescli.pacing.rate_limiter import RateLimiter

# Bytes of template data in all calls in flight; each is in memory about three times. A call is sent while none is in
# flight, whatever its size.
_MAX_BYTES_IN_FLIGHT = 6 << 20


class CallScheduler:
    """The backlog of a run, and what limits it. `clock` is monotonic, in seconds."""

    def __init__(
        self,
        read: Callable[[int, int, int], list[Entry]],
        limiter: RateLimiter,
        breaker: CircuitBreaker,
        workers: WorkerPool,
        concurrency: Concurrency,
        clock: Callable[[], float],
        *,
        one_call_each: bool,
    ) -> None:
        self._backlog = Backlog(read)
        self._limiter = limiter
        self._breaker = breaker
        self._workers = workers
        self._concurrency = concurrency
        self._clock = clock
        self._one_call_each = one_call_each
        self._bytes_in_flight = 0
        self._delayed: CallBatch | None = None
        self._delayed_until = 0.0

    def next_batches(self) -> list[CallBatch]:
        """The batches to send now. A thread is ready for each: a row is not claimed before."""
        now = self._clock()
        self._workers.resize(self._concurrency.wanted(self._limiter.rate, self._call_size))
        batches: list[CallBatch] = []
        while self._breaker.allowed(self._workers.busy + len(batches)) > 0 and self._workers.reserve(
            len(batches) + 1
        ):
            batch = self._take(now)
            if batch is None:
                break
            delay = self._limiter.delay(batch.weight)
            is_too_much = self._bytes_in_flight and self._bytes_in_flight + batch.size > _MAX_BYTES_IN_FLIGHT
            if delay > 0 or is_too_much:
                self._delayed = batch
                self._delayed_until = float("inf") if is_too_much else now + delay
                break
            self._limiter.acquire(batch.weight)
            self._breaker.sent()
            self._bytes_in_flight += batch.size
            batches.append(batch)
        return batches

    def finished(self, entries: Sequence[Entry]) -> None:
        """Record that a call is no longer in flight."""
        self._bytes_in_flight -= sum(entry.size for entry in entries)

    def retry(self, entries: Sequence[Entry], tries: int, wait: float) -> None:
        """Send entries again after a delay in seconds."""
        self._backlog.put(CallBatch(_again(entries), tries), self._clock() + wait)

    def retry_first(self, entries: Sequence[Entry], tries: int) -> None:
        """Send entries again before all others."""
        self._backlog.put_first(CallBatch(_again(entries), tries))

    def wake_at(self) -> float | None:
        """When the next call can be sent, if nothing else happens; None if it waits for a response."""
        if self._breaker.paused_until > self._clock():
            return self._breaker.paused_until
        if not self._workers.free or self._breaker.allowed(self._workers.busy) <= 0:
            return None
        return self._delayed_until if self._delayed else self._backlog.next_due()

    def is_empty(self) -> bool:
        """Whether nothing is left to send."""
        return self._delayed is None and self._backlog.is_empty()

    @property
    def _call_size(self) -> int:
        return 1 if self._one_call_each else self._limiter.call_size

    def _take(self, now: float) -> CallBatch | None:
        """The next batch. The probe of an open circuit breaker has one recipient; the others of its batch wait."""
        batch, self._delayed = self._delayed or self._backlog.take(now, self._call_size), None
        if batch is None or not self._breaker.is_open or len(batch.entries) == 1:
            return batch
        self._backlog.put_first(CallBatch(batch.entries[1:], batch.tries))
        return CallBatch(batch.entries[:1], batch.tries)


def _again(entries: Sequence[Entry]) -> list[Entry]:
    return [entry._replace(attempts=entry.attempts + 1) for entry in entries]
