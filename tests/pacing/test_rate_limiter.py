"""The rate limiter with a virtual clock, against a server that enforces a strict window of one second."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque

import pytest

from sescli.pacing.rate_limiter import RateLimiter, call_size

SECONDS = 300.0
STEADY, LAN, WAN = (
    (lambda _chance: 0.05),
    (lambda chance: chance.uniform(0.02, 0.06)),
    (lambda chance: chance.lognormvariate(-3, 0.5)),
)


class Server:
    """Counts recipients over the last second, and throttles what exceeds the limit."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.accepted = 0
        self.calls = 0
        self.throttled = 0
        self._seen: deque[tuple[float, int]] = deque()
        self._sum = 0

    def lower(self, limit: float) -> None:
        """Change the limit, and restart the counts."""
        self.limit, self.accepted, self.calls, self.throttled = limit, 0, 0, 0

    def take(self, now: float, weight: int) -> bool:
        while self._seen and self._seen[0][0] <= now - 1.0:
            self._sum -= self._seen.popleft()[1]
        self.calls += 1
        if self._sum + weight > self.limit:
            self.throttled += 1
            return False
        self._seen.append((now, weight))
        self._sum += weight
        self.accepted += weight
        return True


def drive(
    limit: float, latency, *, allowed: float | None = None, stall: float = 0.0, lowered: float | None = None
) -> Server:
    """Send as fast as the limiter allows, for 300 virtual seconds; `lowered` is the limit of the second half."""
    chance, now = random.Random(7), [0.0]
    limiter, server = RateLimiter(limit, lambda: now[0]), Server(allowed or limit)
    events: list[tuple[float, int, str, int, float]] = []
    order = 0

    def catch_up(until: float) -> None:
        nonlocal order
        while events and events[0][0] <= until:
            at, _, kind, weight, back = heapq.heappop(events)
            if kind == "arrives" and not server.take(at, weight):
                order += 1
                heapq.heappush(events, (at + back, order, "throttled", 0, 0.0))
            elif kind == "throttled":
                now[0] = max(now[0], at)
                limiter.throttled()

    while now[0] < SECONDS:
        if lowered and now[0] >= SECONDS / 2:
            server.lower(lowered)
            lowered = None
        wait = limiter.delay(limiter.call_size)
        if wait > 1e-9:
            now[0] = max(now[0], min(now[0] + wait, events[0][0])) if events else now[0] + wait
            catch_up(now[0])
            continue
        order += 1
        heapq.heappush(
            events, (now[0] + latency(chance), order, "arrives", limiter.call_size, latency(chance))
        )
        limiter.acquire(limiter.call_size)
        now[0] += 0.002 + (stall if chance.random() < 0.01 else 0.0)
        catch_up(now[0])
    return server


@pytest.mark.parametrize("latency", [STEADY, LAN], ids=["steady", "lan"])
@pytest.mark.parametrize("limit", [1, 14, 100, 500])
def test_rate_limiter_nearly_reaches_limit_without_exceeding_it(limit, latency):
    server = drive(limit, latency)
    assert server.accepted >= 0.95 * limit * SECONDS
    assert server.throttled == 0


@pytest.mark.parametrize("limit", [14, 100, 500])
def test_rate_limiter_loses_little_with_varying_latency(limit):
    server = drive(limit, WAN)
    assert server.accepted >= 0.85 * limit * SECONDS
    assert server.throttled <= 0.01 * server.calls


@pytest.mark.parametrize("limit", [14, 100, 500])
def test_rate_limiter_makes_up_for_pause(limit):
    server = drive(limit, LAN, stall=0.2)
    assert server.accepted >= 0.94 * limit * SECONDS
    assert server.throttled == 0


@pytest.mark.parametrize("limit", [14, 100, 500])
def test_rate_limiter_adapts_when_others_share_the_rate(limit):
    allowed = 0.6 * limit
    server = drive(limit, LAN, allowed=allowed)
    assert server.accepted >= 0.75 * allowed * SECONDS
    assert server.throttled <= 0.06 * server.calls


@pytest.mark.parametrize("limit", [14, 100, 500])
def test_rate_limiter_adapts_to_lowered_limit(limit):
    server = drive(limit, LAN, lowered=0.5 * limit)
    assert server.accepted >= 0.75 * 0.5 * limit * SECONDS / 2
    assert server.throttled <= 0.07 * server.calls


def test_rate_limiter_slows_down_once_per_burst_and_recovers():
    now = [0.0]
    limiter = RateLimiter(100.0, lambda: now[0])
    assert limiter.status is None
    for _ in range(5):
        limiter.throttled()
    assert limiter.rate == pytest.approx(94)
    for _ in range(3):
        now[0] += 1.5
        limiter.throttled()
    assert limiter.rate < 50
    assert limiter.status == f"SES throttles: slowed down from 100/s to {limiter.rate:.3g}/s"
    rates = []
    while limiter.rate < 100:
        now[0] += 1.0
        limiter.delay(1)
        rates.append(limiter.rate)
    steps = [after - before for before, after in itertools.pairwise(rates[:-1])]
    assert steps == pytest.approx([3.0] * len(steps))
    assert len(rates) < 25
    assert limiter.status is None


@pytest.mark.parametrize(
    ("rate", "size"), [(0.5, 1), (1, 1), (14, 1), (100, 5), (500, 25), (1_000, 50), (9_999, 50)]
)
def test_call_size_follows_rate(rate, size):
    assert call_size(rate) == size


def test_rate_limiter_sends_message_above_limit_alone():
    now = [100.0]
    limiter = RateLimiter(1.0, lambda: now[0])
    assert limiter.delay(50) == 0
    limiter.acquire(50)
    assert 49 <= limiter.delay(1) <= 53
