"""The circuit breaker of a run: how long to pause when SES cannot be reached, and when to stop.

Closed, calls flow: one at first, and one more for each that SES accepts. After a call without a usable response it
opens: no call is sent until a delay has passed. Then it is half-open: one call with one recipient is the probe. An
answer closes it; without one it opens again, for longer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sescli import errors
from sescli.groups.bulk.engine.outcome import CallOutcome, Stop
from sescli.groups.bulk.model.entries import SENT
from sescli.pacing.rate_limiter import backoff_delay

if TYPE_CHECKING:
    from collections.abc import Callable

# This many failures in a row, with no answer between them, stop the run. It applies to calls without a usable
# response, because each leaves recipients whose outcome is unknown, and to connections in a run that never had one.
_MAX_FAILURES = 6
# A connection that is lost (a laptop's, a router's) leaves no outcome unknown, so the run waits for it. In seconds.
_MAX_UNREACHABLE = 180.0
# Throttled for this many seconds with no message accepted: other processes use up the rate, or it is 0.
_MAX_THROTTLED = 120.0


class CircuitBreaker:
    """Pauses or stops a run whose calls find no connection, get no usable response, or are throttled all the time."""

    def __init__(self, clock: Callable[[], float], random: Callable[[], float]) -> None:
        self._clock = clock
        self._random = random
        self._failures = 0
        self._unanswered = 0
        self._ever_accepted = False
        self._problem = ""
        self._failed_at = float("-inf")
        self._accepted_at = clock()
        self._window = 1
        self._probes_in_flight = 0
        self.is_open = False
        self.bursts = 0
        self.paused_until = float("-inf")

    def allowed(self, in_flight: int) -> int:
        """How many calls may be sent now beside those in flight. While `is_open`, they must have one recipient."""
        if self._clock() < self.paused_until:
            return 0
        if self.is_open:
            return 1 - self._probes_in_flight
        return max(0, self._window - in_flight)

    def sent(self) -> None:
        """Record that a call is sent."""
        self._probes_in_flight += self.is_open

    def record(self, sent_at: float, outcome: CallOutcome) -> Stop | None:
        """Record the outcome of a call sent at `sent_at`; returns why the run must stop, or None."""
        now = self._clock()
        is_accepted = any(one.state == SENT for one in outcome.settled)
        if is_accepted:
            self._accepted_at, self._ever_accepted = now, True
        # Calls that were sent before the failure was seen belong to the same burst: only the probe is later.
        is_later = sent_at >= self._failed_at
        if not (outcome.unreachable or outcome.unanswered):
            if is_later:
                self._close(is_accepted)
            return self._throttled_for_long(now) if outcome.throttled else None
        return self._fail(now, outcome) if is_later else None

    def _close(self, is_accepted: bool) -> None:
        self._window = 1 if self.is_open else self._window + is_accepted
        self.is_open, self._probes_in_flight = False, 0
        self._failures = self._unanswered = 0

    def _fail(self, now: float, outcome: CallOutcome) -> Stop | None:
        self.bursts += outcome.unanswered and not self.is_open
        self.is_open, self._probes_in_flight = True, 0
        self._failures += 1
        self._unanswered += outcome.unanswered
        self._failed_at = now
        self._problem = "SES cannot be reached" if outcome.unreachable else "a call got no usable response"
        self.paused_until = now + backoff_delay(self._failures, self._random)
        return self._unreachable(now) if outcome.unreachable else self._no_answer()

    def _throttled_for_long(self, now: float) -> Stop | None:
        if now - self._accepted_at <= _MAX_THROTTLED:
            return None
        reason = f"SES has throttled every call for {_MAX_THROTTLED:.0f} seconds"
        return Stop("Throttled", reason, errors.ThrottledError(reason))

    def _unreachable(self, now: float) -> Stop | None:
        away = now - self._accepted_at
        if self._failures < _MAX_FAILURES or (self._ever_accepted and away <= _MAX_UNREACHABLE):
            return None
        reason = f"SES could not be reached {self._failures} times in a row" + (
            f" and for {away:.0f} seconds" if self._ever_accepted else ""
        )
        return Stop("Network", reason, errors.NetworkError(reason))

    def _no_answer(self) -> Stop | None:
        if self._unanswered < _MAX_FAILURES:
            return None
        reason = f"{self._unanswered} calls in a row got no usable response"
        return Stop("OutcomeUnknown", reason, errors.RetryableError(reason))

    @property
    def status(self) -> str | None:
        """What the run waits for, in words; None if it does not pause."""
        if not self.is_open:
            return None
        left = self.paused_until - self._clock()
        again = f"retrying in {math.ceil(left)} s" if left > 0 else "trying one recipient"
        return f"{self._problem}: {again}"
