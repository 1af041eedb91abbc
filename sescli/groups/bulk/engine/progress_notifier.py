"""Notifies the observer of a run in a thread of its own, and stops the run when the output is closed.

A terminal can hang, and the reader of a pipe can stop reading. Neither may delay the engine, its workers or a signal.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from sescli import errors
from sescli.groups.bulk.engine.outcome import Stop
from sescli.groups.bulk.engine.progress import NullObserver, Observer
from sescli.groups.bulk.model.entries import RecipientResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.groups.bulk.engine.progress import Progress
    from sescli.groups.bulk.model.entries import Entry, StateChange

OUTPUT_CLOSED = "OutputClosed"
# From this many results that the reader has not read, the run sends no further calls: results are never dropped.
_MAX_RESULTS = 5_000
# Further lines of --verbose are dropped.
_MAX_LINES = 500
# How long the end of a run waits for a blocked output, in seconds: after an interrupt, or for progress only.
_PATIENCE = 2.0
_TICK = 0.1
# Results that are passed to the observer at once, so that a slow reader sees progress.
_AT_ONCE = 500


class ProgressNotifier:
    """Holds results back until they are on disk, then passes them to the observer in another thread.

    Of the progress only the newest is kept. An observer whose output is closed (by `| head`, for example) gives a
    `Stop`: the run ends as with Ctrl-C, and no outcome is unknown. `clock` is monotonic, in seconds; progress is
    reported every `interval` seconds; `wake` is called when the engine can continue.
    """

    def __init__(
        self,
        observer: Observer | None,
        clock: Callable[[], float],
        interval: float,
        *,
        max_results: int = _MAX_RESULTS,
    ) -> None:
        self._observer: Observer = observer or NullObserver()
        self._clock = clock
        self._interval = interval
        self.wake: Callable[[], None] = lambda: None
        self._max_results = max_results
        self._recorded: list[RecipientResult] = []
        self._notified_at = float("-inf")
        self._changed = threading.Condition()
        self._results: deque[RecipientResult] = deque()
        self._lines: deque[str] = deque(maxlen=_MAX_LINES)
        self._progress: Progress | None = None
        self._writing = 0
        self._closing = self._ended = False
        self._thread: threading.Thread | None = None
        self.is_blocked = False
        self.stop: Stop | None = None
        self.fault: BaseException | None = None

    def start(self) -> None:
        """Start the thread. Without one (a limit of the system), the observer is called in the engine's thread."""
        thread = threading.Thread(target=self._run, name="progress", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return
        self._thread = thread

    def record(self, entries: Sequence[Entry], changes: Sequence[StateChange], at: float) -> None:
        """Keep the outcomes of a call, from time `at`, until they are on disk."""
        if not self._observer.wants_results:
            return
        known = {entry.row: entry for entry in entries}
        for one in changes:
            entry = known[one.row]
            outcome = (one.state, one.message_id, one.code, one.reason)
            self._recorded.append(
                RecipientResult(entry.row, entry.id, entry.address, *outcome, entry.attempts + 1, at)
            )

    def notify_results(self) -> None:
        """Report the recorded results: they are on disk."""
        if self._recorded:
            results, self._recorded = self._recorded, []
            self._put(results=results)

    def notify_progress(self, progress: Callable[[], Progress], *, always: bool) -> None:
        """Report the progress, if it is time for it or `always`."""
        now = self._clock()
        if always or now - self._notified_at >= self._interval:
            self._notified_at = now
            self._put(progress=progress())

    def trace(self, line: str) -> None:
        """Report a line of --verbose; may be called from any thread."""
        if self._observer.wants_trace:
            self._put(line=line)

    @property
    def is_behind(self) -> bool:
        """Whether so many results wait for their reader that no further calls should be sent."""
        return self.undelivered > self._max_results

    @property
    def undelivered(self) -> int:
        """Results that are on disk but not yet written to the output."""
        return len(self._results) + self._writing

    def close(self, interrupts: Callable[[], int]) -> None:
        """Wait until the output has everything: results until an interrupt, progress for two seconds.

        `interrupts` returns how often the user asked to stop. After that, `is_blocked` says whether the output is.
        """
        if self._thread is None:
            self._notify(self._observer.on_end)
            return
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        give_up_at = time.monotonic() + _PATIENCE
        while self._thread.is_alive() and not self._ended:
            self._thread.join(_TICK)
            if self.undelivered and not interrupts():
                give_up_at = time.monotonic() + _PATIENCE
            if time.monotonic() > give_up_at or interrupts() > 1:
                self.is_blocked = not self._ended
                return

    # --- the thread ---

    def _put(
        self,
        *,
        results: Sequence[RecipientResult] = (),
        progress: Progress | None = None,
        line: str | None = None,
    ) -> None:
        with self._changed:
            if self.stop is None and self.fault is None:
                self._results.extend(results)
                self._progress = progress or self._progress
                if line is not None:
                    self._lines.append(line)
            self._changed.notify_all()
        if self._thread is None:
            self._write_pending()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._results or self._progress or self._lines or self._closing):
                    self._changed.wait()
                is_last = self._closing and not (self._results or self._progress or self._lines)
            if is_last:
                self._notify(self._observer.on_end)
                self._ended = True
                return
            was_behind = self.is_behind
            self._write_pending()
            if (was_behind and not self.is_behind) or self.stop or self.fault:
                self.wake()

    def _write_pending(self) -> None:
        with self._changed:
            results = [self._results.popleft() for _ in range(min(_AT_ONCE, len(self._results)))]
            self._writing = len(results)
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            progress, self._progress = self._progress, None
        if results:
            self._notify(lambda: self._observer.on_results(results))
        self._writing = 0
        for line in lines:
            self._notify(lambda text=line: self._observer.on_trace(text))  # type: ignore[misc] # bound now
        if progress is not None:
            self._notify(lambda: self._observer.on_progress(progress))

    def _notify(self, call: Callable[[], None]) -> None:
        if self.stop is not None or self.fault is not None:
            return
        try:
            call()
        except OSError as error:
            self.stop = output_closed(error)
        except BaseException as fault:  # noqa: BLE001 - the engine raises it again after everything is in the journal
            self.fault = fault
        if self.stop or self.fault:
            with self._changed:
                self._results.clear()
                self._lines.clear()
                self._progress = None


def output_closed(error: OSError) -> Stop:
    """Why the run stops when its output cannot be written."""
    reason = f"the output cannot be written ({error.strerror or error})"
    return Stop(OUTPUT_CLOSED, reason, errors.SescliError(reason))
