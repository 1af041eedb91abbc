"""A bulk run on a terminal: a progress bar that fits and disappears, and tables that fit."""

from __future__ import annotations

import json
import signal

import pytest
from pseudo_terminal import OnTerminal

_ROOMY = 60
BATCH = """\
version: 1
name: news
from: Shop <shop@example.com>
template: OrderConfirmation
limits: {rate: 50}
recipients:
"""


@pytest.fixture
def batch(tmp_path):
    def make(count):
        people = [
            {"to": f"user{n}@example.com", "data": {"name": "Jo", "orderId": "1", "total": "2"}}
            for n in range(count)
        ]
        path = tmp_path / "batch.yaml"
        path.write_text(BATCH + "".join(f"  - {json.dumps(one)}\n" for one in people))
        return str(path)

    return make


@pytest.fixture
def shop(start_fake_ses, monkeypatch):
    def start(**faults):
        fake_ses = start_fake_ses(**faults)
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        for name, value in {"AWS_ENDPOINT_URL": fake_ses.url, **keys}.items():
            monkeypatch.setenv(name, value)
        return fake_ses

    return start


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_progress_bar_fits_in_one_line_and_disappears(columns, shop, batch):
    shop(latency=0.3, statuses={"user3@": "FAILED", "user4@": "ODD"})
    terminal = OnTerminal("bulk", "run", batch(1000), "--yes", columns=columns)
    # Where there is little room, the least important counts are left out.
    screen = terminal.until("/s of 50/s" if columns >= _ROOMY else "failed 1")
    bars = [line for line in screen.splitlines() if "sent" in line and "%" in line]
    assert len(bars) == 1
    assert all(word in bars[0] for word in ("sent", "failed")), bars
    assert screen.splitlines()[-1] == bars[0]
    terminal.type("\x03")
    assert terminal.end() == 130
    for rest in ("/s of", "%", "left", "waiting for", "^C"):
        assert rest not in terminal.screen, terminal.screen
    assert "sescli bulk resume news-" in terminal.screen


def test_bulk_list_and_results_fit_the_terminal(shop, batch, sescli):
    shop(statuses={"user3@": "FAILED", "user4@": "ODD"})
    assert sescli("bulk", "run", batch(12), "--yes").code == 3
    listed = OnTerminal("bulk", "list", columns=120)
    assert listed.end() == 0
    lines = listed.screen.splitlines()
    assert lines[0].split() == ["run", "region", "state", "rows", "sent", "not", "sent"]
    assert lines[-1].split()[2:] == ["finished", "12", "10", "1", "failed,", "1", "unknown"]
    results = OnTerminal("bulk", "results", "--limit", "8")
    assert results.end() == 0
    rows = results.screen.splitlines()
    assert len(rows) <= 2 + 8 + 2
    assert "oracle-" not in results.screen
    assert "FAILED" in results.screen
    wide = OnTerminal("bulk", "results", columns=160)
    assert wide.end() == 0
    assert "oracle-" in wide.screen


def test_progress_bar_follows_a_resized_window(shop, batch):
    shop(latency=0.05)
    terminal = OnTerminal("bulk", "run", batch(400), "--yes", columns=120)
    terminal.until("left")
    terminal.resize(40)
    screen = terminal.until("sent ")
    terminal.resize(120)
    wide = terminal.until("left ")
    assert max(map(len, screen.splitlines())) <= 40
    assert "━" in wide.splitlines()[-1]
    terminal.type("\x03")
    assert terminal.end() == 130


def test_bulk_run_stops_cleanly_when_the_terminal_closes(shop, batch, sescli):
    fake_ses = shop(latency=0.05)
    terminal = OnTerminal("bulk", "run", batch(400), "--yes")
    terminal.until("/s of 50/s")
    assert terminal.close() == 130
    run = sescli("bulk", "show", "-o", "json").json
    assert (run["state"], run["unknown"], run["stop_reason"]) == ("unfinished", 0, "the terminal was closed")
    assert run["sent"] == len(fake_ses.accepted) == len(set(fake_ses.accepted))


def test_bulk_run_continues_without_a_terminal_when_sighup_is_ignored(shop, batch, sescli):
    fake_ses = shop(latency=0.05)
    terminal = OnTerminal("bulk", "run", batch(100), "--yes", ignored=[signal.SIGHUP])
    terminal.until("/s of 50/s")
    assert terminal.close() == 0
    assert sescli("bulk", "show", "-o", "json").json["state"] == "finished"
    assert len(fake_ses.accepted) == len(set(fake_ses.accepted)) == 100


def test_progress_bar_shows_that_ses_throttles(shop, batch):
    shop(latency=0.02, calls={str(number): "429" for number in range(5, 60)})
    terminal = OnTerminal("bulk", "run", batch(400), "--yes")
    terminal.until("SES throttles: slowed down from 50/s to")
    terminal.type("\x03")
    assert terminal.end() == 130


def test_progress_bar_shows_that_ses_does_not_answer(shop, batch):
    fake_ses = shop(latency=0.02)
    terminal = OnTerminal("bulk", "run", batch(400), "--yes")
    terminal.until("/s of 50/s")
    fake_ses.process.kill()
    terminal.until(": retrying in ")
    terminal.type("\x03")
    assert terminal.end() == 130
