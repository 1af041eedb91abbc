"""Put a file's addresses on the suppression list, or take them off, one call each."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sescli.errors import (
    ApiError,
    InterruptedRunError,
    NotFoundError,
    RetryableError,
    ThrottledError,
    UsageError,
)
from sescli.pacing.rate_limiter import RateLimiter, backoff_delay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sescli.aws.gateway import Gateway
    from sescli.groups.suppression.service.comparison import EntryChange

ACTIONS = ("put", "delete")
# Calls under way at once, and how many may leave a second before SES says that it is too fast.
CONCURRENCY = 8
_RATE = 40.0
# A call that fails in passing is tried so often; being throttled counts only while nothing else gets through.
_MAX_TRIES = 6
_MAX_THROTTLED = 10
# SES refused so many in a row, and none before them: it will not take the others.
_MAX_REFUSED = 25
# So many calls of a dry run are shown; the rest are of the same kind.
SHOWN_IN_DRY_RUN = 1000


@dataclass(frozen=True)
class RefusedAddress:
    """An address that SES would not take, and why."""

    email: str
    why: str


@dataclass
class ImportResult:
    """What became of the calls. `throttled` counts answers that said: too fast."""

    done: int = 0
    absent: int = 0
    throttled: int = 0
    refused: list[RefusedAddress] = field(default_factory=list)


def parse_action(text: str) -> str:
    """`put` or `delete`. Raises `UsageError` for anything else."""
    if text.lower() not in ACTIONS:
        raise UsageError(f"--action is {text!r}", hint="it takes put or delete")
    return text.lower()


class Importer:
    """Makes the calls of an import, several at a time, slower as soon as SES says so. One use only.

    `progressed` is told how many are done, a few times a second. Every call is one that may be repeated, so
    what fails in passing is tried again, and a whole import may be too.
    """

    def __init__(self, aws: Gateway, action: str, progressed: Callable[[int], None]) -> None:
        self._aws = aws
        self._action = action
        self._progressed = progressed
        self._pace = RateLimiter(_RATE, time.monotonic)
        self._retries: deque[tuple[EntryChange, int]] = deque()
        self._in_flight: dict[Future[None], tuple[EntryChange, int]] = {}
        self._throttled_in_a_row = 0
        self._paused_until = 0.0
        self.result = ImportResult()

    def run(self, changes: Iterator[EntryChange]) -> ImportResult:
        """Make them all.

        Raises what stops it for all of them (no permission, no network, nothing but throttling), and
        `InterruptedRunError` after Ctrl-C; `result` then says how far it came.
        """
        self._aws.require_region()
        if self._aws.dry_run:
            return self._plan_calls(changes)
        pool = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="suppression")
        try:
            while self._submit(pool, changes):
                self._collect()
        except KeyboardInterrupt:
            raise InterruptedRunError(
                "interrupted",
                hint="run the same command again: it goes on with what is left",
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return self.result

    def _plan_calls(self, changes: Iterator[EntryChange]) -> ImportResult:
        for change in changes:
            if self.result.done < SHOWN_IN_DRY_RUN:
                self._call(change)
            self.result.done += 1
        return self.result

    def _submit(self, pool: ThreadPoolExecutor, changes: Iterator[EntryChange]) -> bool:
        """Let calls leave as pace and crew allow; false when there is nothing left to do or to await."""
        while len(self._in_flight) < CONCURRENCY:
            following = self._retries.popleft() if self._retries else self._next(changes)
            if following is None:
                break
            time.sleep(max(self._pace.delay(1), self._paused_until - time.monotonic(), 0.0))
            self._pace.acquire(1)
            self._in_flight[pool.submit(self._call, following[0])] = following
        return bool(self._in_flight)

    @staticmethod
    def _next(changes: Iterator[EntryChange]) -> tuple[EntryChange, int] | None:
        change = next(changes, None)
        return None if change is None else (change, 0)

    def _call(self, change: EntryChange) -> None:
        if self._action == "put":
            self._aws.write(
                "sesv2", "PutSuppressedDestination", EmailAddress=change.address, Reason=change.reason
            )
        else:
            self._aws.write("sesv2", "DeleteSuppressedDestination", EmailAddress=change.address)

    def _collect(self) -> None:
        for future in wait(self._in_flight, return_when=FIRST_COMPLETED).done:
            change, tries = self._in_flight.pop(future)
            try:
                future.result()
            except ThrottledError as error:
                self._slow_down(error)
                self._retries.append((change, tries))
            except RetryableError:
                if tries + 1 == _MAX_TRIES:
                    raise
                self._wait(tries + 1)
                self._retries.append((change, tries + 1))
            except NotFoundError:
                self.result.absent += 1  # somebody else took it off meanwhile
            except ApiError as error:
                self._refuse(change, error)
            else:
                self.result.done += 1
                self._throttled_in_a_row = 0
        self._progressed(self.result.done)

    def _slow_down(self, error: ThrottledError) -> None:
        self.result.throttled += 1
        self._throttled_in_a_row += 1
        self._pace.throttled()
        self._wait(1 + self._throttled_in_a_row // CONCURRENCY)
        if self._throttled_in_a_row > _MAX_THROTTLED * CONCURRENCY:
            raise error

    def _wait(self, attempt: int) -> None:
        from random import SystemRandom

        self._paused_until = time.monotonic() + min(5.0, backoff_delay(attempt, SystemRandom().random))

    def _refuse(self, change: EntryChange, error: ApiError) -> None:
        self.result.refused.append(RefusedAddress(change.address, error.message))
        if not self.result.done and len(self.result.refused) == _MAX_REFUSED:
            raise error
