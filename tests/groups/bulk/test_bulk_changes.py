"""What changed between the start of a run and its continuation: template, sender, suppression list, batch file."""

from __future__ import annotations

import pytest

QUOTA = {3: "TooManyRequestsException:Daily message quota exceeded."}
PEOPLE = [{"to": f"user{n}@example.com", "data": {"name": "Jo", "orderId": "1"}} for n in range(8)]
LIMITS = "limits: {rate: 20, concurrency: 1}\n"


@pytest.fixture
def fake_ses(start_fake_ses, at):
    return at(start_fake_ses(calls=QUOTA))


@pytest.fixture
def spec(batch):
    return batch(PEOPLE, LIMITS)


def test_bulk_resume_refuses_changed_template(fake_ses, spec, sescli):
    assert sescli("bulk", "run", spec, "--yes").code == 6
    sent = len(fake_ses.accepted)
    fake_ses.behave(template={"Subject": "Hi {{name}}", "Text": "Another text"})
    for verb in (["resume"], ["run", spec, "--resume", "--yes"]):
        refused = sescli("bulk", *verb, "-o", "json")
        assert (refused.code, refused.error["code"]) == (2, "TemplateChanged")
        assert "--accept-changes" in refused.error["hint"]
    assert len(fake_ses.accepted) == sent
    accepted = sescli("bulk", "resume", "--accept-changes")
    assert accepted.code == 0
    assert "has changed since this run started" in " ".join(accepted.stderr.split())
    assert len(fake_ses.accepted) == len(set(fake_ses.accepted)) == 8


def test_bulk_resume_skips_recipients_suppressed_since_start(fake_ses, spec, sescli):
    assert sescli("bulk", "run", spec, "--yes", "--skip-suppressed").code == 6
    fake_ses.behave(suppressed=["user7@example.com"])
    ended = sescli("bulk", "resume", "-o", "json")
    assert (ended.code, ended.json["skipped"], ended.json["sent"]) == (0, 1, 7)
    assert "user7@example.com" not in fake_ses.accepted


def test_bulk_resume_without_skip_suppressed_warns(fake_ses, spec, sescli):
    assert sescli("bulk", "run", spec, "--yes").code == 6
    fake_ses.behave(suppressed=["user7@example.com"])
    ended = sescli("bulk", "resume")
    assert ended.code == 0
    assert "1 recipient is on the suppression list" in " ".join(ended.stderr.split())
    assert len(fake_ses.accepted) == 8


DENIED = {"/v2/email/suppression": [403, "AccessDeniedException", "no"]}


def test_bulk_run_with_skip_suppressed_refuses_unreadable_list(start_fake_ses, at, spec, sescli):
    fake_ses = at(start_fake_ses(gets=DENIED))
    refused = sescli("bulk", "run", spec, "--yes", "--skip-suppressed", "-o", "json")
    assert (refused.code, refused.error["code"]) == (3, "SuppressionNotChecked")
    assert fake_ses.accepted == []
    without = sescli("bulk", "run", spec, "--yes")
    assert without.code == 0
    assert "could not check the suppression list" in " ".join(without.stderr.split())


def test_bulk_resume_with_skip_suppressed_stops_if_list_is_unreadable(fake_ses, spec, sescli):
    assert sescli("bulk", "run", spec, "--yes", "--skip-suppressed").code == 6
    sent = len(fake_ses.accepted)
    fake_ses.behave(gets=DENIED)
    stopped = sescli("bulk", "resume", "-o", "json")
    assert (stopped.code, stopped.json["stop_code"]) == (3, "SuppressionNotChecked")
    assert len(fake_ses.accepted) == sent
    fake_ses.behave()
    assert sescli("bulk", "resume").code == 0


def test_bulk_run_resume_names_new_rows_and_changed_keys(fake_ses, spec, sescli, batch):
    assert sescli("bulk", "run", spec, "--yes").code == 6
    more = [*PEOPLE[:3], {"to": "new@example.com", "data": PEOPLE[0]["data"]}, *PEOPLE[3:]]
    batch(more, LIMITS + "reply_to: other@example.com\n")
    fake_ses.behave()
    refused = sescli("bulk", "run", spec, "--yes", "--resume", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "BatchChanged")
    assert "1 new row: row 4 (new@example.com)" in refused.error["message"]
    assert "reply_to differs" in refused.error["message"]
    ended = sescli("bulk", "run", spec, "--yes", "--resume", "--accept-changes")
    assert ended.code == 0
    assert "new@example.com" in ended.stderr
    assert len(fake_ses.accepted) == len(set(fake_ses.accepted)) == 8


def test_bulk_run_repeats_throttled_lookup(start_fake_ses, at, spec, sescli):
    fake_ses = at(start_fake_ses(throttled_gets=2))
    ran = sescli("bulk", "run", spec, "--yes")
    assert ran.code == 0
    assert "could not check" not in ran.stderr
    assert len(fake_ses.accepted) == 8
