"""The engine of a run: claims in the journal, calls at the pace, outcomes back into the journal.

One thread leads: it owns the journal, decides what leaves and when, and reads every answer. Its workers only
make calls. Each round of its loop is one durable step: the outcomes of the calls that came back and the claims
of those about to leave share a commit, and only then the calls leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sescli import errors
from sescli.groups.bulk.engine import outcome
from sescli.groups.bulk.engine.backlog import Backlog, Batch
from sescli.groups.bulk.engine.circuit_breaker import Trouble
from sescli.groups.bulk.engine.counters import Counters
from sescli.groups.bulk.engine.interrupt import Interrupt
from sescli.groups.bulk.engine.outcome import Stop, Verdict
from sescli.groups.bulk.engine.progress_notifier import ProgressNotifier
from sescli.groups.bulk.engine.requests import Requests
from sescli.groups.bulk.engine.workers import Call, Done, WorkerPool
from sescli.groups.bulk.model.entries import FAILED, PENDING, Entry, StateChange
from sescli.pacing import backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.groups.bulk.engine.progress import Observer, Progress
    from sescli.groups.bulk.journal.journal import Journal
    from sescli.pacing.rate_limiter import RateLimiter

# Entries that fail in passing are tried so often before they count as failed; throttling is not counted.
_MAX_TRIES = 6
# While so many batches wait to be tried again, no fresh ones are begun: what waits is held in memory.
_MAX_WAITING = 64
# How often an onlooker is told, in seconds, and the longest wait for anything.
_TELL_EVERY = 0.25

INTERRUPTED, ABANDONED, FAILURE_RATE = "Interrupted", "Abandoned", "FailureRate"
OWN_FAULT = "InternalError"


class Sender(Protocol):
    """What the engine sends through: thread-safe, never retrying by itself."""

    def post(self, operation: str, body: str) -> dict[str, Any]:
        """SendEmail or SendBulkEmail (SES API v2), with its parameters as JSON text."""


@dataclass(frozen=True)
class Clock:
    """Time and chance: `monotonic` for waits and rates, `now` (seconds since 1970) for records."""

    monotonic: Callable[[], float]
    now: Callable[[], float]
    random: Callable[[], float]


class Engine:
    """Sends what is pending in a journal. One use only."""

    def __init__(
        self,
        journal: Journal,
        sender: Sender,
        pace: RateLimiter,
        clock: Clock,
        *,
        concurrency: int,
        observer: Observer | None = None,
        interrupt: Interrupt | None = None,
    ) -> None:
        self._journal = journal
        self._sender = sender
        self._pace = pace
        self._clock = clock
        self._onlooker = ProgressNotifier(observer, clock.monotonic, _TELL_EVERY)
        self._interrupt = interrupt or Interrupt()
        self._requests = Requests(journal.head.mailing, journal.head.run)
        self._address = journal.head.mailing.sender_address
        self._backlog = Backlog(journal.pending)
        self._crew = WorkerPool(concurrency)
        self._interrupt.wake = self._crew.wake
        self._trouble = Trouble(clock.monotonic, clock.random)
        self._under_way: dict[int, Call] = {}
        self._stop: Stop | None = None
        self._fault: BaseException | None = None
        self._settled: list[StateChange] = []
        self._throttled = 0
        self._held: Batch | None = None
        self._held_until = 0.0
        self._committed_at = clock.monotonic()

    def run(self) -> Stop | None:
        """Send until nothing is pending, or something stops it; gives what stopped it.

        Every call that left is awaited, except after a second interrupt: those are then `unknown`. Raises
        `LocalError` as soon as the journal cannot be written.
        """
        self._journal.begin()
        self._tracker = Counters(self._journal.tally(), self._clock.monotonic)
        self._committed_at = self._clock.monotonic()
        try:
            self._loop()
        finally:
            self._crew.dismiss()
        stop = self._stop
        self._journal.end(stop.code if stop else None, stop.reason if stop else None)
        self._tell(always=True)
        if self._fault is not None:
            raise self._fault
        return stop

    def _loop(self) -> None:
        while True:
            self._heed_interrupt()
            calls = [] if self._stop else self._gather()
            self._commit(calls)
            for call in calls:
                self._under_way[id(call)] = call
                self._crew.give(call)
            self._tell()
            if self._is_over():
                return
            for done in self._crew.collect(self._patience()):
                self._read(done)

    def _is_over(self) -> bool:
        if self._stop:
            return not self._crew.busy or self._stop.code == ABANDONED
        return not self._crew.busy and self._held is None and self._backlog.is_empty()

    # --- what leaves ---

    def _gather(self) -> list[Call]:
        """The calls that may leave now: as many as the pace and the workers allow."""
        now = self._clock.monotonic()
        calls: list[Call] = []
        while self._crew.free > len(calls) and now >= self._trouble.paused_until:
            batch = self._held or self._next_batch(now)
            self._held = None
            if batch is None:
                break
            delay = self._pace.delay(batch.weight)
            if delay > 0:
                self._held, self._held_until = batch, now + delay
                break
            self._pace.take(batch.weight)
            calls.append(Call(batch.entries, self._maker(batch.entries), batch.tries, now))
        return calls

    def _next_batch(self, now: float) -> Batch | None:
        size = 1 if self._requests.one_call_each else self._pace.call_size
        return self._backlog.take(now, size, fresh=self._backlog.waiting < _MAX_WAITING)

    def _maker(self, entries: list[Entry]) -> Callable[[], dict[str, Any]]:
        # The body is built in the worker, so that what waits costs no memory.
        return lambda: self._sender.post(*self._requests.call(entries))

    def _patience(self) -> float:
        """How long the leader may sleep if nothing comes back."""
        now = self._clock.monotonic()
        wake = now + _TELL_EVERY
        if self._stop is None and self._crew.free:
            due = self._held_until if self._held else self._backlog.next_due()
            if due is not None:
                wake = min(wake, max(due, self._trouble.paused_until))
        return max(0.0, wake - now)

    # --- what comes back ---

    def _read(self, done: Done) -> None:
        self._under_way.pop(id(done.call), None)
        self._apply(done.call, self._verdict(done))

    def _verdict(self, done: Done) -> Verdict:
        entries = done.call.entries
        if done.fault is not None:
            self._fault = done.fault
            return outcome.in_doubt(
                entries, OWN_FAULT, "sescli failed while the call was under way", stop=True
            )
        if done.error is not None:
            return outcome.of_error(entries, done.error, self._address)
        if self._requests.one_call_each:
            return outcome.of_single_answer(entries[0], done.answer or {})
        return outcome.of_bulk_answer(entries, done.answer or {}, self._address)

    def _apply(self, call: Call, verdict: Verdict) -> None:
        if verdict.throttled:
            self._throttled += 1
            self._pace.throttled()
        self._stop_for(self._trouble.note(call.left_at, verdict))
        self._stop_for(verdict.stop)
        settled = verdict.settled + self._again(call, verdict) + self._narrow(call, verdict)
        self._settled.extend(settled)
        ended = [one for one in settled if one.state != PENDING]
        self._tracker.settle([one.state for one in ended])
        self._onlooker.note(call.entries, ended, self._clock.now())
        self._judge_failures()

    def _again(self, call: Call, verdict: Verdict) -> list[StateChange]:
        """Back to pending what surely did not leave; what failed in passing too often has failed."""
        code, reason = verdict.again_code, verdict.again_reason
        passing = code == outcome.TRANSIENT and not verdict.throttled
        if passing and call.tries + 1 >= _MAX_TRIES:
            return [StateChange(one.row, FAILED, code=code, reason=reason) for one in verdict.again]
        if verdict.again and not verdict.stop:
            tries = call.tries + passing
            wait = backoff.pause(max(1, tries), self._clock.random)
            self._try_again(verdict.again, tries, wait)
        return outcome.back_to_pending(verdict.again, code, reason)

    def _narrow(self, call: Call, verdict: Verdict) -> list[StateChange]:
        """Try the entries of a refused call again in halves, until the bad ones stand alone."""
        half = (len(verdict.narrowed) + 1) // 2
        for part in (verdict.narrowed[:half], verdict.narrowed[half:]):
            if part:
                self._try_again(part, call.tries, 0.0)
        return outcome.back_to_pending(verdict.narrowed, verdict.again_code, verdict.again_reason)

    def _try_again(self, entries: Sequence[Entry], tries: int, wait: float) -> None:
        once_more = [entry._replace(attempts=entry.attempts + 1) for entry in entries]
        self._backlog.put(Batch(once_more, tries), self._clock.monotonic() + wait)

    def _judge_failures(self) -> None:
        most, judged = self._journal.head.limits.stop_at_failure_rate, self._tracker.failure_rate()
        if most and judged and judged[0] / judged[1] >= most:
            reason = f"{judged[0]:,} of {judged[1]:,} recipients failed, and stop_at_failure_rate is {most:g}"
            self._stop_for(Stop(FAILURE_RATE, reason, errors.CheckFailedError(reason)))

    def _stop_for(self, stop: Stop | None) -> None:
        self._stop = self._stop or stop

    # --- interrupts ---

    def _heed_interrupt(self) -> None:
        if not self._interrupt.count or (self._stop and self._stop.code == ABANDONED):
            return
        if self._stop is None or self._stop.code != INTERRUPTED:
            self._stop = _interrupted(INTERRUPTED, self._interrupt.why)
        if self._interrupt.count > 1:
            self._stop = _interrupted(
                ABANDONED, f"{self._interrupt.why}, without waiting for calls under way"
            )
            for call in self._under_way.values():
                reason = "the call was under way when the user stopped sescli"
                self._apply(call, outcome.in_doubt(call.entries, INTERRUPTED, reason))

    # --- journal and onlooker ---

    def _commit(self, calls: Sequence[Call]) -> None:
        if not (calls or self._settled):
            return
        now = self._clock.monotonic()
        self._journal.commit(
            claimed=(entry for call in calls for entry in call.entries),
            settled=self._settled,
            calls=len(calls),
            throttled=self._throttled,
            seconds=now - self._committed_at,
        )
        self._committed_at = now
        self._tracker.calls += len(calls)
        self._tracker.throttled += self._throttled
        self._throttled, self._settled = 0, []
        self._stop_for(self._onlooker.tell_results())

    def _tell(self, *, always: bool = False) -> None:
        self._stop_for(self._onlooker.tell_progress(self._progress, always=always))

    def _progress(self) -> Progress:
        return self._tracker.progress(self._pace, self._note())

    def _note(self) -> str | None:
        if self._stop and self._crew.busy:
            return f"{self._stop.reason}; waiting for {self._crew.busy} calls under way"
        return self._trouble.words or self._pace.words


def _interrupted(code: str, reason: str) -> Stop:
    return Stop(code, reason, errors.InterruptedRunError(reason))
