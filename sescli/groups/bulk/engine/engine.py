"""The engine of a run: it claims rows in the journal, sends at the allowed rate, and writes outcomes to the journal.

One thread owns the journal, decides which calls to send and when, and reads every response. The workers only make
calls. Each round of the loop is one durable step: one commit holds the outcomes of the calls that finished and the
claims of the next calls. Only after the commit are these calls sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sescli import errors
from sescli.groups.bulk.engine.backlog import Backlog, CallBatch
from sescli.groups.bulk.engine.circuit_breaker import CircuitBreaker
from sescli.groups.bulk.engine.counters import Counters
from sescli.groups.bulk.engine.interrupt import Interrupt
from sescli.groups.bulk.engine.outcome import (
    TRANSIENT,
    CallOutcome,
    Stop,
    back_to_pending,
    outcome_unknown,
    read_bulk_response,
    read_error,
    read_single_response,
)
from sescli.groups.bulk.engine.progress_notifier import ProgressNotifier
from sescli.groups.bulk.engine.requests import RequestBuilder
from sescli.groups.bulk.engine.workers import CallResult, SendCall, WorkerPool
from sescli.groups.bulk.model.entries import FAILED, PENDING, Entry, StateChange
from sescli.pacing.rate_limiter import backoff_delay
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.groups.bulk.engine.progress import Observer, Progress
    from sescli.groups.bulk.journal.journal import Journal
    from sescli.pacing.rate_limiter import RateLimiter

# Entries with temporary failures are tried this often before they count as failed; throttling does not count.
_MAX_TRIES = 6
# While this many batches wait for a retry, no new ones are started, because waiting batches are held in memory.
_MAX_WAITING = 64
# How often progress is reported, in seconds; also the longest wait of the loop.
_PROGRESS_INTERVAL = 0.25

INTERRUPTED, ABANDONED, FAILURE_RATE = "Interrupted", "Abandoned", "FailureRate"
INTERNAL_ERROR = "InternalError"


class MessageSender(Protocol):
    """The client that the engine sends with: thread-safe, without retries."""

    def post(self, operation: str, body: str) -> dict[str, Any]:
        """Call SendEmail or SendBulkEmail (SES API v2) with parameters as JSON text; returns the response."""


@dataclass(frozen=True)
class RunClock:
    """Time and randomness: `monotonic` for waits and rates, `now` (seconds since 1970, UTC) for records."""

    monotonic: Callable[[], float]
    now: Callable[[], float]
    random: Callable[[], float]


class Engine:
    """Sends the pending rows of a journal. Use an instance once."""

    def __init__(
        self,
        journal: Journal,
        sender: MessageSender,
        limiter: RateLimiter,
        clock: RunClock,
        *,
        concurrency: int,
        observer: Observer | None = None,
        interrupt: Interrupt | None = None,
    ) -> None:
        self._journal = journal
        self._sender = sender
        self._limiter = limiter
        self._clock = clock
        self._notifier = ProgressNotifier(observer, clock.monotonic, _PROGRESS_INTERVAL)
        self._interrupt = interrupt or Interrupt()
        self._requests = RequestBuilder(journal.metadata.mailing, journal.metadata.run)
        self._sender_address = journal.metadata.mailing.sender_address
        self._backlog = Backlog(journal.pending)
        self._workers = WorkerPool(concurrency)
        self._interrupt.wake = self._workers.wake
        self._breaker = CircuitBreaker(clock.monotonic, clock.random)
        self._in_flight: dict[int, SendCall] = {}
        self._stop: Stop | None = None
        self._error: BaseException | None = None
        self._changes: list[StateChange] = []
        self._throttled = 0
        self._delayed: CallBatch | None = None
        self._delayed_until = 0.0
        self._committed_at = clock.monotonic()

    def run(self) -> Stop | None:
        """Send until no row is pending or something stops the run; returns what stopped it.

        Waits for every call in flight, except after a second interrupt: their outcome is then `unknown`. Raises
        `LocalError` as soon as the journal cannot be written.
        """
        self._journal.begin()
        self._counters = Counters(self._journal.counts(), self._clock.monotonic)
        self._committed_at = self._clock.monotonic()
        try:
            self._loop()
        finally:
            self._workers.shutdown()
        stop = self._stop
        self._journal.end(stop.code if stop else None, stop.reason if stop else None)
        self._notify_progress(always=True)
        if self._error is not None:
            raise self._error
        return stop

    def _loop(self) -> None:
        while True:
            self._handle_interrupt()
            calls = [] if self._stop else self._next_calls()
            self._commit(calls)
            for call in calls:
                self._in_flight[id(call)] = call
                self._workers.submit(call)
            self._notify_progress()
            if self._is_over():
                return
            for done in self._workers.collect(self._wait_limit()):
                self._handle_result(done)

    def _is_over(self) -> bool:
        if self._stop:
            return not self._workers.busy or self._stop.code == ABANDONED
        return not self._workers.busy and self._delayed is None and self._backlog.is_empty()

    # --- sending ---

    def _next_calls(self) -> list[SendCall]:
        """The calls to send now: as many as the rate limit and the workers allow."""
        now = self._clock.monotonic()
        calls: list[SendCall] = []
        while self._workers.free > len(calls) and now >= self._breaker.paused_until:
            batch = self._delayed or self._next_batch(now)
            self._delayed = None
            if batch is None:
                break
            delay = self._limiter.delay(batch.weight)
            if delay > 0:
                self._delayed, self._delayed_until = batch, now + delay
                break
            self._limiter.acquire(batch.weight)
            calls.append(SendCall(batch.entries, self._call_of(batch.entries), batch.tries, now))
        return calls

    def _next_batch(self, now: float) -> CallBatch | None:
        size = 1 if self._requests.one_call_each else self._limiter.call_size
        return self._backlog.take(now, size, fresh=self._backlog.waiting < _MAX_WAITING)

    def _call_of(self, entries: list[Entry]) -> Callable[[], dict[str, Any]]:
        # The worker builds the body, so that waiting calls need no memory for it.
        return lambda: self._sender.post(*self._requests.build(entries))

    def _wait_limit(self) -> float:
        """How long to wait for results, in seconds."""
        now = self._clock.monotonic()
        wake = now + _PROGRESS_INTERVAL
        if self._stop is None and self._workers.free:
            due = self._delayed_until if self._delayed else self._backlog.next_due()
            if due is not None:
                wake = min(wake, max(due, self._breaker.paused_until))
        return max(0.0, wake - now)

    # --- reading responses ---

    def _handle_result(self, done: CallResult) -> None:
        self._in_flight.pop(id(done.call), None)
        self._apply(done.call, self._outcome_of(done))

    def _outcome_of(self, done: CallResult) -> CallOutcome:
        entries = done.call.entries
        if done.fault is not None:
            self._error = done.fault
            return outcome_unknown(
                entries, INTERNAL_ERROR, "sescli failed while the call was in flight", stop=True
            )
        if done.error is not None:
            return read_error(entries, done.error, self._sender_address)
        if self._requests.one_call_each:
            return read_single_response(entries[0], done.response or {})
        return read_bulk_response(entries, done.response or {}, self._sender_address)

    def _apply(self, call: SendCall, outcome: CallOutcome) -> None:
        if outcome.throttled:
            self._throttled += 1
            self._limiter.throttled()
        self._request_stop(self._breaker.record(call.sent_at, outcome))
        self._request_stop(outcome.stop)
        changes = outcome.settled + self._retry(call, outcome) + self._retry_in_halves(call, outcome)
        self._changes.extend(changes)
        finished = [one for one in changes if one.state != PENDING]
        self._counters.record([one.state for one in finished])
        self._notifier.record(call.entries, finished, self._clock.now())
        self._check_failure_rate()

    def _retry(self, call: SendCall, outcome: CallOutcome) -> list[StateChange]:
        """Set entries that were certainly not sent to pending; those with too many temporary failures to failed."""
        code, reason = outcome.retry_code, outcome.retry_reason
        temporary = code == TRANSIENT and not outcome.throttled
        if temporary and call.tries + 1 >= _MAX_TRIES:
            return [StateChange(one.row, FAILED, code=code, reason=reason) for one in outcome.retry]
        if outcome.retry and not outcome.stop:
            tries = call.tries + temporary
            wait = backoff_delay(max(1, tries), self._clock.random)
            self._requeue(outcome.retry, tries, wait)
        return back_to_pending(outcome.retry, code, reason)

    def _retry_in_halves(self, call: SendCall, outcome: CallOutcome) -> list[StateChange]:
        """Retry the entries of a rejected call in halves, until each invalid one is alone in its call."""
        half = (len(outcome.split) + 1) // 2
        for part in (outcome.split[:half], outcome.split[half:]):
            if part:
                self._requeue(part, call.tries, 0.0)
        return back_to_pending(outcome.split, outcome.retry_code, outcome.retry_reason)

    def _requeue(self, entries: Sequence[Entry], tries: int, wait: float) -> None:
        entries_again = [entry._replace(attempts=entry.attempts + 1) for entry in entries]
        self._backlog.put(CallBatch(entries_again, tries), self._clock.monotonic() + wait)

    def _check_failure_rate(self) -> None:
        limit, sample = self._journal.metadata.limits.stop_at_failure_rate, self._counters.failure_rate()
        if limit and sample and sample[0] / sample[1] >= limit:
            reason = (
                f"{sample[0]:,} of {sample[1]:,} recipients failed (limits.stop_at_failure_rate is {limit:g})"
            )
            self._request_stop(Stop(FAILURE_RATE, reason, errors.CheckFailedError(reason)))

    def _request_stop(self, stop: Stop | None) -> None:
        self._stop = self._stop or stop

    # --- interrupts ---

    def _handle_interrupt(self) -> None:
        if not self._interrupt.count or (self._stop and self._stop.code == ABANDONED):
            return
        if self._stop is None or self._stop.code != INTERRUPTED:
            self._stop = _interrupted(INTERRUPTED, self._interrupt.reason)
        if self._interrupt.count > 1:
            self._stop = _interrupted(
                ABANDONED, f"{self._interrupt.reason}, without waiting for the calls in flight"
            )
            for call in self._in_flight.values():
                reason = "the call was in flight when the user stopped sescli"
                self._apply(call, outcome_unknown(call.entries, INTERRUPTED, reason))

    # --- journal and observer ---

    def _commit(self, calls: Sequence[SendCall]) -> None:
        if not (calls or self._changes):
            return
        now = self._clock.monotonic()
        self._journal.commit(
            claimed=(entry for call in calls for entry in call.entries),
            settled=self._changes,
            calls=len(calls),
            throttled=self._throttled,
            seconds=now - self._committed_at,
        )
        self._committed_at = now
        self._counters.calls += len(calls)
        self._counters.throttled += self._throttled
        self._throttled, self._changes = 0, []
        self._request_stop(self._notifier.notify_results())

    def _notify_progress(self, *, always: bool = False) -> None:
        self._request_stop(self._notifier.notify_progress(self._progress, always=always))

    def _progress(self) -> Progress:
        return self._counters.progress(self._limiter, self._note())

    def _note(self) -> str | None:
        if self._stop and self._workers.busy:
            return f"{self._stop.reason}; waiting for {counted(self._workers.busy, 'call')} in flight"
        return self._breaker.status or self._limiter.status


def _interrupted(code: str, reason: str) -> Stop:
    return Stop(code, reason, errors.InterruptedRunError(reason))
