"""Add addresses to the suppression list, or remove them, one call each."""

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
# Calls in flight at once, and calls per second until SES throttles.
CONCURRENCY = 8
_RATE = 40.0
# Tries of a call with a temporary error. Throttling counts only while no call succeeds.
_MAX_TRIES = 6
_MAX_THROTTLED = 10
# If SES rejects this many and has accepted none, the import stops.
_MAX_REFUSED = 25
# A dry run shows this many calls; the others are of the same kind.
SHOWN_IN_DRY_RUN = 1000


@dataclass(frozen=True)
class RefusedAddress:
    """An address that SES rejected, and why."""

    email: str
    why: str


@dataclass
class ImportResult:
    """The results of the calls. `throttled` counts throttled calls, `absent` addresses that were not on the list."""

    done: int = 0
    absent: int = 0
    throttled: int = 0
    refused: list[RefusedAddress] = field(default_factory=list)


def parse_action(text: str) -> str:
    """`put` or `delete`. Raises `UsageError` for anything else."""
    if text.lower() not in ACTIONS:
        raise UsageError(f"{text!r} is not valid for --action", hint="use put or delete")
    return text.lower()


class Importer:
    """Makes the calls of an import, several at once, and slows down when SES throttles. Single use.

    `progressed` gets the number of finished calls, a few times a second. Every call can be repeated, so calls with
    temporary errors are tried again, and the import can be run again.
    """

    def __init__(self, aws: Gateway, action: str, progressed: Callable[[int], None]) -> None:
        self._aws = aws
        self._action = action
        self._progressed = progressed
        self._rate_limiter = RateLimiter(_RATE, time.monotonic)
        self._retries: deque[tuple[EntryChange, int]] = deque()
        self._in_flight: dict[Future[None], tuple[EntryChange, int]] = {}
        self._throttled_in_a_row = 0
        self._paused_until = 0.0
        self.result = ImportResult()

    def run(self, changes: Iterator[EntryChange]) -> ImportResult:
        """Make all calls.

        Raises errors that concern all calls (no permission, no network, only throttling), and `InterruptedRunError`
        after Ctrl-C. `result` then has the calls so far.
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
                hint="to continue, run the same command again",
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
        """Submit calls as the rate limit and the pool allow. False if nothing is left to do or to wait for."""
        while len(self._in_flight) < CONCURRENCY:
            following = self._retries.popleft() if self._retries else self._next(changes)
            if following is None:
                break
            time.sleep(max(self._rate_limiter.delay(1), self._paused_until - time.monotonic(), 0.0))
            self._rate_limiter.acquire(1)
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
                self.result.absent += 1  # removed by another client meanwhile
            except ApiError as error:
                self._refuse(change, error)
            else:
                self.result.done += 1
                self._throttled_in_a_row = 0
        self._progressed(self.result.done)

    def _slow_down(self, error: ThrottledError) -> None:
        self.result.throttled += 1
        self._throttled_in_a_row += 1
        self._rate_limiter.throttled()
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
