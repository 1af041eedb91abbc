"""The workers: threads that make calls, and nothing else. The journal belongs to the one who leads them."""

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


# With so many calls under way the first one that is back waits a moment, in seconds, for some others: what comes
# back together shares a commit, and a commit costs as much as sending to ten.
_MANY, _A_MOMENT = 8, 0.003


@dataclass(frozen=True)
class Call:
    """A call that is claimed in the journal and may leave. `tries` counts passing failures of its entries."""

    entries: list[Entry]
    make: Callable[[], dict[str, Any]]
    tries: int
    left_at: float


@dataclass(frozen=True)
class Done:
    """A call that came back: with an answer, an error that is foreseen, or a fault of our own."""

    call: Call
    answer: dict[str, Any] | None = None
    error: SescliError | None = None
    fault: BaseException | None = None


class WorkerPool:
    """Up to `size` threads, started as they are needed.

    They are daemons: after a second Ctrl-C nobody waits for a call that hangs.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._threads = 0
        self._busy = 0
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Done | None] = queue.SimpleQueue()

    @property
    def busy(self) -> int:
        """Calls under way."""
        return self._busy

    @property
    def free(self) -> int:
        """Calls that may be added."""
        return self.size - self._busy

    def give(self, call: Call) -> None:
        """Let a call leave at once."""
        self._busy += 1
        if self._busy > self._threads:
            self._threads += 1
            threading.Thread(target=self._work, name=f"send-{self._threads}", daemon=True).start()
        self._calls.put(call)

    def wake(self) -> None:
        """End the leader's wait. May be called from a signal handler."""
        self._done.put(None)

    def collect(self, timeout: float) -> list[Done]:
        """What has come back; waits up to `timeout` seconds for the first."""
        found: list[Done] = []
        deadline = time.monotonic() + timeout
        try:
            one = self._done.get(timeout=max(0.0, deadline - time.monotonic()))
            if self._busy >= _MANY:
                time.sleep(_A_MOMENT)
            while True:
                if one is not None:
                    found.append(one)
                one = self._done.get_nowait()
        except queue.Empty:
            self._busy -= len(found)
            return found

    def dismiss(self) -> None:
        """Send the idle threads home; those in a call are left to it."""
        for _ in range(self._threads):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            self._done.put(_make(call))


def _make(call: Call) -> Done:
    try:
        return Done(call, answer=call.make())
    except SescliError as error:
        return Done(call, error=error)
    except BaseException as fault:  # noqa: BLE001 - the leader raises it again, once the journal has it
        return Done(call, fault=fault)
