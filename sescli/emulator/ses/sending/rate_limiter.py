"""Enforces `MaxSendRate`, the number of recipients per second to which an account may send.

A token bucket with the capacity of one second. A message is accepted if the bucket has a token for one recipient, even
if the message has more recipients. Its additional tokens are borrowed from the following seconds
(docs/ses-behavior.md#throttling-burst, #throttling). In any period, at most one second's worth and one message above
the rate is accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# A sender at exactly the allowed rate must not be throttled because of a few hundredths of a second of jitter.
_ENOUGH = 0.9


class SendRateLimiter:
    """`clock` returns seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rate = 0.0
        self._level = 0.0
        self._at = clock()

    def try_consume(self, recipients: int, rate: float) -> bool:
        """Accept a message with `recipients` at `rate` per second, or return False and consume nothing."""
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
