"""Kills a sender many times, and compares its journal with what the fake SES accepted."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sescli.groups.bulk.journal.journal import Journal

if TYPE_CHECKING:
    from bulk_setup import FakeSes

    from sescli.groups.bulk.model.entries import RecipientResult

DRIVER = Path(__file__).parent / "driver.py"
RATE = 2_000.0
# Long enough for any run to finish.
_UNHARMED = 120.0


class Harness:
    """One run: its journal, the fake SES that it sends to, and the driver that sends and is killed."""

    def __init__(
        self, journal: Path, fake_ses: FakeSes, recipients: int, policy: str = "ours", rate: float = RATE
    ) -> None:
        self.journal = journal
        self.fake_ses = fake_ses
        self.recipients = recipients
        self._order = f"{journal} {fake_ses.url} {rate:g} {policy}"

    def __enter__(self) -> Self:
        self._driver = subprocess.Popen(
            [sys.executable, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._driver.communicate()

    def kill_after(self, seconds: float) -> bool:
        """Send, and kill -9 after this many seconds; returns whether it was still sending."""
        said = self._run(seconds)
        assert said in {"killed", "exit 0"}
        return said == "killed"

    def finish(self) -> None:
        """Send the rest without a kill."""
        assert self._run(_UNHARMED) == "exit 0"

    def _run(self, seconds: float) -> str:
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        self._driver.stdin.write(f"{self._order} {seconds}\n")
        self._driver.stdin.flush()
        return self._driver.stdout.readline().strip()

    def is_sound(self) -> None:
        """Assert that the file is intact and the counts add up."""
        assert sum(self.states().values()) == self.recipients
        assert is_whole(self.journal)

    def states(self) -> dict[str, int]:
        with Journal.for_reading(self.journal) as journal:
            return {state: count for state, count in journal.counts().states.items() if count}

    def faults(self) -> list[str]:
        """What is wrong; empty for a correct policy."""
        time.sleep(0.1)
        with Journal.for_reading(self.journal) as journal:
            results = list(journal.results())
        everybody = [f"user{row}@example.com" for row in range(1, self.recipients + 1)]
        return faults(self.fake_ses.accepted, results, everybody)


def is_whole(journal: Path) -> bool:
    database = sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)
    try:
        return bool(database.execute("PRAGMA quick_check").fetchone() == ("ok",))
    finally:
        database.close()


def faults(accepted: list[str], found: list[RecipientResult], everybody: list[str]) -> list[str]:
    """Compare what the fake SES accepted, the final journal, and the recipients of the batch."""
    book = Counter(accepted)
    results = {one.to: one for one in found}
    return [
        *(f"accepted twice: {to}" for to, count in book.items() if count > 1),
        *(f"lost from the journal: {to}" for to in everybody if to not in results),
        *(
            f"in the journal twice: {to}"
            for to, count in Counter(one.to for one in found).items()
            if count > 1
        ),
        *(
            f"said to be sent, never accepted: {to}"
            for to in everybody
            if to not in book and results[to].state == "sent"
        ),
        *(
            f"accepted, and the journal says {results[to].state}: {to}"
            for to in book
            if results[to].state not in {"sent", "unknown"}
        ),
        *(f"unknown without a reason: {one.to}" for one in found if not _explained(one)),
    ]


def _explained(one: RecipientResult) -> bool:
    if one.state != "unknown":
        return True
    return bool(one.code and one.reason and (one.attempts or one.code == "ResultsLost"))
