"""kill -9 at random instants, then on until done: nobody twice, nobody lost, every doubt explained.

`BULK_KILLS=500 python -m pytest tests/bulk/test_bulk_kill.py` is the long form.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sescli.bulk.journal import Journal

if TYPE_CHECKING:
    from sescli.bulk.entries import Result

DRIVER = Path(__file__).parent / "driver.py"
RATE = 1_500
KILLS = int(os.environ.get("BULK_KILLS", "10"))
# Enough that it is still at work when it is killed for the last time.
RECIPIENTS = 300 * max(10, KILLS)


class Harness:
    """Runs the driver, kills it, and judges what the journal says by what the oracle wrote down."""

    def __init__(self, journal: Path, oracle: Any, policy: str = "ours") -> None:
        self.journal = journal
        self.oracle = oracle
        self._argv = [sys.executable, str(DRIVER), str(journal), oracle.url, str(RATE), policy]

    def kill_after(self, seconds: float) -> bool:
        """Whether it was still at work when it was killed."""
        process = subprocess.Popen(self._argv)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True
        assert process.returncode == 0
        return False

    def finish(self) -> None:
        subprocess.run(self._argv, check=True, timeout=60)

    def faults(self) -> list[str]:
        """What is wrong: empty for a policy that keeps the promise."""
        time.sleep(0.1)
        book = Counter(self.oracle.accepted)
        results = {one.to: one for one in self._results()}
        everybody = {f"user{row}@example.com" for row in range(1, RECIPIENTS + 1)}
        found = [f"accepted twice: {to}" for to, count in book.items() if count > 1]
        found += [f"lost from the journal: {to}" for to in everybody - results.keys()]
        found += [
            f"said to be sent, never accepted: {to}"
            for to in everybody - book.keys()
            if results[to].state == "sent"
        ]
        found += [
            f"accepted, and the journal says {results[to].state}: {to}"
            for to in book
            if results[to].state not in {"sent", "unknown"}
        ]
        found += [f"unknown without a reason: {one.to}" for one in results.values() if not _explained(one)]
        return found

    def is_sound(self) -> None:
        """The file is whole, and the counts add up, at any moment."""
        with Journal.for_reading(self.journal) as journal:
            assert sum(journal.tally().states.values()) == RECIPIENTS
        database = sqlite3.connect(f"{self.journal.as_uri()}?mode=ro", uri=True)
        assert database.execute("PRAGMA quick_check").fetchone() == ("ok",)
        database.close()

    def _results(self) -> list[Result]:
        with Journal.for_reading(self.journal) as journal:
            return list(journal.results())


def _explained(one: Result) -> bool:
    return one.state != "unknown" or bool(one.code and one.reason and one.attempts)


@pytest.fixture
def harness(journal_of: Any, start_oracle: Any) -> Any:
    def make(policy: str) -> Harness:
        return Harness(journal_of(RECIPIENTS), start_oracle(latency=0.03), policy)

    return make


def test_killed_at_random_nobody_gets_it_twice_and_nobody_is_lost(harness):
    judged, chance = harness("ours"), random.Random(20261124)
    hits = 0
    for _ in range(KILLS):
        hits += judged.kill_after(chance.uniform(0.15, 0.6))
        judged.is_sound()
    judged.finish()
    judged.is_sound()
    assert judged.faults() == []
    assert hits >= KILLS / 2


@pytest.mark.parametrize(("policy", "fault"), [("after", "accepted twice"), ("fetch", "never accepted")])
def test_the_harness_sees_a_policy_that_breaks_the_promise(policy, fault, harness):
    judged = harness(policy)
    hits = [judged.kill_after(0.45) for _ in range(4)]
    assert any(hits)
    judged.finish()
    assert any(fault in one for one in judged.faults())
