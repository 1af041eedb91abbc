"""A lost network, names that do not resolve, expired credentials: no recipient twice, none lost."""

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
    """Turn name resolution off and on, for `localhost` only, so that other tests are not affected."""

    fails = False

    def look_on(self, event, arguments):
        if event == "socket.getaddrinfo" and self.fails and arguments[0] == "localhost":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


RESOLVER = Resolver()
sys.addaudithook(RESOLVER.look_on)


class Sending:
    """An engine that runs in its own thread."""

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
    """Like `Journal.for_sending`: the sending thread opens and closes its journal."""
    from sescli.groups.bulk.journal.journal import Journal

    return lambda path: Journal.for_sending(path, time.time)


def wait_for(fake_ses, count):
    deadline = time.monotonic() + 20
    while len(fake_ses.book) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_bulk_run_waits_for_lost_network_and_continues(start_fake_ses, journal_of, sender, opened):
    fake_ses = start_fake_ses(latency=0.02)
    sending = Sending(journal_of(COUNT), opened, sender(fake_ses))
    wait_for(fake_ses, 100)
    fake_ses.stop()
    # Longer than the delays of six attempts.
    time.sleep(1.5)
    assert sending.stop is None
    fake_ses.start_again()
    sending.join()
    assert sending.stop is None
    states = sending.states
    # Only what was in flight when the network was lost: at most four calls of twenty.
    assert states.pop("unknown", 0) <= 80
    assert states.keys() == {"sent"}
    assert max(Counter(fake_ses.accepted).values()) == 1
    assert states["sent"] <= len(fake_ses.accepted) <= COUNT


def test_bulk_run_waits_for_name_that_does_not_resolve(start_fake_ses, journal_of, sender, opened):
    fake_ses = start_fake_ses(latency=0.02)
    fake_ses.url = fake_ses.url.replace("127.0.0.1", "localhost")
    sending = Sending(journal_of(COUNT), opened, sender(fake_ses))
    wait_for(fake_ses, 100)
    RESOLVER.fails = True
    try:
        fake_ses.stop()
        fake_ses.start_again()
        time.sleep(1.0)
        before = len(fake_ses.accepted)
    finally:
        RESOLVER.fails = False
    sending.join()
    assert sending.stop is None
    assert before < COUNT
    assert sending.states.get("unknown", 0) <= 80
    assert sending.states.keys() <= {"sent", "unknown"}
    assert max(Counter(fake_ses.accepted).values()) == 1


@pytest.mark.parametrize("code", ["ExpiredTokenException", "InvalidSignatureException", "RequestExpired"])
def test_bulk_run_stops_with_rows_pending_when_credentials_expire(
    code, start_fake_ses, journal_of, sender, opened
):
    """A run lasts longer than its credentials, or a wrong clock makes signatures that AWS rejects."""
    fake_ses = start_fake_ses(calls={3: f"{code}:The security token included in the request is expired"})
    path = journal_of(COUNT)
    sending = Sending(path, opened, sender(fake_ses))
    sending.join()
    assert isinstance(sending.stop.error, AccessError)
    assert sending.states.keys() == {"sent", "pending"}
    again = Sending(path, opened, sender(fake_ses))
    again.join()
    assert again.states == {"sent": COUNT}
    assert len(fake_ses.accepted) == len(set(fake_ses.accepted)) == COUNT


class Hours:
    """A clock that the test moves."""

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
