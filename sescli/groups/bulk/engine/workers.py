"""A pool of threads that make API calls and nothing else; the journal belongs to the engine's thread."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sescli.errors import LocalError, SescliError
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.groups.bulk.model.entries import Entry


# From this many calls in flight, `collect` waits this many seconds for further results: results that are collected
# together share a commit, and a commit takes as long as sending to ten recipients.
_GROUP_FROM, _GROUP_WAIT = 8, 0.003


class MessageSender(Protocol):
    """The client that the engine sends with: thread-safe, without retries."""

    def post(self, operation: str, body: str) -> dict[str, Any]:
        """Call SendEmail or SendBulkEmail (SES API v2) with parameters as JSON text; returns the response."""


@dataclass(frozen=True)
class SendCall:
    """A call whose entries are claimed in the journal. `tries` counts temporary failures of its entries."""

    entries: list[Entry]
    send: Callable[[], dict[str, Any]]
    tries: int
    sent_at: float


@dataclass(frozen=True)
class CallResult:
    """A finished call: its response, the error that it raised, or an unexpected exception (`fault`).

    `seconds` is how long it took.
    """

    call: SendCall
    response: dict[str, Any] | None = None
    error: SescliError | None = None
    fault: BaseException | None = None
    seconds: float = 0.0


class WorkerPool:
    """Up to `size` threads, started when they are needed, but before their calls are claimed: see `reserve`.

    They are daemon threads: after a second Ctrl-C the process does not wait for a call that hangs.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.most: int | None = None
        self._threads = 0
        self._busy = 0
        self._given_up: set[int] = set()
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

    def start(self) -> None:
        """Start the first thread. Raises `LocalError` where the system allows none: nothing is claimed yet."""
        if not self.reserve(1):
            raise LocalError(
                "this system does not allow another thread; nothing was sent",
                hint="raise the limit of processes (ulimit -u, or pids of the container), or free memory",
                code="NoThreads",
            )

    def give_up(self, call: SendCall) -> None:
        """Stop waiting for a call: its thread gets a replacement, and its result is ignored."""
        self._given_up.add(id(call))
        self._busy -= 1
        self._threads -= 1

    def reserve(self, more: int) -> bool:
        """Make sure that this many further calls have a thread; False if there are no more.

        A system can refuse a thread (a limit of a container, too little memory): the pool then works with fewer.
        """
        while self._threads < self._busy + more:
            if self._busy + more > self.size:
                return False
            thread = threading.Thread(target=self._work, name=f"send-{self._threads + 1}", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                self.most = self._threads
                return False
            self._threads += 1
        return self._busy + more <= self.size

    def resize(self, size: int) -> None:
        """Change how many threads there may be; those that exist stay."""
        self.size = size if self.most is None else min(size, self.most)

    @property
    def status(self) -> str | None:
        """The reduced number of threads in words; None where the system allows all."""
        return None if self.most is None else f"this system allows only {counted(self.most, 'thread')}"

    def submit(self, call: SendCall) -> None:
        """Send a call at once. Its thread must be reserved."""
        self._busy += 1
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
                if one is not None and id(one.call) in self._given_up:
                    self._given_up.discard(id(one.call))
                elif one is not None:
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
    began = time.monotonic()
    response: dict[str, Any] | None = None
    error: SescliError | None = None
    fault: BaseException | None = None
    try:
        response = call.send()
    except SescliError as raised:
        error = raised
    except BaseException as raised:  # noqa: BLE001 - the engine raises it again after it is in the journal
        fault = raised
    return CallResult(call, response, error, fault, time.monotonic() - began)
