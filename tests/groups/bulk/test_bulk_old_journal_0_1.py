"""A journal of version 0.1, left by a kill: it has no digest and no session, and this version resumes it.

The journal in `journals_0_1/` is real: twelve recipients at four per second to the local SES emulator, nine of them
sent. The last commits are in the write-ahead log only.
"""

from __future__ import annotations

from pathlib import Path

import pytest

RUN = "offers-20261130T071914Z"
JOURNALS = Path(__file__).parent / "journals_0_1"


@pytest.fixture
def old(sescli, old_runs):
    """The program, with the old journal among its runs, and a local SES emulator that has what the run needs."""
    old_runs(JOURNALS)
    local = lambda *words: sescli("--local", "--region", "us-east-1", *words)  # noqa: E731
    assert local("identity", "verify", "example.com").code == 0
    yield local
    sescli("local", "stop")


def test_bulk_resume_finishes_journal_of_version_0_1(old):
    found = old("bulk", "show", "-o", "json").json
    assert (found["run"], found["sent"], found["pending"], found["problem"]) == (RUN, 9, 3, None)
    ended = old("bulk", "resume", "-o", "json")
    assert (ended.code, ended.json["sent"], ended.json["unknown"]) == (0, 12, 0)
    sent = [to for message in old("local", "inbox", "-o", "json").json for to in message["to"]]
    assert sorted(sent) == ["user10@example.com", "user11@example.com", "user12@example.com"]


def test_bulk_resume_of_version_0_1_with_damaged_log_sends_nothing(old, bare_machine):
    log = bare_machine / ".local" / "state" / "sescli" / "runs" / f"{RUN}.journal-wal"
    damaged = bytearray(log.read_bytes())
    damaged[20_000] ^= 8
    log.write_bytes(damaged)
    resumed = old("bulk", "resume", "-o", "json")
    assert (resumed.code, resumed.json["pending"]) == (3, 0)
    assert "is damaged" in " ".join(resumed.stderr.split())
    assert old("local", "inbox", "-o", "json").json == []


def test_bulk_run_expect_refuses_journal_of_version_0_1_without_digest(old, tmp_path):
    spec = tmp_path / "offers.yaml"
    spec.write_text(
        "version: 1\nname: offers\nfrom: a@example.com\ncontent: {subject: s, text: t}\nrecipients: [{to: b@example.com}]\n"
    )
    ran = old(
        "bulk", "run", str(spec), "--resume", "--yes", "--accept-changes", "--expect", "x", "-o", "json"
    )
    assert (ran.code, ran.error["code"]) == (2, "DigestDiffers")
    assert "stored no digest" in ran.error["message"]
    assert old("local", "inbox", "-o", "json").json == []
