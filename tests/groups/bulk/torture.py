"""`make torture`: kill -9 a bulk send hundreds of times at random moments, check the results, and print figures.

Each round is a run with a different rate, so that calls have one, a few or many recipients. After its last kill, the run
is finished and checked. Then unknown rows are resolved as a user would do it, with events and by sending again to
recipients without one: every recipient must get the message once. At the end, two policies that are wrong on purpose
show that the harness detects them.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bulk_setup
from kill_harness import Harness

from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.runs import RunRepository
from sescli.groups.bulk.service.reconcile import reconcile
from sescli.groups.events.service.records.files import LocatedRecord
from sescli.groups.events.service.records.records import events_in

KILLS_A_ROUND = 50
# Recipients per second: a call has 50 at 2,000, 20 at 400, and 3 at 60.
RATES = (2_000.0, 400.0, 60.0)
LATENCIES = (0.03, 0.005, 0.1)
_LONGEST = 0.3
_LINE = "{:>5}  {:>6}  {:>10}  {:>5}  {:>7}  {:>7}  {:>14}  {:>4}  {:>7}  {:>10}  {:>7}"


@dataclass
class Figures:
    """The figures of a round. `doubt` counts unknown rows, `proved` those of them that events resolved."""

    recipients: int = 0
    kills: int = 0
    at_work: int = 0
    whole: int = 0
    twice: int = 0
    lost: int = 0
    doubt: int = 0
    proved: int = 0
    once: int = 0
    faults: int = 0

    def add(self, other: Figures) -> None:
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def good(self) -> bool:
        return not self.faults and self.once == self.recipients and self.whole == self.kills


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def play(folder: Path, kills: int, rate: float, latency: float, chance: random.Random) -> Figures:
    """Run one round."""
    recipients = int(rate * _LONGEST / 2 * kills * 1.1) + 200
    fake_ses = bulk_setup.fake_ses(folder / "book.jsonl", latency=latency)
    figures = Figures(recipients=recipients)
    try:
        journal = bulk_setup.journal(folder / "run.journal", recipients)
        with Harness(journal, fake_ses, recipients, rate=rate) as harness:
            for _ in range(kills):
                figures.kills += 1
                figures.at_work += harness.kill_after(chance.uniform(0.0, _LONGEST))
                harness.is_sound()
                figures.whole += 1
            harness.finish()
            _judge(harness, figures)
            _settle(harness, figures)
    finally:
        fake_ses.stop()
    return figures


def _judge(harness: Harness, figures: Figures) -> None:
    found = harness.faults()
    for fault in found[:10]:
        say(f"  {fault}")
    figures.faults += len(found)
    figures.twice = sum(1 for count in Counter(harness.fake_ses.accepted).values() if count > 1)
    figures.doubt = harness.states().get("unknown", 0)
    # Lost: neither accepted nor unknown.
    figures.lost = figures.recipients - harness.states().get("sent", 0) - figures.doubt


def _settle(harness: Harness, figures: Figures) -> None:
    runs = RunRepository(harness.journal.parent, harness.journal)
    done = reconcile(runs, None, lambda: "AWS", _records(harness.fake_ses), time.time, dry_run=False)
    figures.proved = figures.doubt - done.summary.unknown
    with Journal.for_sending(harness.journal, time.time) as journal:
        journal.requeue_unknown()
    harness.finish()
    figures.faults += len(harness.faults())
    once = [to for to, count in Counter(harness.fake_ses.accepted).items() if count == 1]
    figures.once = len(once) if harness.states() == {"sent": figures.recipients} else 0


def _records(fake_ses: bulk_setup.FakeSes) -> Iterator[LocatedRecord]:
    for line, one in enumerate(fake_ses.book, 1):
        tags = {name: [value] for name, value in one["tags"].items()}
        mail = {"messageId": one["message_id"], "destination": [one["to"]], "tags": tags}
        for event in events_in({"eventType": "Send", "mail": mail}):
            yield LocatedRecord("book", line, event)


def control(folder: Path, policy: str, fault: str) -> int:
    """How often the harness detects the error of a wrong policy."""
    fake_ses = bulk_setup.fake_ses(folder / "book.jsonl", latency=0.03)
    try:
        with Harness(bulk_setup.journal(folder / "run.journal", 5_000), fake_ses, 5_000, policy) as harness:
            for _ in range(4):
                harness.kill_after(0.5)
            harness.finish()
            return sum(fault in one for one in harness.faults())
    finally:
        fake_ses.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20261124)
    given = parser.parse_args()
    chance, total, began = random.Random(given.seed), Figures(), time.monotonic()
    titles = ("round", "rate", "recipients", "kills", "at work", "whole", "accepted twice", "lost", "unknown")
    say(_LINE.format(*titles, "by records", "once"))
    with tempfile.TemporaryDirectory() as folder:
        for number, start in enumerate(range(0, given.kills, KILLS_A_ROUND)):
            place = Path(folder) / str(number)
            place.mkdir()
            kills = min(KILLS_A_ROUND, given.kills - start)
            rate = RATES[number % len(RATES)]
            round_ = play(place, kills, rate, LATENCIES[number % len(LATENCIES)], chance)
            total.add(round_)
            say(_line(str(number + 1), f"{rate:g}", round_))
        say(_line("all", "", total))
        seen = [
            (name, control(_new(folder, policy), policy, fault))
            for name, policy, fault in (
                ("saved after the answer", "after", "accepted twice"),
                ("saved at the fetch", "fetch", "never accepted"),
            )
        ]
    for name, count in seen:
        say(f"control, {name}: {count} errors detected")
    good = total.good and all(count for _, count in seen)
    say(
        f"{total.kills} kills in {time.monotonic() - began:.0f} s, seed {given.seed}: {'kept' if good else 'BROKEN'}"
    )
    return 0 if good else 1


def _line(number: str, rate: str, it: Figures) -> str:
    counts = (it.recipients, it.kills, it.at_work, it.whole, it.twice, it.lost, it.doubt, it.proved, it.once)
    return _LINE.format(number, rate, *(f"{count:,}" for count in counts))


def _new(folder: str, name: str) -> Path:
    place = Path(folder) / name
    place.mkdir()
    return place


if __name__ == "__main__":
    sys.exit(main())
