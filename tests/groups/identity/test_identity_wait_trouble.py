"""`identity wait` while SES cannot be asked: what passes by itself is waited out."""

from __future__ import annotations

import os
import sys

import pytest
from gatekeeper import denied, throttled
from program import Ran, Stream

from sescli.app import run
from sescli.runtime import World

LOOK = "GET /v2/email/identities/jane%40example.com"


@pytest.fixture
def waiting(patient_ses, boto, monkeypatch):
    """Wait for an address, and let `when_asleep` happen at each pause; gives the outcome."""

    def call(*when_asleep):
        boto("sesv2").create_email_identity(EmailIdentity="jane@example.com")
        happenings, now = list(when_asleep), [1_800_000_000.0]

        def sleep(seconds):
            now[0] += seconds
            happenings.pop(0)()

        out, err = Stream(tty=False), Stream(tty=False)
        world = World(Stream(tty=False), out, err, os.environ, sleep=sleep, clock=lambda: now[0])
        monkeypatch.setattr(sys, "stderr", err)
        return Ran(run(["identity", "wait", "jane@example.com"], world), out.text(), err.text())

    return call


@pytest.fixture
def guarded(patient_ses, refusing, _patient_server, monkeypatch, request):
    """A gatekeeper before the SES whose identities wait."""
    from gatekeeper import gatekeeper

    def start(refusal):
        keeper = gatekeeper(_patient_server.endpoint_url, {LOOK: refusal})
        address = keeper.__enter__()
        request.addfinalizer(lambda: keeper.__exit__(None, None, None))
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)

    return start


def test_a_throttled_look_is_made_again(waiting, guarded, patient_ses):
    refusal = throttled(0)
    guarded(refusal)

    def throttle():
        refusal.left = 3  # as often as one look is tried

    ran = waiting(throttle, lambda: None, lambda: patient_ses.control(verify="jane@example.com"))
    assert ran.code == 0, ran.stderr
    assert refusal.given == 3
    assert "jane@example.com is verified" in ran.stdout


def test_a_permission_that_is_lost_ends_it(waiting, guarded):
    refusal = denied("GetEmailIdentity")
    refusal.left = 0
    guarded(refusal)

    def deny():
        refusal.left = None

    ran = waiting(deny)
    assert ran.code == 4
    assert "GetEmailIdentity" in ran.stderr


def test_a_first_look_that_is_throttled_is_an_error(waiting, guarded):
    guarded(throttled(None))
    assert waiting().code == 6
