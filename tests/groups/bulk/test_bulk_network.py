"""A network that goes and comes back, names that do not resolve, keys that run out: no recipient twice, none lost."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections import Counter

import pytest

from sescli.errors import AccessError
from sescli.groups.bulk.engine.circuit_breaker import CircuitBreaker
from sescli.groups.bulk.engine.engine import Engine, RunClock
from sescli.groups.bulk.engine.outcome import CallOutcome
from sescli.groups.bulk.model.entries import SENT, StateChange
from sescli.pacing.rate_limiter import RateLimiter

CLOCK = RunClock(time.monotonic, time.time, lambda: 0.05)
COUNT = 600


class Resolver:
    """Names resolve, or they do not: for `localhost` alone, so that no other test is the poorer."""

    fails = False

    def look_on(self, event, arguments):
        if event == "socket.getaddrinfo" and self.fails and arguments[0] == "localhost":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


RESOLVER = Resolver()
sys.addaudithook(RESOLVER.look_on)


class Sending:
    """An engine at work in a thread of its own."""

    def __init__(self, journal_path, opened, sender, rate=400.0):
        self.stop = None
        self._thread = threading.Thread(target=self._send, args=(journal_path, opened, sender, rate))
        self._thread.start()

    def _send(self, path, opened, sender, rate):
        self.journal = opened(path)
        self.stop = Engine(
            self.journal, sender, RateLimiter(rate, time.monotonic), CLOCK, concurrency=4
        ).run()
        self.states = {state: count for state, count in self.journal.counts().states.items() if count}
        self.journal.close()

    def join(self):
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture
def opened():
    """As `Journal.for_sending`: the thread that sends opens its journal, and closes it."""
    from sescli.groups.bulk.journal.journal import Journal

    return lambda path: Journal.for_sending(path, time.time)


def wait_for(oracle, count):
    deadline = time.monotonic() + 20
    while len(oracle.book) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_bulk_run_waits_for_lost_network_and_continues(start_oracle, journal_of, sender, opened):
    oracle = start_oracle(latency=0.02)
    sending = Sending(journal_of(COUNT), opened, sender(oracle))
    wait_for(oracle, 100)
    oracle.stop()
    # Longer than the pauses of six tries.
    time.sleep(1.5)
    assert sending.stop is None
    oracle.start_again()
    sending.join()
    assert sending.stop is None
    states = sending.states
    # What was under way when it went: four calls of twenty at most.
    assert states.pop("unknown", 0) <= 80
    assert states.keys() == {"sent"}
    assert max(Counter(oracle.accepted).values()) == 1
    assert states["sent"] <= len(oracle.accepted) <= COUNT


def test_bulk_run_waits_for_name_that_does_not_resolve(start_oracle, journal_of, sender, opened):
    oracle = start_oracle(latency=0.02)
    oracle.url = oracle.url.replace("127.0.0.1", "localhost")
    sending = Sending(journal_of(COUNT), opened, sender(oracle))
    wait_for(oracle, 100)
    RESOLVER.fails = True
    try:
        oracle.stop()
        oracle.start_again()
        time.sleep(1.0)
        before = len(oracle.accepted)
    finally:
        RESOLVER.fails = False
    sending.join()
    assert sending.stop is None
    assert before < COUNT
    assert sending.states.get("unknown", 0) <= 80
    assert sending.states.keys() <= {"sent", "unknown"}
    assert max(Counter(oracle.accepted).values()) == 1


@pytest.mark.parametrize("code", ["ExpiredTokenException", "InvalidSignatureException", "RequestExpired"])
def test_bulk_run_stops_with_rows_pending_when_credentials_expire(
    code, start_oracle, journal_of, sender, opened
):
    """A long run outlives its keys; and a clock that is set wrong makes signatures that AWS refuses."""
    oracle = start_oracle(calls={3: f"{code}:The security token included in the request is expired"})
    path = journal_of(COUNT)
    sending = Sending(path, opened, sender(oracle))
    sending.join()
    assert isinstance(sending.stop.error, AccessError)
    assert sending.states.keys() == {"sent", "pending"}
    again = Sending(path, opened, sender(oracle))
    again.join()
    assert again.states == {"sent": COUNT}
    assert len(oracle.accepted) == len(set(oracle.accepted)) == COUNT


class Hours:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


UNREACHABLE, UNANSWERED = CallOutcome(unreachable=True), CallOutcome(unanswered=True)
ACCEPTED = CallOutcome(settled=[StateChange(1, SENT, "a")])


def test_circuit_breaker_waits_longer_for_lost_connection_than_for_missing_one():
    clock = Hours()
    breaker = CircuitBreaker(clock, lambda: 0.5)

    def go_on_until_it_stops(verdict):
        began, tries = clock.now, 0
        while tries < 1_000:
            tries += 1
            stop = breaker.record(clock.now, verdict)
            if stop:
                return stop, tries, clock.now - began
            clock.now = max(clock.now + 0.1, breaker.paused_until)
        return None

    stop, tries, seconds = go_on_until_it_stops(UNREACHABLE)
    assert (stop.code, tries) == ("Network", 6)
    assert seconds < 30
    breaker.record(clock.now, ACCEPTED)
    stop, tries, seconds = go_on_until_it_stops(UNREACHABLE)
    assert stop.code == "Network"
    assert 180 < seconds < 220
    assert tries < 25
    breaker.record(clock.now, ACCEPTED)
    for _ in range(10):
        clock.now += 1
        assert breaker.record(clock.now, UNREACHABLE) is None
    stop, tries, _ = go_on_until_it_stops(UNANSWERED)
    assert (stop.code, tries) == ("OutcomeUnknown", 6)
