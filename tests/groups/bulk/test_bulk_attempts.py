"""`bulk run --resume` for every attempt of a CI job, and attempts whose journal is lost."""

from __future__ import annotations

import json

import pytest

DATA = {"name": "Jo", "orderId": "1", "total": "9.99"}


@pytest.fixture
def batch(tmp_path):
    def make(name="news", count=4):
        path = tmp_path / f"{name}.yaml"
        people = [{"to": f"user{n}@example.com", "data": DATA} for n in range(1, count + 1)]
        rows = "".join(f"  - {json.dumps(one)}\n" for one in people)
        path.write_text(
            f"version: 1\nname: {name}\nfrom: Shop <shop@example.com>\ntemplate: OrderConfirmation\n"
            f"limits: {{rate: 20}}\nrecipients:\n{rows}"
        )
        return str(path)

    return make


def mails(ses):
    return len(list(ses.messages()))


@pytest.mark.parametrize("own", [True, False])
def test_bulk_run_resume_starts_then_continues_then_does_nothing(own, shop, sescli, batch, tmp_path):
    journal = ["--journal", str(tmp_path / "run.journal")] if own else []
    command = ["bulk", "run", batch(), "--yes", "--resume", *journal]
    shop.control(quota=1)
    assert sescli(*command).code == 6
    assert mails(shop) == 1
    shop.control(quota=-1)
    shown = sescli(*command, "--dry-run")
    assert (shown.code, mails(shop)) == (0, 1)
    assert shown.stdout.count("SendBulkEmail") == 3
    gone_on = sescli(*command)
    assert (gone_on.code, mails(shop)) == (0, 4)
    assert "resumed news-" in gone_on.stderr
    nothing = sescli(*command)
    assert (nothing.code, mails(shop)) == (0, 4)
    assert "nothing to resume" in nothing.stderr
    assert len(sescli("bulk", "list", "-o", "json").json) == (0 if own else 1)


def test_bulk_run_resume_refuses_changed_rows_unless_accepted(shop, sescli, batch):
    shop.control(quota=1)
    assert sescli("bulk", "run", batch(), "--yes", "--resume").code == 6
    shop.control(quota=-1)
    changed = ("bulk", "run", batch(count=9), "--yes", "--resume")
    refused = sescli(*changed)
    assert (refused.code, mails(shop)) == (2, 1)
    assert "--accept-changes" in refused.stderr
    assert sescli(*changed, "--accept-changes").code == 0
    assert mails(shop) == 4


def test_bulk_run_resume_refuses_journal_of_another_run_or_target(shop, sescli, batch, tmp_path):
    journal = str(tmp_path / "run.journal")
    assert sescli("bulk", "run", batch(), "--yes", "--resume", "--journal", journal).code == 0
    for spec, more in ((batch("other"), []), (batch(), ["--region", "eu-west-1"])):
        refused = sescli("bulk", "run", spec, "--yes", "--resume", "--journal", journal, "-o", "json", *more)
        assert (refused.code, refused.error["code"]) == (2, "JournalTaken")
    assert mails(shop) == 4


def test_bulk_run_refuses_resume_with_again(shop, sescli, batch):
    both = sescli("bulk", "run", batch(), "--yes", "--resume", "--again")
    assert both.code == 2
    assert "use only one of them" in both.stderr
    assert mails(shop) == 0


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"GITHUB_RUN_ATTEMPT": "2"}, "attempt 2 of the job (GITHUB_RUN_ATTEMPT)"),
        ({"SESCLI_RUN_ATTEMPT": "3"}, "attempt 3 of the job (SESCLI_RUN_ATTEMPT)"),
        ({"SESCLI_RUN_ATTEMPT": "2", "GITHUB_RUN_ATTEMPT": "1"}, "SESCLI_RUN_ATTEMPT"),
        ({"SESCLI_RUN_ATTEMPT": "soon"}, "SESCLI_RUN_ATTEMPT is 'soon'"),
        ({"SESCLI_RUN_ATTEMPT": "0"}, "SESCLI_RUN_ATTEMPT is '0'"),
        ({"GITHUB_RUN_ATTEMPT": "-1"}, "GITHUB_RUN_ATTEMPT is '-1'"),
    ],
    ids=["github", "any", "ours first", "word", "nought", "negative"],
)
def test_bulk_run_refuses_later_attempt_without_journal(
    variables, said, shop, sescli, batch, tmp_path, monkeypatch
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for more in ([], ["--resume"], ["--resume", "--journal", str(tmp_path / "run.journal")]):
        refused = sescli("bulk", "run", batch(), "--yes", *more)
        assert refused.code == 2
        assert said in refused.stderr
    assert mails(shop) == 0


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"SESCLI_RUN_ATTEMPT": "1", "GITHUB_RUN_ATTEMPT": "2"},
        {"SESCLI_RUN_ATTEMPT": "", "GITHUB_RUN_ATTEMPT": ""},
    ],
    ids=["none", "ours first", "empty"],
)
def test_bulk_run_accepts_first_attempt_without_journal(variables, shop, sescli, batch, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert sescli("bulk", "run", batch(), "--yes").code == 0
    assert mails(shop) == 4
