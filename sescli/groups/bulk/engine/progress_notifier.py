"""The onlooker of a run, as the engine deals with it: told now and then, and free to go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli import errors
from sescli.groups.bulk.engine.outcome import Stop
from sescli.groups.bulk.engine.progress import NullObserver, Observer
from sescli.groups.bulk.model.entries import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.groups.bulk.engine.progress import Progress
    from sescli.groups.bulk.model.entries import Entry, StateChange

UNREAD = "OutputClosed"


class ProgressNotifier:
    """Keeps what an observer wants to be told until it is on disk. One who has gone (as `head` goes) is a `Stop`:
    the run ends as by Ctrl-C, with nobody in doubt.

    `clock` is monotonic, in seconds; progress is told every `every` of them.
    """

    def __init__(self, observer: Observer | None, clock: Callable[[], float], every: float) -> None:
        self._observer: Observer = observer or NullObserver()
        self._clock = clock
        self._every = every
        self._results: list[Result] = []
        self._told_at = float("-inf")

    def note(self, entries: Sequence[Entry], ended: Sequence[StateChange], at: float) -> None:
        """Recipients of a call have their outcome, since `at`; it is not on disk yet."""
        if not self._observer.wants_results:
            return
        known = {entry.row: entry for entry in entries}
        for one in ended:
            entry = known[one.row]
            said = (one.state, one.message_id, one.code, one.reason)
            self._results.append(Result(entry.row, entry.id, entry.address, *said, entry.attempts + 1, at))

    def tell_results(self) -> Stop | None:
        """What was noted is on disk."""
        results, self._results = self._results, []
        return self._let_look(lambda onlooker: onlooker.settled(results)) if results else None

    def tell_progress(self, progress: Callable[[], Progress], *, always: bool) -> Stop | None:
        """How far the run is, if it is time, or `always`."""
        now = self._clock()
        if not always and now - self._told_at < self._every:
            return None
        self._told_at = now
        return self._let_look(lambda onlooker: onlooker.progressed(progress()))

    def _let_look(self, tell: Callable[[Observer], None]) -> Stop | None:
        try:
            tell(self._observer)
        except OSError as error:
            self._observer = NullObserver()
            return unread(error)
        return None


def unread(error: OSError) -> Stop:
    """The onlooker has gone."""
    reason = f"nobody reads the output any more ({error.strerror or error})"
    return Stop(UNREAD, reason, errors.SescliError(reason))
