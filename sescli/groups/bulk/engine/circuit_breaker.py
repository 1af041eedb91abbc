"""When SES cannot be had: how long to pause, and when to give up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sescli import errors
from sescli.groups.bulk.engine.outcome import Stop, Verdict
from sescli.groups.bulk.model.entries import SENT
from sescli.pacing import backoff

if TYPE_CHECKING:
    from collections.abc import Callable

# So many bursts of trouble in a row, with nothing accepted between them, end the run: of calls that got no usable
# answer, because each leaves people in doubt; and of calls that found no connection in a run that never had one.
_MAX_STRIKES = 6
# A connection that was there and is lost (a laptop's, a router's) leaves nobody in doubt, so it is waited for.
_MAX_UNREACHABLE = 180.0
# Throttled for so many seconds with nothing accepted: somebody else uses up the rate, or it is nil.
_MAX_THROTTLED = 120.0


class Trouble:
    """Watches for calls that find no connection, get no usable answer, or are throttled without end."""

    def __init__(self, clock: Callable[[], float], random: Callable[[], float]) -> None:
        self._clock = clock
        self._random = random
        self._strikes = 0
        self._unanswered = 0
        self._ever_accepted = False
        self._what = ""
        self._seen_at = float("-inf")
        self._accepted_at = clock()
        self.paused_until = float("-inf")

    def note(self, left_at: float, verdict: Verdict) -> Stop | None:
        """Take in what became of a call that left at `left_at`; gives a reason to end the run, if it is one."""
        now = self._clock()
        if any(one.state == SENT for one in verdict.settled):
            self._strikes, self._unanswered, self._accepted_at, self._ever_accepted = 0, 0, now, True
        if verdict.throttled and now - self._accepted_at > _MAX_THROTTLED:
            reason = f"SES has throttled every call for {_MAX_THROTTLED:.0f} seconds"
            return Stop("Throttled", reason, errors.ThrottledError(reason))
        # Calls that left before the trouble showed belong to the same burst of it.
        if not (verdict.unreachable or verdict.unanswered) or left_at < self._seen_at:
            return None
        self._strikes += 1
        self._unanswered += verdict.unanswered
        self._seen_at = now
        self._what = "SES cannot be reached" if verdict.unreachable else "a call got no usable answer"
        self.paused_until = now + backoff.pause(self._strikes, self._random)
        return self._unreachable(now) if verdict.unreachable else self._no_answer()

    def _unreachable(self, now: float) -> Stop | None:
        away = now - self._accepted_at
        if self._strikes < _MAX_STRIKES or (self._ever_accepted and away <= _MAX_UNREACHABLE):
            return None
        reason = f"SES could not be reached, {self._strikes} times in a row" + (
            f" and for {away:.0f} seconds" if self._ever_accepted else ""
        )
        return Stop("Network", reason, errors.NetworkError(reason))

    def _no_answer(self) -> Stop | None:
        if self._unanswered < _MAX_STRIKES:
            return None
        reason = f"{self._unanswered} calls in a row left and got no usable answer"
        return Stop("OutcomeUnknown", reason, errors.RetryableError(reason))

    @property
    def words(self) -> str | None:
        """What holds the run up, for the onlooker."""
        left = self.paused_until - self._clock()
        return f"{self._what}: trying again in {math.ceil(left)} s" if left > 0 else None
