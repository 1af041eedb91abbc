"""The next command after a run, by how the run ended."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def run(start_fake_ses, monkeypatch, sescli, tmp_path):
    """Run a batch against an SES with faults; gives the finished call and the run ID."""

    def call(count=60, limits="rate: 400", **faults):
        fake_ses = start_fake_ses(**faults)
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        for name, value in {"AWS_ENDPOINT_URL": fake_ses.url, **keys}.items():
            monkeypatch.setenv(name, value)
        people = [
            {"to": f"user{n:03}@example.com", "data": {"name": "Jo", "orderId": "1"}} for n in range(count)
        ]
        path = tmp_path / "batch.yaml"
        rows = "".join(f"  - {json.dumps(one)}\n" for one in people)
        path.write_text(
            "version: 1\nname: news\nfrom: shop@example.com\ntemplate: Order\n"
            f"limits: {{{limits}}}\nrecipients:\n{rows}"
        )
        ran = sescli("bulk", "run", str(path), "--yes")
        return ran, ran.stdout.splitlines()[0]

    return call


def next_line(ran):
    return next(line for line in ran.stderr.splitlines() if line.startswith("Next: "))


def test_next_command_after_success_exports_the_results(run):
    ran, name = run()
    assert ran.code == 0
    assert next_line(ran) == f"Next: sescli bulk results {name} -o csv"


def test_next_command_after_mixed_failures_retries_and_lists_the_others(run):
    ran, name = run(
        statuses={"user003": "MESSAGE_REJECTED", "user01": "FAILED", "user02": "INVALID_PARAMETER"}
    )
    assert ran.code == 3
    assert next_line(ran) == (
        f"Next: sescli bulk retry {name}; for the other 10: sescli bulk results {name} --state failed"
    )


def test_next_command_after_temporary_failures_retries(run):
    ran, name = run(statuses={"user01": "FAILED"})
    assert next_line(ran) == f"Next: sescli bulk retry {name}"


def test_next_command_after_lasting_failures_lists_them(run):
    ran, name = run(statuses={"user01": "INVALID_PARAMETER"})
    assert next_line(ran) == f"Next: sescli bulk results {name} --state failed"


def test_next_command_after_unknown_results_reconciles_or_resends(run):
    ran, name = run(calls={"1": "reset"})
    assert ran.code == 3
    assert next_line(ran) == (
        f"Next: sescli bulk reconcile {name} EVENTS with the events that SES published; or send again, which may give"
        f" some a second message: sescli bulk resume {name} --resend-unknown"
    )


def test_next_command_after_a_used_up_quota_waits_and_resumes(run):
    ran, name = run(statuses={"user050": "ACCOUNT_DAILY_QUOTA_EXCEEDED"})
    assert ran.code == 6
    assert next_line(ran) == (
        "Next: wait until part of the 24-hour quota is free again (sescli reputation quota); then continue:"
        f" sescli bulk resume {name}"
    )


def test_next_command_after_many_failures_lists_them_before_resuming(run):
    ran, name = run(200, "rate: 400, stop_at_failure_rate: 0.05", statuses={"user01": "MESSAGE_REJECTED"})
    assert ran.code == 3
    assert "stop_at_failure_rate is 0.05" in ran.stderr
    assert next_line(ran) == (
        f"Next: find out why so many failed: sescli bulk results {name} --state failed; then continue:"
        f" sescli bulk resume {name}"
    )
