"""A hung terminal, a reader that stops reading, a reader that ends: nothing is lost, and signals work."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
import time

import pytest

from sescli.groups.bulk.engine.progress import NullObserver
from sescli.groups.bulk.engine.progress_notifier import ProgressNotifier
from sescli.groups.bulk.model.entries import SENT, Entry, StateChange

_PIPE_BYTES = 4_096


@pytest.fixture
def many(batch):
    people = [{"to": f"user{n}@example.com", "data": {"name": "Jo", "orderId": "1"}} for n in range(1, 401)]
    return batch(people, "limits: {rate: 2000, max_recipients: 1000}\n")


@contextlib.contextmanager
def running(*argv, stdout, stderr):
    process = subprocess.Popen([sys.executable, "-m", "sescli", *argv], stdout=stdout, stderr=stderr)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def summary(sescli):
    return sescli("bulk", "show", "-o", "json").json


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_bulk_run_on_hung_terminal_sends_to_all_and_obeys_signals(
    number, start_fake_ses, at, many, sescli, monkeypatch
):
    fake_ses = at(start_fake_ses())
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("CI", raising=False)
    master, slave = pty.openpty()
    termios.tcflow(slave, termios.TCOOFF)  # as with Ctrl-S, or a lost connection
    with running("bulk", "run", many, "--yes", "--quiet", stdout=slave, stderr=slave):
        wait_for(lambda: len(fake_ses.book) == 400)
    with running("bulk", "run", many, "--yes", "--again", stdout=subprocess.DEVNULL, stderr=slave) as process:
        # The plan, before the sending, waits for the terminal: nothing is sent before the user can see it.
        time.sleep(1)
        assert len(fake_ses.book) == 400
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(number)
        assert process.wait(20) == -number
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_bulk_run_whose_terminal_hangs_later_loses_no_result(
    number, start_fake_ses, at, batch, sescli, monkeypatch
):
    fake_ses = at(start_fake_ses(latency=0.05))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("CI", raising=False)
    people = [{"to": f"user{n}@example.com", "data": {"name": "Jo", "orderId": "1"}} for n in range(1, 401)]
    path = batch(people, "limits: {rate: 200, max_recipients: 1000}\n")
    master, slave = pty.openpty()
    with running("bulk", "run", path, "--yes", "-v", stdout=slave, stderr=slave) as process:
        wait_for(lambda: len(fake_ses.book) > 10)
        termios.tcflow(slave, termios.TCOOFF)
        # The run goes on: at 4 a second, the bar has filled whatever is between it and the terminal.
        before = len(fake_ses.book)
        wait_for(lambda: len(fake_ses.book) > before + 100)
        process.send_signal(number)
        assert process.wait(20) == 130
    shown = summary(sescli)
    assert shown["unknown"] == 0
    assert shown["sent"] == len(fake_ses.accepted) < 400
    os.close(master)
    os.close(slave)


def test_bulk_run_whose_reader_stalls_records_all_results_and_obeys_signals(start_fake_ses, at, many, sescli):
    fake_ses = at(start_fake_ses())
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    with running(
        "bulk", "run", many, "--yes", "-o", "jsonl", stdout=writing, stderr=subprocess.PIPE
    ) as process:
        os.close(writing)
        wait_for(lambda: len(fake_ses.book) == 400)
        wait_for(lambda: summary(sescli)["sent"] == 400)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        told = process.stderr.read().decode()
    os.close(reading)
    assert "could not be written to the output" in told
    assert "bulk results" in told


def test_bulk_run_with_slow_reader_writes_every_result(start_fake_ses, at, many):
    at(start_fake_ses())
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    with running(
        "bulk", "run", many, "--yes", "-o", "jsonl", stdout=writing, stderr=subprocess.DEVNULL
    ) as process:
        os.close(writing)
        time.sleep(1.5)
        with os.fdopen(reading) as stream:
            rows = [json.loads(line)["row"] for line in stream]
        assert process.wait(20) == 0
    assert sorted(rows) == list(range(1, 401))


def test_bulk_run_verbose_whose_reader_ends_leaves_nothing_unknown(start_fake_ses, at, many, sescli):
    fake_ses = at(start_fake_ses(latency=0.05))
    with running(
        "bulk", "run", many, "--yes", "-v", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        while b"SendBulkEmail" not in process.stderr.readline():
            pass
        process.stderr.close()
        process.wait(20)
    shown = summary(sescli)
    assert shown["unknown"] == 0
    assert shown["sent"] == len(fake_ses.accepted)


class _Stuck(NullObserver):
    wants_results = wants_trace = True

    def __init__(self):
        self.may_go_on = threading.Event()
        self.is_stuck = threading.Event()
        self.rows = []
        self.progress = []
        self.lines = []

    def on_results(self, results):
        self.is_stuck.set()
        self.may_go_on.wait(20)
        self.rows += [one.row for one in results]

    def on_progress(self, progress):
        self.progress.append(progress)

    def on_trace(self, line):
        self.lines.append(line)


def test_notifier_keeps_every_result_and_drops_old_progress_while_the_output_is_blocked():
    observer, woken = _Stuck(), threading.Event()
    notifier = ProgressNotifier(observer, time.monotonic, 0.0, max_results=50)
    notifier.wake = woken.set
    notifier.start()
    for row in range(1, 101):
        entry = Entry(row, row, None, "jo@example.com", None, "{}", None, None, 1)
        notifier.record([entry], [StateChange(row, SENT, "id")], 0.0)
        notifier.notify_results()
        # Lines that the thread takes before the output blocks are not dropped: it must be blocked first.
        assert observer.is_stuck.wait(20)
        notifier.notify_progress(lambda row=row: row, always=True)
        for _ in range(20):
            notifier.trace("line")
    assert notifier.is_behind
    observer.may_go_on.set()
    notifier.close(lambda: False)
    assert observer.rows == list(range(1, 101))
    assert observer.progress[-1] == 100
    assert len(observer.progress) < 5
    assert len(observer.lines) == 500
    assert not notifier.undelivered
    assert woken.is_set()
