"""Ctrl-C before and during loading: one sentence, the hint that fits, no traceback, no run."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

from bulk_setup import BATCH


def _stopped(argv, moment):
    process = subprocess.Popen([sys.executable, "-m", "sescli", *argv], stderr=subprocess.PIPE, text=True)
    moment()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    return process.returncode, told


def test_interrupt_while_recipients_are_loaded_leaves_no_run(
    start_fake_ses, at, tmp_path, sescli, bare_machine
):
    fake_ses = at(start_fake_ses())
    rows = "".join(f"user{n}@example.com,Jo,{n}\n" for n in range(200_000))
    (tmp_path / "people.csv").write_text(f"email,name,orderId\n{rows}")
    spec = tmp_path / "large.yaml"
    spec.write_text(BATCH.rstrip() + " {file: people.csv}\nlimits: {max_recipients: 200000}\n")
    runs = bare_machine / ".local" / "state" / "sescli" / "runs"

    def until_it_loads():
        deadline = time.monotonic() + 30
        while not list(runs.glob(".news.*.loading")):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    code, told = _stopped(["bulk", "run", str(spec), "--yes"], until_it_loads)
    assert code == 130
    assert "nothing was sent, and nothing was stored" in told
    assert "try: run the same command again" in told
    assert "Traceback" not in told
    assert sescli("bulk", "list", "-o", "json").json == []
    assert fake_ses.accepted == []


def test_interrupt_while_the_program_starts_prints_no_traceback():
    # At several moments: Python starts, modules are imported, the command runs.
    for after in (0.15, 0.25, 0.4):
        code, told = _stopped(["bulk", "list"], lambda seconds=after: time.sleep(seconds))
        if "sescli" in told or not told:
            assert code in {0, 130, -signal.SIGINT}
        if code == 130:
            assert told.startswith("error: interrupted")
            assert "Traceback" not in told
