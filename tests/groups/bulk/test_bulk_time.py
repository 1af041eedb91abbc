"""Clock changes and a sleeping machine: the rate stays the same, and no recipient gets a second message."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import time
from collections import Counter

from sescli.groups.bulk.engine.engine import Engine, RunClock
from sescli.groups.bulk.journal.journal import Journal
from sescli.pacing.rate_limiter import RateLimiter

DAY = 86_400.0


def most_in_a_second(book):
    """The highest number of recipients within any second."""
    times = [one["at"] for one in book]
    most, first = 0, 0
    for last, moment in enumerate(times):
        while times[first] <= moment - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_wall_clock_change_affects_neither_rate_nor_results(start_fake_ses, journal_of, sender):
    fake_ses = start_fake_ses()
    jumps = itertools.cycle([0.0, DAY, -DAY, 400 * DAY, -400 * DAY])

    def wall():
        return 1_800_000_000.0 + next(jumps)

    clock = RunClock(time.monotonic, wall, lambda: 0.05)
    began = time.monotonic()
    with Journal.for_sending(journal_of(300), wall) as journal:
        stop = Engine(journal, sender(fake_ses), RateLimiter(200, time.monotonic), clock, concurrency=4).run()
        counts = journal.counts()
    assert stop is None
    assert counts.states["sent"] == 300
    assert max(Counter(fake_ses.accepted).values()) == 1
    assert 1.2 < time.monotonic() - began < 10
    assert 0 < counts.seconds < 10
    assert most_in_a_second(fake_ses.book) <= 200 * 1.25


def test_machine_sleep_during_calls_causes_no_burst(start_fake_ses, tmp_path, monkeypatch, sescli):
    """Stopped for longer than the timeout of a call: no burst afterwards, and no second message for unknown rows."""
    count, rate = 500, 200
    fake_ses = start_fake_ses(latency=0.1)
    for name, value in {
        "AWS_ENDPOINT_URL": fake_ses.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SESCLI_SEND_TIMEOUT": "1",
    }.items():
        monkeypatch.setenv(name, value)
    rows = "".join(f"  - {{to: user{n}@example.com, data: {{name: Jo, orderId: 1}}}}\n" for n in range(count))
    spec = tmp_path / "news.yaml"
    spec.write_text(
        "version: 1\nname: news\nfrom: shop@example.com\ntemplate: Order\n"
        f"limits: {{rate: {rate}}}\nrecipients:\n{rows}"
    )
    argv = [sys.executable, "-m", "sescli", "bulk", "run", str(spec), "--yes", "-o", "json"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while len(fake_ses.book) < 100:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    slept_from = len(fake_ses.book)
    time.sleep(2.5)
    assert len(fake_ses.book) <= slept_from + 16 * 10
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    summary = json.loads(out)
    assert process.returncode == (3 if summary["unknown"] else 0), err
    assert summary["sent"] + summary["unknown"] == count
    assert summary["unknown"] <= 16 * 10
    assert max(Counter(fake_ses.accepted).values()) == 1
    # A busy machine delays a call or two; a burst would be at least twice the rate.
    assert most_in_a_second(fake_ses.book) <= rate * 1.25
