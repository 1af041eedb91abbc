"""How many calls a run needs in flight to reach its rate."""

from __future__ import annotations

import math
from collections import deque

# Enough for any rate at the latency of a nearby region.
DEFAULT_CONCURRENCY = 16
# More threads than this cost more than they bring.
MAX_CONCURRENCY = 256
# Calls per second that one process can make at most. Without this limit, a rate that the machine cannot reach would ask
# for more and more threads.
_MAX_CALLS_PER_SECOND = 600.0
# In flight beyond rate times latency, because latencies vary.
_HEADROOM = 1.5
# The latency is the median of this many calls: the fastest may be lucky, and the mean rises with every stalled call.
_SAMPLE = 32


class Concurrency:
    """The number of calls in flight: a fixed number, or rate times latency (Little's law). Times are in seconds."""

    def __init__(self, fixed: int | None) -> None:
        self._fixed = fixed
        self._seconds: deque[float] = deque(maxlen=_SAMPLE)

    def record(self, seconds: float) -> None:
        """Record how long SES took to answer a call."""
        self._seconds.append(seconds)

    def wanted(self, rate: float, recipients_per_call: int) -> int:
        """How many calls should be in flight at a rate in recipients per second."""
        if self._fixed is not None:
            return self._fixed
        if not self._seconds:
            return DEFAULT_CONCURRENCY
        latency = sorted(self._seconds)[len(self._seconds) // 2]
        calls = min(_MAX_CALLS_PER_SECOND, rate / recipients_per_call)
        return max(DEFAULT_CONCURRENCY, min(MAX_CONCURRENCY, math.ceil(calls * latency * _HEADROOM)))
