"""`MaxSendRate`: how many recipients a second an account may send to.

A bucket that holds one second's worth. A message goes through when the bucket holds a recipient, however
many recipients it has itself, and what it takes too much is borrowed from the seconds that follow
(docs/ses-behavior.md#throttling-burst, #throttling). Over any stretch of time no more than one second's worth
above the rate gets through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# A sender that keeps exactly to the rate must not be refused for the jitter of a few hundredths.
_ENOUGH = 0.9


class SendRateLimiter:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rate = 0.0
        self._level = 0.0
        self._at = clock()

    def try_consume(self, recipients: int, rate: float) -> bool:
        """Take a message of so many recipients at `rate` a second, or refuse it and take nothing."""
        now = self._clock()
        if rate != self._rate:
            self._rate, self._level = rate, max(rate, 1.0)
        else:
            self._level = min(max(rate, 1.0), self._level + (now - self._at) * rate)
        self._at = now
        if self._level < _ENOUGH:
            return False
        self._level -= recipients
        return True
