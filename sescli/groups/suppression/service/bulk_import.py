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
from sescli.groups.suppression.service.entries import entries
from sescli.pacing.backoff import pause
from sescli.pacing.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sescli.aws.gateway import Gateway
    from sescli.groups.suppression.service.files import Parsed
    from sescli.groups.suppression.service.table import Change, FileCount, Table

ACTIONS = ("put", "delete")
# Calls under way at once, and how many may leave a second before SES says that it is too fast.
CONCURRENCY = 8
_RATE = 40.0
# A call that fails in passing is tried so often; being throttled counts only while nothing else gets through.
_MAX_TRIES = 6
_MAX_STRIKES = 10
# SES refused so many in a row, and none before them: it will not take the others.
_MAX_REFUSED = 25
# So many calls of a dry run are shown; the rest are of the same kind.
PLANNED = 1000


@dataclass(frozen=True)
class Refused:
    """An address that SES would not take, and why."""

    email: str
    why: str


@dataclass
class Outcome:
    """What became of the calls. `throttled` counts answers that said: too fast."""

    done: int = 0
    absent: int = 0
    throttled: int = 0
    refused: list[Refused] = field(default_factory=list)


def parse_action(text: str) -> str:
    """`put` or `delete`. Raises `UsageError` for anything else."""
    if text.lower() not in ACTIONS:
        raise UsageError(f"--action is {text!r}", hint="it takes put or delete")
    return text.lower()


def load(aws: Gateway, table: Table, lines: Iterable[Parsed], reason: str, *, skip_bad: bool) -> FileCount:
    """Read the file, and then, unless bad lines forbid the import, the account's list into the table.

    The list is read once (ListSuppressedDestinations): what is there already needs no call, and an address in
    another case than SES keeps it is found.
    """
    count = table.load_file(lines, reason)
    if skip_bad or not count.bad:
        table.load_account(entries(aws))
    return count


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
        self._again: deque[tuple[Change, int]] = deque()
        self._under_way: dict[Future[None], tuple[Change, int]] = {}
        self._strikes = 0
        self._paused_until = 0.0
        self.outcome = Outcome()

    def run(self, changes: Iterator[Change]) -> Outcome:
        """Make them all.

        Raises what stops it for all of them (no permission, no network, nothing but throttling), and
        `InterruptedRunError` after Ctrl-C; `outcome` then says how far it came.
        """
        self._aws.require_region()
        if self._aws.dry_run:
            return self._plan(changes)
        pool = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="suppression")
        try:
            while self._give(pool, changes):
                self._collect()
        except KeyboardInterrupt:
            raise InterruptedRunError(
                "interrupted",
                hint="run the same command again: it goes on with what is left",
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return self.outcome

    def _plan(self, changes: Iterator[Change]) -> Outcome:
        for change in changes:
            if self.outcome.done < PLANNED:
                self._call(change)
            self.outcome.done += 1
        return self.outcome

    def _give(self, pool: ThreadPoolExecutor, changes: Iterator[Change]) -> bool:
        """Let calls leave as pace and crew allow; false when there is nothing left to do or to await."""
        while len(self._under_way) < CONCURRENCY:
            following = self._again.popleft() if self._again else self._next(changes)
            if following is None:
                break
            time.sleep(max(self._pace.delay(1), self._paused_until - time.monotonic(), 0.0))
            self._pace.take(1)
            self._under_way[pool.submit(self._call, following[0])] = following
        return bool(self._under_way)

    @staticmethod
    def _next(changes: Iterator[Change]) -> tuple[Change, int] | None:
        change = next(changes, None)
        return None if change is None else (change, 0)

    def _call(self, change: Change) -> None:
        if self._action == "put":
            self._aws.write(
                "sesv2", "PutSuppressedDestination", EmailAddress=change.address, Reason=change.reason
            )
        else:
            self._aws.write("sesv2", "DeleteSuppressedDestination", EmailAddress=change.address)

    def _collect(self) -> None:
        for future in wait(self._under_way, return_when=FIRST_COMPLETED).done:
            change, tries = self._under_way.pop(future)
            try:
                future.result()
            except ThrottledError as error:
                self._slow_down(error)
                self._again.append((change, tries))
            except RetryableError:
                if tries + 1 == _MAX_TRIES:
                    raise
                self._wait(tries + 1)
                self._again.append((change, tries + 1))
            except NotFoundError:
                self.outcome.absent += 1  # somebody else took it off meanwhile
            except ApiError as error:
                self._refuse(change, error)
            else:
                self.outcome.done += 1
                self._strikes = 0
        self._progressed(self.outcome.done)

    def _slow_down(self, error: ThrottledError) -> None:
        self.outcome.throttled += 1
        self._strikes += 1
        self._pace.throttled()
        self._wait(1 + self._strikes // CONCURRENCY)
        if self._strikes > _MAX_STRIKES * CONCURRENCY:
            raise error

    def _wait(self, strike: int) -> None:
        from random import SystemRandom

        self._paused_until = time.monotonic() + min(5.0, pause(strike, SystemRandom().random))

    def _refuse(self, change: Change, error: ApiError) -> None:
        self.outcome.refused.append(Refused(change.address, error.message))
        if not self.outcome.done and len(self.outcome.refused) == _MAX_REFUSED:
            raise error
