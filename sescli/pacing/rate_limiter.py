"""The rate limiter of bulk sends, shared by all workers, and the delay before a retry.

SES counts recipients, not calls, over the last second. The limiter therefore applies two rules. Calls are spread
evenly, at a little under the limit. And no window of one second (plus a margin, because a call that is sent 50 ms
late arrives together with one that is sent on time) has more recipients than the limit. The first rule alone would
never make up for a pause; the second alone would send in bursts.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sescli.text.plurals import rate

if TYPE_CHECKING:
    from collections.abc import Callable

# The window in seconds: SES's is one second, the rest is a margin for calls that the network delays. It widens with
# each burst that SES throttles, because throttling shows that the delays vary.
_WINDOW = 1.04
_MAX_WINDOW = 1.085
_WIDENING = 0.015
# How much of a pause is made up for by sending faster afterwards, in seconds.
_CATCH_UP = 0.25
# A throttled response reduces the rate to this share: slightly for a single one, which is a delayed call or two;
# strongly when the last one is recent, because then another process sends from this account too. Each second
# without one restores this share of the limit.
_DECREASE = 0.94
_DECREASE_AGAIN = 0.75
_RECENT = 4.0
_INCREASE = 0.03
# The rate never falls below this share of the limit.
_FLOOR = 0.05
# Responses throttled within this many seconds of a decrease belong to the same burst and do not count again.
_SAME_BURST = 1.0
# The number of calls per second for which the size of a call is chosen: fewer would be bursts, more would be small calls.
_CALLS_PER_SECOND = 20
# From this share of the limit up, the reduced rate is not reported.
_NEARLY_FULL = 0.97
MAX_DESTINATIONS = 50  # of one SendBulkEmail call (SES API v2)
# The delay before a retry, in seconds.
_FIRST_DELAY, _MAX_DELAY = 0.4, 30.0


def call_size(rate: float) -> int:
    """How many recipients a call should have at a rate (recipients per second): about 20 calls per second, at most 50 in one."""
    return max(1, min(MAX_DESTINATIONS, int(rate / _CALLS_PER_SECOND)))


def backoff_delay(failures: int, random: Callable[[], float]) -> float:
    """Seconds to wait after so many failures in a row, from 1; `random` returns 0 ≤ x < 1.

    Exponential with full jitter, so that many senders do not retry at the same time.
    """
    return random() * min(_MAX_DELAY, _FIRST_DELAY * 2.0 ** min(failures, 16))


class RateLimiter:
    """Limits one run. `limit` is recipients per second; `clock` returns seconds and never goes back."""

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
        """How many recipients one call should have at the current rate."""
        return call_size(self.rate)

    def delay(self, weight: int) -> float:
        """Seconds until a call with `weight` recipients may be sent; 0 means now."""
        now = self._clock()
        self._recover(now)
        self._forget(now)
        wait = self._next - now
        over = self._in_window + weight - self.rate
        # A message to more recipients than the limit waits for an empty window, or it would never be sent.
        if over > 0 and self._sent:
            wait = max(wait, self._until_free(over, now))
        return max(0.0, wait)

    def acquire(self, weight: int) -> None:
        """Record that a call with `weight` recipients is sent now."""
        now = self._clock()
        start = max(self._next, now - _CATCH_UP)
        self._next = start + weight * self._window / self.rate
        self._sent.append((now, weight))
        self._in_window += weight

    def set_limit(self, limit: float) -> None:
        """Use another limit from now on: AWS has raised or lowered it. A rate that throttling reduced stays so."""
        if limit > 0 and limit != self.limit:
            self.rate = limit if self.rate == self.limit else min(self.rate, limit)
            self.limit = limit

    def throttled(self) -> None:
        """Slow down, once per burst: SES throttled a call."""
        now = self._clock()
        if now - self._slowed_at < _SAME_BURST:
            return
        self._window = min(_MAX_WINDOW, self._window + _WIDENING)
        share = _DECREASE_AGAIN if now - self._slowed_at < _RECENT else _DECREASE
        self.rate = max(self.limit * _FLOOR, self.rate * share)
        self._slowed_at = self._raised_at = now
        self._next = max(self._next, now + 1.0 / self._calls())

    @property
    def status(self) -> str | None:
        """The reduced rate in words; None at the full rate or nearly."""
        if self.rate > self.limit * _NEARLY_FULL:
            return None
        return f"SES throttles: slowed down from {rate(self.limit)}/s to {rate(self.rate)}/s"

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
        """Seconds until enough of the window has passed."""
        for moment, weight in self._sent:
            over -= weight
            if over <= 0:
                return moment + self._window - now
        return self._sent[-1][0] + self._window - now
