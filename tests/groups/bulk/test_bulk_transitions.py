"""Kill a run at each step from one state to the next, then resume it: every recipient gets the message once.

Unknown rows are resolved as a user would do it: with the events that SES published (here the record of the fake SES),
and by sending again to recipients without an event.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kill_at_moment import MOMENTS
from kill_harness import faults, is_whole

from sescli.groups.bulk.model.entries import RecipientResult

COUNT = 120
PEOPLE = [f"user{row}@example.com" for row in range(1, COUNT + 1)]
NO_RUN = {
    "the first rows are in",
    "all rows are in, not checked",
    "all rows are checked, it is no run yet",
}
IN_DOUBT = {
    "a claim is durable, the call has not left",
    "an answer is there, not in the journal",
    "an outcome is written, not durable",
}


@pytest.fixture
def fake_ses(start_fake_ses, monkeypatch):
    started = start_fake_ses(latency=0.02)
    for name, value in {
        "AWS_ENDPOINT_URL": started.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    return started


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "news.yaml"
    rows = "".join(f"  - {{to: {to}, data: {{name: Jo, orderId: 1}}}}\n" for to in PEOPLE)
    path.write_text(
        "version: 1\nname: news\nfrom: shop@example.com\ntemplate: Order\nlimits: {rate: 2000}\n"
        f"recipients:\n{rows}"
    )
    return str(path)


def events_of(fake_ses, path):
    """Events of SES for what the fake SES accepted."""
    lines = [
        {
            "eventType": "Send",
            "mail": {
                "messageId": one["message_id"],
                "destination": [one["to"]],
                "tags": {name: [value] for name, value in one["tags"].items()},
            },
            "send": {},
        }
        for one in fake_ses.book
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def results(sescli):
    rows = sescli("bulk", "results", "-o", "json").json
    return [RecipientResult(**{**one, "at": None}) for one in rows]


def is_settled_to_the_last(fake_ses, sescli, tmp_path):
    """Resolve unknown rows with events, and send again to recipients without one."""
    assert faults(fake_ses.accepted, results(sescli), PEOPLE) == []
    sescli("bulk", "reconcile", events_of(fake_ses, tmp_path / "events.jsonl"))
    left = sescli("bulk", "show", "-o", "json").json
    assert left["sent"] == len(fake_ses.accepted)
    ended = sescli("bulk", "resume", "--resend-unknown", "--yes", "-o", "json")
    assert (ended.code, ended.json["sent"], ended.json["state"]) == (0, COUNT, "finished")
    assert sorted(fake_ses.accepted) == sorted(PEOPLE)
    assert faults(fake_ses.accepted, results(sescli), PEOPLE) == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_run_killed_at_each_moment_resumes_correctly(moment, fake_ses, spec, sescli, tmp_path):
    argv = [
        sys.executable,
        str(Path(__file__).with_name("kill_at_moment.py")),
        moment,
        "bulk",
        "run",
        spec,
        "--yes",
    ]
    died = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert died.returncode == -9, died.stderr
    assert died.stdout == ""
    runs = sescli("bulk", "list", "-o", "json").json
    assert len(runs) == (0 if moment in NO_RUN else 1)
    if moment in NO_RUN:
        assert fake_ses.accepted == []
        assert sescli("bulk", "run", spec, "--yes").code == 0
    else:
        assert is_whole(Path(runs[0]["journal"]))
        assert sum(runs[0][state] for state in ("sent", "failed", "unknown", "sending", "pending")) == COUNT
        assert sescli("bulk", "run", spec, "--yes").code == 2
        resumed = sescli("bulk", "resume", "-o", "json")
        doubt = bool(resumed.json["unknown"])
        # The same commit makes the claims of the next calls durable.
        assert doubt == (moment in IN_DOUBT) or moment == "an outcome is durable"
        assert resumed.code == (3 if doubt else 0)
    is_settled_to_the_last(fake_ses, sescli, tmp_path)


@pytest.mark.parametrize("fault", ["hang", "swallow"])
def test_run_killed_during_call_marks_it_unknown(fault, start_fake_ses, spec, sescli, tmp_path, monkeypatch):
    """SES has the request, accepted or not, and has not responded."""
    fake_ses = start_fake_ses(calls={2: fault})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_ses.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    process = subprocess.Popen([sys.executable, "-m", "sescli", "bulk", "run", spec, "--yes"])
    deadline = time.monotonic() + 30
    while not fake_ses.has_met(fault):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -9
    resumed = sescli("bulk", "resume", "-o", "json")
    assert 0 < resumed.json["unknown"] <= COUNT
    is_settled_to_the_last(fake_ses, sescli, tmp_path)
