"""`bulk validate` returns a digest, and `bulk run --expect` sends only the batch that has it."""

from __future__ import annotations

import pytest
from bulk_setup import OVER_QUOTA

PEOPLE = [{"to": f"user{n}@example.com", "data": {"name": "Jo", "orderId": "1"}} for n in range(4)]
LIMITS = "limits: {rate: 20, concurrency: 1}\n"


@pytest.fixture
def fake_ses(start_fake_ses, at):
    return at(start_fake_ses())


def digest(sescli, spec, *more):
    found = sescli("bulk", "validate", spec, *more, "-o", "json").json["digest"]
    assert found == sescli("bulk", "validate", spec, *more, "-o", "json").json["digest"]
    return found


def test_bulk_run_sends_batch_with_expected_digest(fake_ses, batch, sescli):
    spec = batch(PEOPLE)
    assert sescli("bulk", "run", spec, "--yes", "--expect", digest(sescli, spec)).code == 0
    assert len(fake_ses.accepted) == 4


def test_bulk_run_refuses_other_digest_and_names_what_changed(fake_ses, start_fake_ses, batch, sescli):
    approved = digest(sescli, batch(PEOPLE))

    def refused(spec, *more):
        ran = sescli("bulk", "run", spec, "--yes", "--expect", approved, *more, "-o", "json")
        assert (ran.code, ran.error["code"]) == (2, "DigestDiffers")
        return ran.error["message"].partition("--expect: ")[2].partition(" changed")[0]

    other = [{**PEOPLE[0], "to": "eve@example.com"}, *PEOPLE[1:]]
    assert refused(batch(other)) == "recipients"
    assert refused(batch([*PEOPLE, {**PEOPLE[0], "to": "eve@example.com"}])) == "recipients, counts"
    assert refused(batch(PEOPLE, "reply_to: eve@example.com\n")) == "message"
    spec = batch(PEOPLE)
    elsewhere = start_fake_ses()
    assert refused(spec, "--endpoint-url", elsewhere.url) == "target"
    fake_ses.behave(template={"Subject": "Hi", "Text": "Another text"})
    assert refused(spec) == "message"
    assert fake_ses.accepted == elsewhere.accepted == []
    assert sescli("bulk", "run", spec, "--yes", "--expect", "x").code == 2


def test_bulk_run_resume_compares_run_with_digest(start_fake_ses, at, batch, sescli):
    fake_ses = at(start_fake_ses(calls=OVER_QUOTA))
    spec = batch(PEOPLE, LIMITS)
    approved = digest(sescli, spec)
    words = ("bulk", "run", spec, "--resume", "--yes", "--expect")
    assert sescli(*words, approved).code == 6
    fake_ses.behave()
    wrong = f"{'0' * 16}{approved[16:]}"
    assert sescli(*words, wrong, "-o", "json").error["code"] == "DigestDiffers"
    assert sescli(*words, approved).code == 0
    assert len(fake_ses.accepted) == 4
