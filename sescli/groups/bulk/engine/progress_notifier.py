"""Notifies the observer of a run, and stops the run when the output is closed."""

from __future__ import annotations

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


class ProgressNotifier:
    """Holds results back until they are on disk, then passes them to the observer.

    An observer whose output is closed (by `| head`, for example) gives a `Stop`: the run ends as with Ctrl-C, and no
    outcome is unknown. `clock` is monotonic, in seconds; progress is reported every `interval` seconds.
    """

    def __init__(self, observer: Observer | None, clock: Callable[[], float], interval: float) -> None:
        self._observer: Observer = observer or NullObserver()
        self._clock = clock
        self._interval = interval
        self._results: list[RecipientResult] = []
        self._notified_at = float("-inf")

    def record(self, entries: Sequence[Entry], changes: Sequence[StateChange], at: float) -> None:
        """Keep the outcomes of a call, from time `at`, until they are on disk."""
        if not self._observer.wants_results:
            return
        known = {entry.row: entry for entry in entries}
        for one in changes:
            entry = known[one.row]
            outcome = (one.state, one.message_id, one.code, one.reason)
            self._results.append(
                RecipientResult(entry.row, entry.id, entry.address, *outcome, entry.attempts + 1, at)
            )

    def notify_results(self) -> Stop | None:
        """Report the recorded results: they are on disk."""
        results, self._results = self._results, []
        return self._notify(lambda observer: observer.on_results(results)) if results else None

    def notify_progress(self, progress: Callable[[], Progress], *, always: bool) -> Stop | None:
        """Report the progress, if it is time for it or `always`."""
        now = self._clock()
        if not always and now - self._notified_at < self._interval:
            return None
        self._notified_at = now
        return self._notify(lambda observer: observer.on_progress(progress()))

    def _notify(self, call: Callable[[Observer], None]) -> Stop | None:
        try:
            call(self._observer)
        except OSError as error:
            self._observer = NullObserver()
            return output_closed(error)
        return None


def output_closed(error: OSError) -> Stop:
    """Why the run stops when its output cannot be written."""
    reason = f"the output cannot be written ({error.strerror or error})"
    return Stop(OUTPUT_CLOSED, reason, errors.SescliError(reason))
