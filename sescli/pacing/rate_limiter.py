"""The rate limiter: how many recipients a second may be sent to, shared by all workers.

SES counts the recipients, not the calls, of the last second. The limiter follows two rules. Calls are spread evenly,
a little below the limit. And no window of one second contains more than the limit; the window has a margin, because a
call that is 50 ms late arrives together with a later one. With the first rule alone, a pause would lower the average
rate; with the second alone, calls would go out in bursts.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sescli.text.plurals import rate

if TYPE_CHECKING:
    from collections.abc import Callable

# The window in seconds: that of SES is one second, the rest is a margin for calls that the network delays. It widens
# with each burst that SES throttles, because throttling shows that the delays vary.
_WINDOW = 1.04
_WIDEST = 1.085
_WIDENING = 0.015
# How much of a pause may be caught up by sending faster afterwards, in seconds.
_CATCH_UP = 0.25
# A throttled answer reduces the rate to this share: a little for a single one, which a delayed call can cause; much
# if the last one is recent, because then another sender uses this account too. Each second without one gives the
# share `_INCREASE` of the limit back.
_DECREASE = 0.94
_DECREASE_AGAIN = 0.75
_NOT_LONG_AGO = 4.0
_INCREASE = 0.03
# The rate never falls below this share of the limit.
_FLOOR = 0.05
# Throttled answers within so many seconds of a decrease belong to the same burst, and do not count again.
_SAME_BURST = 1.0
# Calls a second for which the call size is chosen: fewer would be bursts, more would be small calls.
_CALLS_A_SECOND = 20
# From this share of the limit on, the rate counts as the full rate.
_NEARLY = 0.97
MAX_DESTINATIONS = 50  # limit of SendBulkEmail (SES API v2)


def call_size(rate: float) -> int:
    """Recipients per call at a rate, for about 20 calls a second; at most 50."""
    return max(1, min(MAX_DESTINATIONS, int(rate / _CALLS_A_SECOND)))


class RateLimiter:
    """The rate limiter of one run. `limit` is recipients a second; `clock` returns monotonic seconds."""

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
        """Recipients per call at the current rate."""
        return call_size(self.rate)

    def delay(self, weight: int) -> float:
        """Seconds until a call with `weight` recipients may be sent; 0 means now."""
        now = self._clock()
        self._recover(now)
        self._forget(now)
        wait = self._next - now
        over = self._in_window + weight - self.rate
        # A message with more recipients than the limit waits for an empty window, or it could never be sent.
        if over > 0 and self._sent:
            wait = max(wait, self._until_free(over, now))
        return max(0.0, wait)

    def take(self, weight: int) -> None:
        """Count a call with `weight` recipients that is sent now."""
        now = self._clock()
        start = max(self._next, now - _CATCH_UP)
        self._next = start + weight * self._window / self.rate
        self._sent.append((now, weight))
        self._in_window += weight

    def throttled(self) -> None:
        """Slow down after SES throttled a call, once per burst."""
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
        """A sentence for the progress view if the rate is reduced; None at, or nearly at, the full rate."""
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
        """Seconds until enough recipients have left the window."""
        for moment, weight in self._sent:
            over -= weight
            if over <= 0:
                return moment + self._window - now
        return self._sent[-1][0] + self._window - now
