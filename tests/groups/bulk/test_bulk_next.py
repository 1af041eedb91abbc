"""What a run says at its end is enough to act on: the first step out, as a command."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def run(start_oracle, monkeypatch, sescli, tmp_path):
    """Run a batch of so many against an SES that misbehaves; gives the call and the id of the run."""

    def call(count=60, limits="rate: 400", **faults):
        oracle = start_oracle(**faults)
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        for name, value in {"AWS_ENDPOINT_URL": oracle.url, **keys}.items():
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


def said(ran):
    return next(line for line in ran.stderr.splitlines() if line.startswith("Next: "))


def test_all_sent(run):
    ran, name = run()
    assert ran.code == 0
    assert said(ran) == f"Next: sescli bulk results {name} -o csv"


def test_some_failed_and_a_part_of_them_may_pass(run):
    ran, name = run(
        statuses={"user003": "MESSAGE_REJECTED", "user01": "FAILED", "user02": "INVALID_PARAMETER"}
    )
    assert ran.code == 3
    assert said(ran) == (
        f"Next: sescli bulk retry {name}; the other 10: sescli bulk results {name} --state failed"
    )


def test_all_that_failed_may_pass(run):
    ran, name = run(statuses={"user01": "FAILED"})
    assert said(ran) == f"Next: sescli bulk retry {name}"


def test_none_that_failed_will_pass(run):
    ran, name = run(statuses={"user01": "INVALID_PARAMETER"})
    assert said(ran) == f"Next: sescli bulk results {name} --state failed"


def test_unknown_is_settled_by_events_or_sent_again_on_purpose(run):
    ran, name = run(calls={"1": "reset"})
    assert ran.code == 3
    assert said(ran) == (
        f"Next: sescli bulk reconcile {name} EVENTS, where SES's events of these mails are kept;"
        f" or sescli bulk resume {name} --resend-unknown, and some may get two"
    )


def test_a_used_up_quota_is_waited_for(run):
    ran, name = run(statuses={"user050": "ACCOUNT_DAILY_QUOTA_EXCEEDED"})
    assert ran.code == 6
    assert said(ran) == (
        "Next: wait until the 24-hour quota has room again (sescli reputation quota), then"
        f" sescli bulk resume {name}"
    )


def test_many_failures_are_looked_into_before_going_on(run):
    ran, name = run(200, "rate: 400, stop_at_failure_rate: 0.05", statuses={"user01": "MESSAGE_REJECTED"})
    assert ran.code == 3
    assert "stop_at_failure_rate is 0.05" in ran.stderr
    assert said(ran) == (
        f"Next: find out why so many fail (sescli bulk results {name} --state failed), then"
        f" sescli bulk resume {name}"
    )
