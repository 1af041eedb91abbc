"""`sescli bulk` when SES or the network fails, with the fake SES."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
from bulk_setup import BATCH, journals


@pytest.fixture
def many(batch):
    people = [{"to": f"user{n}@example.com", "data": {"name": "Jo", "orderId": "1"}} for n in range(1, 401)]
    return batch(people, "limits: {rate: 100, max_recipients: 1000}\n")


def wait_for(fake_ses, count):
    deadline = time.monotonic() + 20
    while len(fake_ses.book) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)]
)
def test_bulk_resume_after_signal_sends_no_second_message(number, code, start_fake_ses, at, many, sescli):
    fake_ses = at(start_fake_ses(latency=0.05))
    argv = [sys.executable, "-m", "sescli", "bulk", "run", many, "--yes", "-o", "json"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(fake_ses, 100)
    shown = sescli("bulk", "show", "-o", "json").json
    assert shown["state"] == "running"
    for named in ([], ["--journal", shown["journal"]]):
        blocked = sescli("bulk", "resume", *named, "-o", "json")
        assert (blocked.code, blocked.error["code"]) == (2, "RunInUse")
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    if number != signal.SIGKILL:
        summary = json.loads(out)
        assert summary["state"] == "unfinished"
        assert summary["sent"] + summary["pending"] == 400
        assert ("stopped by the user" if number == signal.SIGINT else "terminated (SIGTERM)") in err
    assert sescli("bulk", "run", many, "--yes").code == 2
    resumed = sescli("bulk", "resume", "-o", "json")
    summary = resumed.json
    assert summary["sent"] + summary["unknown"] == 400
    assert resumed.code == (3 if summary["unknown"] else 0)
    assert len(set(fake_ses.accepted)) == len(fake_ses.accepted) >= summary["sent"]
    if summary["unknown"]:
        assert sescli("bulk", "resume", "--resend-unknown", "--yes", "-o", "json").json["sent"] == 400


def test_bulk_run_exits_6_when_quota_is_used_up_and_resumes(start_fake_ses, at, many, sescli):
    fake_ses = at(start_fake_ses(calls={3: "TooManyRequestsException:Daily message quota exceeded."}))
    ran = sescli("bulk", "run", many, "--yes", "-o", "json")
    assert ran.code == 6, ran.stderr
    assert 0 < ran.json["sent"] < 400
    assert sescli("bulk", "resume", "-o", "json").json["sent"] == 400
    assert len(set(fake_ses.accepted)) == len(fake_ses.accepted) == 400


def test_bulk_retry_sends_failed_rows(start_fake_ses, at, batch, sescli):
    at(start_fake_ses(statuses={"bad": "FAILED", "odd": "INVALID_PARAMETER"}))
    people = [
        {"to": f"{who}@example.com", "data": {"name": "Jo", "orderId": "1"}} for who in ("bad", "odd", "good")
    ]
    ran = sescli("bulk", "run", batch(people), "--yes", "-o", "json")
    assert (ran.code, ran.json["failed"]) == (3, 2), ran.stderr
    assert sescli("bulk", "retry").code == 3
    assert {one["to"]: one["attempts"] for one in sescli("bulk", "results", "-o", "json").json} == {
        "bad@example.com": 2,
        "odd@example.com": 1,
        "good@example.com": 1,
    }
    assert sescli("bulk", "retry", "--code", "INVALID_PARAMETER").code == 3
    found = sescli("bulk", "results", "--state", "failed", "-o", "json").json
    assert [one["attempts"] for one in found] == [2, 2]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDeniedException", 403),
        ("TooManyRequestsException", 429),
        ("InternalServiceErrorException", 500),
    ],
)
def test_bulk_run_continues_if_lookup_fails(code, status, start_fake_ses, at, batch, sescli):
    places = ("/v2/email/account", "GetIdentityVerificationAttributes", "/v2/email/suppression")
    fake_ses = at(start_fake_ses(gets={key: [status, code, "no"] for key in places}))
    people = [{"to": "jo@example.com", "data": {"name": "Jo", "orderId": "1"}}]
    ran = sescli("bulk", "run", batch(people), "--yes")
    assert ran.code == 0, ran.stderr
    assert "could not check" in ran.stderr
    assert fake_ses.accepted == ["jo@example.com"]


@pytest.mark.parametrize(
    "faults",
    [
        {"gets": {"/v2/email/account": [404, "NotFoundException", "no such operation"]}},
        {"account": {"ProductionAccessEnabled": False}},  # and the fake SES has no list of identities
    ],
    ids=["account", "identities"],
)
def test_bulk_run_continues_if_endpoint_lacks_operation(faults, start_fake_ses, at, batch, sescli):
    fake_ses = at(start_fake_ses(statuses={"jo@": "FAILED"}, **faults))
    people = [{"to": "jo@example.com", "data": {"name": "Jo", "orderId": "1"}}]
    ran = sescli("bulk", "run", batch(people), "--yes")
    assert ran.code == 3
    assert "could not check" in ran.stderr
    assert sescli("bulk", "retry").code == 3
    assert fake_ses.accepted == []


def test_bulk_run_does_not_start_with_invalid_credentials(start_fake_ses, at, batch, sescli):
    refused = [403, "UnrecognizedClientException", "The security token is invalid"]
    fake_ses = at(start_fake_ses(gets={"/v2/": refused}))
    assert sescli("bulk", "run", batch(), "--yes").code == 4
    assert fake_ses.accepted == []
    assert sescli("bulk", "list", "-o", "json").json == []


def test_bulk_run_marks_hanging_call_unknown_after_timeout(start_fake_ses, at, batch, sescli, monkeypatch):
    fake_ses = at(start_fake_ses(calls={1: "hang"}))
    monkeypatch.setenv("SESCLI_SEND_TIMEOUT", "1")
    people = [{"to": "jo@example.com", "data": {"name": "Jo", "orderId": "1"}}]
    began = time.monotonic()
    ran = sescli("bulk", "run", batch(people), "--yes", "-o", "json")
    assert ran.code == 3, ran.stderr
    assert time.monotonic() - began < 8
    assert ran.json["unknown"] == 1
    assert len(fake_ses.accepted) == 1
    monkeypatch.setenv("SESCLI_SEND_TIMEOUT", "soon")
    assert sescli("bulk", "resume").code == 2


def test_bulk_run_does_not_start_if_endpoint_is_unreachable(start_fake_ses, at, batch, sescli):
    fake_ses = at(start_fake_ses())
    fake_ses.process.kill()
    fake_ses.process.wait()
    assert sescli("bulk", "run", batch(), "--yes").code == 6
    assert sescli("bulk", "list", "-o", "json").json == []


def test_bulk_run_reads_recipients_from_standard_input_once(start_fake_ses, at, tmp_path, sescli):
    fake_ses = at(start_fake_ses(calls={1: "TooManyRequestsException:Daily message quota exceeded."}))
    spec = tmp_path / "batch.yaml"
    spec.write_text(BATCH.rstrip() + " {file: '-'}\n")
    people = "to,name,orderId\njo@example.com,Jo,1\nan@example.com,An,2\n"
    assert sescli("bulk", "run", str(spec), "--yes", stdin=people).code == 6
    assert sescli("bulk", "resume").code == 0
    assert set(fake_ses.accepted) == {"jo@example.com", "an@example.com"}


def test_bulk_run_reads_recipients_file_from_option(start_fake_ses, at, batch, tmp_path, sescli):
    fake_ses = at(start_fake_ses())
    other = tmp_path / "elsewhere" / "people.csv"
    other.parent.mkdir()
    other.write_text("email,name,orderId\njo@example.com,Jo,1\n")
    assert sescli("bulk", "run", batch(), "--yes", "--recipients", str(other)).code == 0
    assert fake_ses.accepted == ["jo@example.com"]


def test_bulk_run_without_terminal_prints_lines_unless_quiet(start_fake_ses, at, batch, sescli):
    at(start_fake_ses())
    ran = sescli("bulk", "run", batch(), "--yes")
    assert "2 messages to 2 recipients" in ran.stderr
    assert "\x1b" not in ran.stderr + ran.stdout
    assert "sent" in ran.stdout
    assert sescli("bulk", "run", batch(), "--yes", "--again", "--quiet").stderr == ""


def test_killed_loading_leaves_no_run(start_fake_ses, at, tmp_path, batch, sescli, bare_machine):
    fake_ses = at(start_fake_ses())
    rows = "".join(f"user{n}@example.com,Jo,{n}\n" for n in range(200_000))
    (tmp_path / "people.csv").write_text(f"email,name,orderId\n{rows}")
    spec = tmp_path / "large.yaml"
    spec.write_text(BATCH.rstrip() + " {file: people.csv}\nlimits: {max_recipients: 200000}\n")
    loading = bare_machine / ".local" / "state" / "sescli" / "runs"
    process = subprocess.Popen([sys.executable, "-m", "sescli", "bulk", "run", str(spec), "--yes"])
    deadline = time.monotonic() + 20
    while not list(loading.glob(".news.*.loading")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert list(loading.glob(".news.*.loading"))
    assert sescli("bulk", "list", "-o", "json").json == []
    people = [{"to": "jo@example.com", "data": {"name": "Jo", "orderId": "1"}}]
    assert sescli("bulk", "run", batch(people), "--yes").code == 0
    assert fake_ses.accepted == ["jo@example.com"]
    assert not list(loading.glob(".*.loading"))


def test_bulk_resume_and_retry_dry_run_send_nothing(start_fake_ses, at, many, sescli, bare_machine):
    fake_ses = at(
        start_fake_ses(
            statuses={"user7@": "FAILED"}, calls={3: "TooManyRequestsException:Daily message quota exceeded."}
        )
    )
    assert sescli("bulk", "run", many, "--yes").code == 6
    accepted = len(fake_ses.accepted)
    before = journals(bare_machine)[0].read_bytes()
    resumed = sescli("bulk", "resume", "--dry-run", "-o", "json")
    assert {call["operation"] for call in resumed.json} == {"SendBulkEmail"}
    retried = sescli("bulk", "retry", "--dry-run", "-o", "json").json
    assert [len(call["parameters"]["BulkEmailEntries"]) for call in retried] == [1]
    assert len(fake_ses.accepted) == accepted
    assert journals(bare_machine)[0].read_bytes() == before


def test_bulk_run_reads_batch_file_from_standard_input(start_fake_ses, at, sescli):
    fake_ses = at(start_fake_ses())
    text = BATCH + '  - {to: jo@example.com, data: {name: Jo, orderId: "1"}}\n'
    assert sescli("bulk", "run", "-", "--yes", stdin=text).code == 0
    assert fake_ses.accepted == ["jo@example.com"]
    twice = sescli("bulk", "validate", "-", stdin=BATCH.rstrip() + " {file: '-'}\n")
    assert twice.code == 2
    assert "standard input cannot be the batch file and the recipients" in twice.stderr


def test_bulk_run_stops_without_unknown_results_when_reader_closes(start_fake_ses, at, many, sescli):
    fake_ses = at(start_fake_ses())
    argv = [sys.executable, "-m", "sescli", "bulk", "run", many, "--yes", "-o", "jsonl"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["state"] == "sent"
    process.stdout.close()
    assert process.stderr is not None
    assert "the output cannot be written (Broken pipe)" in process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 3
    summary = sescli("bulk", "show", "-o", "json").json
    assert (summary["unknown"], summary["stop_code"]) == (0, "OutputClosed")
    assert summary["sent"] == len(fake_ses.accepted) < 400
