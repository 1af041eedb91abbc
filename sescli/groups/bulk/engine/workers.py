"""A pool of threads that make API calls and nothing else; the journal belongs to the engine's thread."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.errors import SescliError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.groups.bulk.model.entries import Entry


# From this many calls in flight, `collect` waits this many seconds for further results: results that are collected
# together share a commit, and a commit takes as long as sending to ten recipients.
_GROUP_FROM, _GROUP_WAIT = 8, 0.003


@dataclass(frozen=True)
class SendCall:
    """A call whose entries are claimed in the journal. `tries` counts temporary failures of its entries."""

    entries: list[Entry]
    send: Callable[[], dict[str, Any]]
    tries: int
    sent_at: float


@dataclass(frozen=True)
class CallResult:
    """A finished call: its response, the error that it raised, or an unexpected exception (`fault`)."""

    call: SendCall
    response: dict[str, Any] | None = None
    error: SescliError | None = None
    fault: BaseException | None = None


class WorkerPool:
    """Up to `size` threads, started when they are needed.

    They are daemon threads: after a second Ctrl-C the process does not wait for a call that hangs.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._threads = 0
        self._busy = 0
        self._calls: queue.SimpleQueue[SendCall | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[CallResult | None] = queue.SimpleQueue()

    @property
    def busy(self) -> int:
        """Calls in flight."""
        return self._busy

    @property
    def free(self) -> int:
        """How many calls can be submitted now."""
        return self.size - self._busy

    def submit(self, call: SendCall) -> None:
        """Send a call at once."""
        self._busy += 1
        if self._busy > self._threads:
            self._threads += 1
            threading.Thread(target=self._work, name=f"send-{self._threads}", daemon=True).start()
        self._calls.put(call)

    def wake(self) -> None:
        """End the wait of `collect`. May be called from a signal handler."""
        self._done.put(None)

    def collect(self, timeout: float) -> list[CallResult]:
        """The calls that have finished; waits up to `timeout` seconds for the first."""
        found: list[CallResult] = []
        deadline = time.monotonic() + timeout
        try:
            one = self._done.get(timeout=max(0.0, deadline - time.monotonic()))
            if self._busy >= _GROUP_FROM:
                time.sleep(_GROUP_WAIT)
            while True:
                if one is not None:
                    found.append(one)
                one = self._done.get_nowait()
        except queue.Empty:
            self._busy -= len(found)
            return found

    def shutdown(self) -> None:
        """End the idle threads; those in a call finish it first."""
        for _ in range(self._threads):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            self._done.put(_send(call))


def _send(call: SendCall) -> CallResult:
    try:
        return CallResult(call, response=call.send())
    except SescliError as error:
        return CallResult(call, error=error)
    except BaseException as fault:  # noqa: BLE001 - the engine raises it again after it is in the journal
        return CallResult(call, fault=fault)
