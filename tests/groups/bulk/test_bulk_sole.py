"""Only one process sends from a journal: by its lock, and where locks do not work, by its claims."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from sescli.errors import LocalError, UsageError
from sescli.groups.bulk.engine.engine import Engine, RunClock
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.run_metadata import RunTarget
from sescli.groups.bulk.journal.runs import RunRepository
from sescli.groups.bulk.model.entries import StateChange
from sescli.pacing.rate_limiter import RateLimiter

CLOCK = RunClock(time.monotonic, time.time, lambda: 0.05)


def test_two_processes_with_one_journal_send_each_message_once(start_fake_ses, journal_of, sender):
    """As on a file server where locks do not work."""
    fake_ses, path = start_fake_ses(latency=0.02), journal_of(400)
    both, ends = sender(fake_ses), []

    def send():
        with Journal.for_sending(path, time.time) as journal:
            try:
                Engine(journal, both, RateLimiter(400, time.monotonic), CLOCK, concurrency=4).run()
                ends.append("done")
            except LocalError as error:
                ends.append(error.code)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
        time.sleep(0.2)
    for thread in threads:
        thread.join(30)
    assert "RunInUse" in ends
    assert max(Counter(fake_ses.accepted).values()) == 1


def test_journal_commit_with_taken_claim_keeps_outcomes_only(journal_of, opened):
    path = journal_of(4)
    journal = opened(path)
    first, second, third, fourth = journal.pending(0, 4)
    journal.commit(claimed=[first, second])
    with pytest.raises(LocalError, match="another process"):
        journal.commit(
            settled=[StateChange(first.row, "sent", "m-1")], claimed=[second, third, fourth], calls=3
        )
    assert [one.state for one in journal.results()] == ["sent", "sending", "pending", "pending"]
    assert journal.counts().calls == 0


def test_journal_has_one_lock_for_all_its_names(tmp_path):
    folder, here = tmp_path / "runs", RunTarget("AWS", "eu-west-1")
    folder.mkdir()
    journal = folder / "news-20261124T100000Z.journal"
    journal.touch()
    link = tmp_path / "link.journal"
    link.symlink_to(journal)
    locks = {RunRepository(folder, named).lock_path("news", here) for named in (None, journal, link)}
    assert locks == {folder / ".news.AWS-eu-west-1.lock"}
    elsewhere = tmp_path / "ci.journal"
    assert RunRepository(folder, elsewhere).lock_path("news", here) == tmp_path / ".ci.journal.lock"


def test_lock_of_named_journal_covers_its_path(tmp_path):
    """Two batches with different names use the same file."""
    named = RunRepository(tmp_path, tmp_path / "one.journal")
    here = RunTarget("AWS", "eu-west-1")
    with named.lock("news", here):
        assert RunRepository(tmp_path).is_locked("news", here)
        with pytest.raises(UsageError), named.lock("offers", here):
            pytest.fail("held twice")
        named.loading_path("news", here).touch()
        assert list(RunRepository(tmp_path).incomplete_loads()) == []
