"""`identity wait` while SES cannot be reached: temporary failures do not end the wait."""

from __future__ import annotations

import os
import sys

import pytest
from gatekeeper import denied, throttled
from program import Ran, Stream

from sescli.app import run
from sescli.runtime import World

GET_IDENTITY = "GET /v2/email/identities/jane%40example.com"


@pytest.fixture
def waiting(patient_ses, boto, monkeypatch):
    """Wait for an address, and call one function of `when_asleep` in each pause. Returns the result."""

    def call(*when_asleep):
        boto("sesv2").create_email_identity(EmailIdentity="jane@example.com")
        actions, now = list(when_asleep), [1_800_000_000.0]

        def sleep(seconds):
            now[0] += seconds
            actions.pop(0)()

        out, err = Stream(tty=False), Stream(tty=False)
        world = World(Stream(tty=False), out, err, os.environ, sleep=sleep, clock=lambda: now[0])
        monkeypatch.setattr(sys, "stderr", err)
        return Ran(run(["identity", "wait", "jane@example.com"], world), out.text(), err.text())

    return call


@pytest.fixture
def guarded(patient_ses, refusing, _patient_server, monkeypatch, request):
    """A gatekeeper in front of the emulator with pending identities."""
    from gatekeeper import gatekeeper

    def start(refusal):
        keeper = gatekeeper(_patient_server.endpoint_url, {GET_IDENTITY: refusal})
        address = keeper.__enter__()
        request.addfinalizer(lambda: keeper.__exit__(None, None, None))
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)

    return start


def test_wait_continues_after_throttled_poll(waiting, guarded, patient_ses):
    refusal = throttled(0)
    guarded(refusal)

    def throttle():
        refusal.left = 3  # the attempts of one poll

    ran = waiting(throttle, lambda: None, lambda: patient_ses.control(verify="jane@example.com"))
    assert ran.code == 0, ran.stderr
    assert refusal.given == 3
    assert "jane@example.com is verified" in ran.stdout


def test_wait_ends_if_permission_is_removed(waiting, guarded):
    refusal = denied("GetEmailIdentity")
    refusal.left = 0
    guarded(refusal)

    def deny():
        refusal.left = None

    ran = waiting(deny)
    assert ran.code == 4
    assert "GetEmailIdentity" in ran.stderr


def test_wait_fails_if_first_poll_is_throttled(waiting, guarded):
    guarded(throttled(None))
    assert waiting().code == 6
