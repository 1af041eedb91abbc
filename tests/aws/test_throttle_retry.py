"""Waiting while SES throttles."""

from __future__ import annotations

import pytest

from sescli.aws.throttle_retry import EACH_SECOND, retry_throttled
from sescli.errors import AccessError, ThrottledError


class Throttling:
    """Throttles so many calls, and answers the next."""

    def __init__(self, times):
        self.left = times

    def __call__(self):
        if self.left:
            self.left -= 1
            raise ThrottledError("Rate exceeded")
        return "answer"


def test_a_throttled_call_is_made_again_after_each_wait():
    slept = []
    assert retry_throttled(Throttling(3), waits=(1, 2, 4, 8), sleep=slept.append) == "answer"
    assert slept == [1, 2, 4]


def test_patience_has_an_end():
    slept = []
    with pytest.raises(ThrottledError):
        retry_throttled(Throttling(99), sleep=slept.append)
    assert slept == list(EACH_SECOND)


def test_what_is_no_throttling_is_raised_at_once():
    slept = []

    def refused():
        raise AccessError("denied")

    with pytest.raises(AccessError):
        retry_throttled(refused, sleep=slept.append)
    assert slept == []
