"""Kill -9 at random moments, then finish: no recipient twice, none lost, every unknown result with a reason.

`make torture` is the long form, with 500 kills and figures.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from kill_harness import Harness

KILLS = 50
# Enough that it is still sending at the last kill.
RECIPIENTS = 16_000


@pytest.fixture
def harness(journal_of: Any, start_fake_ses: Any) -> Iterator[Callable[..., Harness]]:
    with ExitStack() as stack:

        def make(policy: str, recipients: int) -> Harness:
            journal = journal_of(recipients)
            return stack.enter_context(Harness(journal, start_fake_ses(latency=0.03), recipients, policy))

        yield make


def test_run_killed_at_random_sends_once_and_loses_no_recipient(harness):
    judged, chance = harness("ours", RECIPIENTS), random.Random(20261124)
    hits = 0
    for _ in range(KILLS):
        hits += judged.kill_after(chance.uniform(0.0, 0.3))
        judged.is_sound()
    judged.finish()
    judged.is_sound()
    assert judged.faults() == []
    assert hits >= KILLS * 0.9
    assert judged.states().keys() == {"sent", "unknown"}


@pytest.mark.parametrize(("policy", "fault"), [("after", "accepted twice"), ("fetch", "never accepted")])
def test_kill_harness_detects_wrong_policies(policy, fault, harness):
    judged = harness(policy, 5_000)
    hits = [judged.kill_after(0.5) for _ in range(4)]
    assert any(hits)
    judged.finish()
    assert any(fault in one for one in judged.faults())
