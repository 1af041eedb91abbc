"""Only the AWS account that started a run can resume it."""

from __future__ import annotations

import sqlite3

from bulk_setup import OVER_QUOTA

from sescli.aws.endpoint import AwsEndpoint
from sescli.aws.gateway import Gateway
from sescli.groups.bulk.service.account_guard import AccountLookup

NUMBER = "111122223333"


def test_bulk_resume_refuses_another_account(start_fake_ses, at, eight_rows, sescli):
    fake_ses = at(start_fake_ses(calls=OVER_QUOTA))
    assert sescli("bulk", "run", eight_rows, "--yes").code == 6
    assert sescli("bulk", "show", "-o", "json").json["account"] == NUMBER
    accepted = len(fake_ses.accepted)
    fake_ses.behave(number="444455556666")
    for verb in ("resume", "retry"):
        refused = sescli("bulk", verb, "-o", "json")
        assert (refused.code, refused.error["code"]) == (2, "OtherAccount")
        assert NUMBER in refused.error["message"]
        assert "444455556666" in refused.error["message"]
        assert "--profile" in refused.error["hint"]
    assert len(fake_ses.accepted) == accepted
    fake_ses.behave()
    resumed = sescli("bulk", "resume", "-o", "json")
    assert (resumed.code, resumed.json["sent"]) == (0, 8)
    assert len(fake_ses.accepted) == 8


def test_account_lookup_warns_at_aws_if_account_is_unknown(start_fake_ses, at, monkeypatch):
    fake_ses = at(start_fake_ses(number=""))
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", fake_ses.url)
    warnings = []
    assert AccountLookup(Gateway(AwsEndpoint(region="us-east-1"))).account_id(warnings.append) is None
    assert len(warnings) == 1
    assert "could not look up the AWS account" in warnings[0]


def test_bulk_run_continues_if_account_is_unknown(start_fake_ses, at, eight_rows, sescli):
    fake_ses = at(start_fake_ses(calls=OVER_QUOTA, number=""))
    begun = sescli("bulk", "run", eight_rows, "--yes")
    assert begun.code == 6
    assert sescli("bulk", "show", "-o", "json").json["account"] is None
    fake_ses.behave()
    resumed = sescli("bulk", "resume")
    assert resumed.code == 0
    assert "account" not in resumed.stderr


def test_bulk_resume_continues_with_warning_if_account_is_unknown(start_fake_ses, at, eight_rows, sescli):
    fake_ses = at(start_fake_ses(calls=OVER_QUOTA))
    assert sescli("bulk", "run", eight_rows, "--yes").code == 6
    fake_ses.behave(number="")
    resumed = sescli("bulk", "resume")
    assert resumed.code == 0
    assert f"could not check that this is the AWS account {NUMBER}" in " ".join(resumed.stderr.split())


def test_bulk_run_at_endpoint_stores_no_account(start_fake_ses, at, eight_rows, sescli):
    fake_ses = at(start_fake_ses(number=""))
    ran = sescli("bulk", "run", eight_rows, "--yes", "--endpoint-url", fake_ses.url)
    assert ran.code == 0
    assert "account" not in ran.stderr


def test_bulk_resume_accepts_journal_without_account_column(start_fake_ses, at, eight_rows, sescli):
    at(start_fake_ses(calls=OVER_QUOTA))
    assert sescli("bulk", "run", eight_rows, "--yes").code == 6
    journal = sescli("bulk", "show", "-o", "json").json["journal"]
    with sqlite3.connect(journal) as database:
        database.execute("ALTER TABLE run DROP COLUMN account")
    database.close()
    assert sescli("bulk", "resume").code == 0
