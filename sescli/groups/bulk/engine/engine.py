"""The engine of a run: it claims rows in the journal, sends at the allowed rate, and writes outcomes to the journal.

One thread owns the journal, decides which calls to send and when, and reads every response. The workers only make
calls. Each round of the loop is one durable step: one commit holds the outcomes of the calls that finished and the
claims of the next calls. Only after the commit are these calls sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli import errors
from sescli.groups.bulk.engine.circuit_breaker import CircuitBreaker
from sescli.groups.bulk.engine.concurrency import Concurrency
from sescli.groups.bulk.engine.counters import Counters
from sescli.groups.bulk.engine.interrupt import Interrupt
from sescli.groups.bulk.engine.outcome import (
    TRANSIENT,
    CallOutcome,
    Stop,
    back_to_pending,
    outcome_unknown,
    read_result,
)
from sescli.groups.bulk.engine.progress_notifier import ProgressNotifier
from sescli.groups.bulk.engine.requests import RequestBuilder
from sescli.groups.bulk.engine.scheduler import CallScheduler
from sescli.groups.bulk.engine.stop_rules import StopRules
from sescli.groups.bulk.engine.workers import CallResult, SendCall, WorkerPool
from sescli.groups.bulk.model.entries import FAILED, PENDING, Entry, StateChange
from sescli.pacing.rate_limiter import backoff_delay
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.groups.bulk.engine.progress import Progress
    from sescli.groups.bulk.engine.rate_watch import RateWatch
    from sescli.groups.bulk.engine.workers import MessageSender
    from sescli.groups.bulk.journal.journal import Journal
    from sescli.pacing.rate_limiter import RateLimiter

# Entries with temporary failures are tried this often before they count as failed; throttling does not count.
_MAX_TRIES = 6
# How often progress is reported, in seconds; also the longest wait of the loop.
PROGRESS_INTERVAL = 0.25
# The unknown outcomes of the first two interruptions do not count for limits.stop_at_unknown_rate: a network that is
# lost once leaves the calls in flight unknown, and the run goes on when it is back.
_UNCOUNTED_BURSTS = 2

# The HTTP client notices most time-outs itself, with a better reason; in seconds.
_TIMEOUT_MARGIN = 0.5

INTERRUPTED, ABANDONED, TIMED_OUT = "Interrupted", "Abandoned", "Timeout"
INTERNAL_ERROR = "InternalError"


@dataclass(frozen=True)
class RunClock:
    """Time and randomness: `monotonic` for waits and rates, `now` (seconds since 1970, UTC) for records."""

    monotonic: Callable[[], float]
    now: Callable[[], float]
    random: Callable[[], float]


class Engine:
    """Sends the pending rows of a journal. Use an instance once.

    `concurrency` is the number of calls in flight; None lets it follow the rate and the latency. `rate_watch` finds a
    rate that AWS changes during the run.
    """

    def __init__(
        self,
        journal: Journal,
        sender: MessageSender,
        limiter: RateLimiter,
        clock: RunClock,
        *,
        concurrency: int | None = None,
        notifier: ProgressNotifier | None = None,
        interrupt: Interrupt | None = None,
        rate_watch: RateWatch | None = None,
    ) -> None:
        self._journal = journal
        self._sender = sender
        self._limiter = limiter
        self._clock = clock
        self._notifier = notifier or ProgressNotifier(None, clock.monotonic, PROGRESS_INTERVAL)
        self._interrupt = interrupt or Interrupt()
        self._rate_watch = rate_watch
        self._requests = RequestBuilder(journal.metadata.mailing, journal.metadata.run)
        self._concurrency = Concurrency(concurrency)
        self._workers = WorkerPool(self._concurrency.wanted(limiter.rate, 1))
        self._interrupt.wake = self._notifier.wake = self._workers.wake
        self._breaker = CircuitBreaker(clock.monotonic, clock.random)
        self._rules = StopRules(journal.metadata.limits)
        self._scheduler = CallScheduler(
            journal.pending,
            limiter,
            self._breaker,
            self._workers,
            self._concurrency,
            clock.monotonic,
            one_call_each=self._requests.one_call_each,
        )
        self._in_flight: dict[int, SendCall] = {}
        self._stop: Stop | None = None
        self._error: BaseException | None = None
        self._changes: list[StateChange] = []
        self._throttled = 0
        self._committed_at = clock.monotonic()

    def run(self) -> Stop | None:
        """Send until no row is pending or something stops the run; returns what stopped it.

        Waits for every call in flight, except after a second interrupt: their outcome is then `unknown`. Raises
        `LocalError` as soon as the journal cannot be written.
        """
        self._workers.start()
        self._journal.begin()
        self._counters = Counters(self._journal.counts(), self._clock.monotonic)
        self._committed_at = self._clock.monotonic()
        self._notifier.start()
        try:
            self._loop()
            stop = self._stop
            self._journal.end(stop.code if stop else None, stop.reason if stop else None)
            self._notify_progress(always=True)
        finally:
            self._workers.shutdown()
            self._notifier.close(lambda: self._interrupt.count)
        if self._error is not None:
            raise self._error
        return stop

    def _loop(self) -> None:
        while True:
            self._handle_interrupt()
            calls = [] if self._stop or self._notifier.is_behind else self._next_calls()
            self._commit(calls)
            for call in calls:
                self._in_flight[id(call)] = call
                self._workers.submit(call)
            self._notify_progress()
            if self._is_over():
                return
            for done in self._workers.collect(self._wait_limit()):
                self._handle_result(done)
            self._give_up_late_calls()

    def _is_over(self) -> bool:
        if self._stop:
            return not self._workers.busy or self._stop.code == ABANDONED
        return not self._workers.busy and self._scheduler.is_empty()

    def _next_calls(self) -> list[SendCall]:
        """The calls to send now."""
        if self._rate_watch is not None and (rate := self._rate_watch.take()):
            self._limiter.set_limit(rate)
        now = self._clock.monotonic()
        return [
            SendCall(batch.entries, self._call_of(batch.entries), batch.tries, now)
            for batch in self._scheduler.next_batches()
        ]

    def _call_of(self, entries: list[Entry]) -> Callable[[], dict[str, Any]]:
        # The worker builds the body, so that waiting calls need no memory for it.
        return lambda: self._sender.post(*self._requests.build(entries))

    def _wait_limit(self) -> float:
        """How long to wait for results, in seconds."""
        now = self._clock.monotonic()
        wake = now + PROGRESS_INTERVAL
        if self._stop is None and not self._notifier.is_behind:
            due = self._scheduler.wake_at()
            wake = wake if due is None else min(wake, due)
        return max(0.0, wake - now)

    def _handle_result(self, done: CallResult) -> None:
        del self._in_flight[id(done.call)]
        outcome = self._outcome_of(done)
        if not (outcome.unanswered or outcome.unreachable):
            self._concurrency.record(done.seconds)
        self._apply(done.call, outcome)

    def _give_up_late_calls(self) -> None:
        """`limits.timeout` covers a call as a whole; the time-outs of a socket start again with every byte."""
        timeout = self._journal.metadata.limits.timeout
        sent_before = self._clock.monotonic() - timeout - _TIMEOUT_MARGIN
        for call in [one for one in self._in_flight.values() if one.sent_at < sent_before]:
            del self._in_flight[id(call)]
            self._workers.give_up(call)
            reason = f"no complete response within {timeout:g} seconds"
            self._apply(call, outcome_unknown(call.entries, TIMED_OUT, reason))

    def _outcome_of(self, done: CallResult) -> CallOutcome:
        if done.fault is not None:
            self._error = done.fault
            reason = "sescli failed while the call was in flight"
            return outcome_unknown(done.call.entries, INTERNAL_ERROR, reason, stop=True)
        return read_result(done.call.entries, done.response, done.error, self._journal.metadata.mailing)

    def _apply(self, call: SendCall, outcome: CallOutcome) -> None:
        self._scheduler.finished(call.entries)
        if outcome.throttled:
            self._throttled += 1
            self._limiter.throttled()
        self._request_stop(self._breaker.record(call.sent_at, outcome))
        self._request_stop(outcome.stop)
        changes = outcome.settled + self._retry(call, outcome) + self._retry_in_halves(call, outcome)
        self._changes.extend(changes)
        finished = [one for one in changes if one.state != PENDING]
        is_counted = not outcome.unanswered or self._breaker.bursts > _UNCOUNTED_BURSTS
        self._counters.record([one.state for one in finished], count_unknown=is_counted)
        self._notifier.record(call.entries, finished, self._clock.now())
        for stop in self._rules.check(self._counters, call.entries, finished):
            self._request_stop(stop)

    def _retry(self, call: SendCall, outcome: CallOutcome) -> list[StateChange]:
        """Set entries that were certainly not sent to pending; those with too many temporary failures to failed."""
        code, reason = outcome.retry_code, outcome.retry_reason
        temporary = code == TRANSIENT and not outcome.throttled
        if temporary and call.tries + 1 >= _MAX_TRIES:
            return [StateChange(one.row, FAILED, code=code, reason=reason) for one in outcome.retry]
        if outcome.retry and not outcome.stop:
            tries = call.tries + temporary
            wait = backoff_delay(max(1, tries), self._clock.random)
            self._scheduler.retry(outcome.retry, tries, wait)
        return back_to_pending(outcome.retry, code, reason)

    def _retry_in_halves(self, call: SendCall, outcome: CallOutcome) -> list[StateChange]:
        """Retry the entries of a rejected call in halves, until each invalid one is alone in its call.

        Halves come before everything else, so that a reason that applies to all recipients is known after few calls.
        """
        half = (len(outcome.split) + 1) // 2
        for part in (outcome.split[half:], outcome.split[:half]):
            if part:
                self._scheduler.retry_first(part, call.tries)
        return back_to_pending(outcome.split, outcome.retry_code, outcome.retry_reason)

    def _request_stop(self, stop: Stop | None) -> None:
        self._stop = self._stop or stop

    def _handle_interrupt(self) -> None:
        if not self._interrupt.count or (self._stop and self._stop.code == ABANDONED):
            return
        if self._stop is None or self._stop.code != INTERRUPTED:
            self._stop = _interrupted(INTERRUPTED, self._interrupt.reason)
        if self._interrupt.count > 1:
            self._stop = _interrupted(
                ABANDONED, f"{self._interrupt.reason}, without waiting for the calls in flight"
            )
            while self._in_flight:
                _, call = self._in_flight.popitem()
                reason = "the call was in flight when the user stopped sescli"
                self._apply(call, outcome_unknown(call.entries, INTERRUPTED, reason))

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
        self._notifier.notify_results()

    def _notify_progress(self, *, always: bool = False) -> None:
        self._notifier.notify_progress(self._progress, always=always)
        self._request_stop(self._notifier.stop)
        if self._notifier.fault is not None and self._error is None:
            self._error = fault = self._notifier.fault
            self._request_stop(Stop(INTERNAL_ERROR, "sescli failed", errors.SescliError(str(fault))))

    def _progress(self) -> Progress:
        return self._counters.progress(self._limiter, self._note())

    def _note(self) -> str | None:
        if self._stop and self._workers.busy:
            return f"{self._stop.reason}; waiting for {counted(self._workers.busy, 'call')} in flight"
        if self._notifier.is_behind:
            return "waiting for the reader of the output"
        return self._breaker.status or self._workers.status or self._limiter.status


def _interrupted(code: str, reason: str) -> Stop:
    return Stop(code, reason, errors.InterruptedRunError(reason))
