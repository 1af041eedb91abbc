"""The pace: how many recipients a second may leave, shared by all workers.

SES counts recipients, not calls, and over the last second. So this keeps to two rules at once. Calls are
spread evenly, at a little under the limit; and no window of a second (and a margin, because what leaves 50 ms
late arrives beside what left on time) holds more than the limit. The first rule alone would lose for good
what a pause lost; the second alone would send in bursts.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sescli.text.plurals import rate

if TYPE_CHECKING:
    from collections.abc import Callable

# The window that is kept, in seconds: SES's is one second, the rest is room for calls that are late on their
# way. It widens with each burst that SES throttles, because that is how the way's unsteadiness shows.
_WINDOW = 1.04
_WIDEST = 1.085
_WIDENING = 0.015
# How much of a pause may be made up for by sending faster afterwards, in seconds.
_CATCH_UP = 0.25
# A throttled answer takes the rate down to this share: a little for a single one, which is a late call or two;
# much when the last one is not long ago, because then somebody else sends from this account too. Each second
# without one gives this share of the limit back.
_DECREASE = 0.94
_DECREASE_AGAIN = 0.75
_NOT_LONG_AGO = 4.0
_INCREASE = 0.03
# The rate never falls below this share of the limit.
_FLOOR = 0.05
# Answers throttled within so many seconds of a decrease are of the same burst, and do not count again.
_SAME_BURST = 1.0
# How many calls a second a call's size is chosen for: fewer would be bursts, more would be small calls.
_CALLS_A_SECOND = 20
# From this share of the limit on nobody need be told that the rate is not the full one.
_NEARLY = 0.97
MAX_DESTINATIONS = 50  # of one SendBulkEmail (SES API v2)


def call_size(rate: float) -> int:
    """How many recipients a call should carry at a rate: about 20 calls a second, at most 50 in one."""
    return max(1, min(MAX_DESTINATIONS, int(rate / _CALLS_A_SECOND)))


class RateLimiter:
    """A limiter for one run. `limit` is recipients a second; `clock` gives seconds and never goes back."""

    def __init__(self, limit: float, clock: Callable[[], float]) -> None:
        self.limit = limit
        self.rate = limit
        self._clock = clock
        self._next = clock()
        self._window = _WINDOW
        self._sent: deque[tuple[float, int]] = deque()
        self._in_window = 0
        self._slowed_at = float("-inf")
        self._raised_at = clock()

    @property
    def call_size(self) -> int:
        """How many recipients one call should carry at the rate of now."""
        return call_size(self.rate)

    def delay(self, weight: int) -> float:
        """Seconds until a call of so many recipients may leave; 0 is now."""
        now = self._clock()
        self._recover(now)
        self._forget(now)
        wait = self._next - now
        over = self._in_window + weight - self.rate
        # A single mail to more people than a second allows goes into an empty window, or it would never go.
        if over > 0 and self._sent:
            wait = max(wait, self._until_free(over, now))
        return max(0.0, wait)

    def take(self, weight: int) -> None:
        """Note that a call of so many recipients leaves now."""
        now = self._clock()
        start = max(self._next, now - _CATCH_UP)
        self._next = start + weight * self._window / self.rate
        self._sent.append((now, weight))
        self._in_window += weight

    def throttled(self) -> None:
        """SES said that this was too fast: slow down, once a burst."""
        now = self._clock()
        if now - self._slowed_at < _SAME_BURST:
            return
        self._window = min(_WIDEST, self._window + _WIDENING)
        share = _DECREASE_AGAIN if now - self._slowed_at < _NOT_LONG_AGO else _DECREASE
        self.rate = max(self.limit * _FLOOR, self.rate * share)
        self._slowed_at = self._raised_at = now
        self._next = max(self._next, now + 1.0 / self._calls())

    @property
    def words(self) -> str | None:
        """What it holds back from, for an onlooker; None at the full rate, or nearly."""
        if self.rate > self.limit * _NEARLY:
            return None
        return f"SES throttles: slowed down from {rate(self.limit)} to {rate(self.rate)} a second"

    def _calls(self) -> float:
        return max(1.0, self.rate / self.call_size)

    def _recover(self, now: float) -> None:
        if self.rate < self.limit:
            gained = (now - self._raised_at) * self.limit * _INCREASE
            self.rate = min(self.limit, self.rate + gained)
        self._raised_at = now

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0][0] <= now - self._window:
            self._in_window -= self._sent.popleft()[1]

    def _until_free(self, over: float, now: float) -> float:
        """Seconds until enough of the window has passed by."""
        for moment, weight in self._sent:
            over -= weight
            if over <= 0:
                return moment + self._window - now
        return self._sent[-1][0] + self._window - now
