"""A name is sent once to each target; what `resume` and `retry` leave unchanged. With the local SES emulator."""

from __future__ import annotations

import json
import os

import pytest
from repository import ROOT

DATA = {"name": "Jo", "orderId": "1", "total": "9.99"}


@pytest.fixture
def shop(ses, sescli):
    """An account that can send: a verified domain and a template, in two regions."""
    template = ROOT / "examples" / "templates" / "order-confirmation.json"
    for region in ("us-east-1", "eu-west-1"):
        assert sescli("identity", "verify", "example.com", "--region", region).code == 0
        assert sescli("template", "create", "--file", str(template), "--region", region).code == 0
    return ses


@pytest.fixture
def batch(tmp_path):
    def make(count=4, more="", name="news"):
        path = tmp_path / f"{name}.yaml"
        people = [{"to": f"user{n}@example.com", "data": DATA} for n in range(1, count + 1)]
        rows = "".join(f"  - {json.dumps(one)}\n" for one in people)
        head = f"version: 1\nname: {name}\nfrom: Shop <shop@example.com>\ntemplate: OrderConfirmation\n{more}"
        path.write_text(f"{head}recipients:\n{rows}")
        return str(path)

    return make


def mails(ses):
    return len(list(ses.messages()))


def half_sent(ses, sescli, spec):
    """Start a run that the quota stops: one recipient failed, one is sent, two are pending."""
    ses.control(quota=1, fail="MESSAGE_REJECTED:1")
    assert sescli("bulk", "run", spec, "--yes").code == 6
    ses.control(quota=-1)
    assert mails(ses) == 1


@pytest.mark.parametrize("verb", ["resume", "retry"])
@pytest.mark.parametrize("before", [True, False])
def test_dry_run_option_in_any_position_sends_nothing(verb, before, shop, sescli, batch):
    half_sent(shop, sescli, batch(more="limits: {rate: 20}\n"))
    words = ["--dry-run", "bulk", verb] if before else ["bulk", verb, "--dry-run"]
    told = sescli(*words)
    assert told.code == 0, told.stderr
    assert mails(shop) == 1
    assert sescli(*words, "-o", "json").code == 0
    assert mails(shop) == 1
    assert told.stdout.count("SendBulkEmail") == (2 if verb == "resume" else 1)
    summary = sescli("bulk", "show", "-o", "json").json
    assert (summary["failed"], summary["pending"]) == (1, 2)


def test_bulk_run_with_own_journal_refuses_second_run(shop, sescli, batch, tmp_path):
    spec, path = batch(), str(tmp_path / "my journal.db")
    assert sescli("bulk", "run", spec, "--yes").code == 0
    refused = sescli("bulk", "run", spec, "--yes", "--journal", path, "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "RunExists")
    assert "sescli bulk show news" in refused.error["hint"]
    assert mails(shop) == 4
    again = sescli("bulk", "run", spec, "--yes", "--journal", path, "--again")
    assert again.code == 0
    assert f"Next: sescli bulk results --journal '{path}' -o csv" in again.stderr
    second = sescli("bulk", "run", spec, "--yes", "--journal", path, "-o", "json")
    assert (second.code, second.error["code"]) == (2, "RunExists")
    assert f"--journal '{path}'" in second.error["hint"]
    other = sescli("bulk", "run", batch(name="other"), "--yes", "--journal", path, "-o", "json")
    assert (other.code, other.error["code"]) == (2, "JournalTaken")
    assert mails(shop) == 8


def test_bulk_validate_and_dry_run_report_earlier_run(shop, sescli, batch):
    spec = batch()
    assert sescli("bulk", "validate", spec).code == 0
    assert sescli("bulk", "run", spec, "--yes").code == 0
    checked = sescli("bulk", "validate", spec, "-o", "json")
    assert (checked.code, checked.json["ok"]) == (3, False)
    assert [(one["level"], one["code"]) for one in checked.json["findings"]] == [("error", "RunExists")]
    assert "--again" in checked.json["findings"][0]["hint"]
    assert sescli("bulk", "run", spec, "--dry-run").code == 2
    assert sescli("bulk", "validate", spec, "--again").code == 0
    assert sescli("bulk", "run", spec, "--dry-run", "--again").code == 0
    assert mails(shop) == 4


def test_bulk_validate_next_command_keeps_options(shop, sescli, batch, tmp_path):
    people = tmp_path / "more people.csv"
    people.write_text("email,name,orderId,total\njo@example.com,Jo,1,2\nnobody,Jo,1,2\n")
    flags = ["--recipients", str(people), "--skip-invalid", "--skip-suppressed"]
    checked = sescli("bulk", "validate", batch(), *flags)
    assert checked.code == 0
    command = f"sescli bulk run {tmp_path}/news.yaml --recipients '{people}' --skip-invalid --skip-suppressed"
    assert f"Next: {command}" in checked.stderr


def test_bulk_run_at_other_target_does_not_block_run(shop, start_fake_ses, sescli, batch):
    url, other = os.environ["AWS_ENDPOINT_URL"], start_fake_ses().url
    spec, elsewhere = batch(), ["--endpoint-url", other]
    assert sescli("bulk", "run", spec, "--yes", *elsewhere).code == 0
    assert sescli("bulk", "run", spec, "--yes").code == 0
    assert sescli("bulk", "run", spec, "--yes", "--region", "eu-west-1").code == 0
    for place in ([], elsewhere, ["--region", "eu-west-1"]):
        assert sescli("bulk", "run", spec, "--yes", *place).code == 2
    assert mails(shop) == 8
    listed = sescli("bulk", "list", "-o", "json").json
    assert len({run["run"] for run in listed}) == 3
    assert {(run["place"], run["region"]) for run in listed} == {
        (other, "us-east-1"),
        (url, "us-east-1"),
        (url, "eu-west-1"),
    }
    shown = sescli("bulk", "list").stdout
    assert url in shown
    assert other in shown
    assert sescli("bulk", "show", "news", *elsewhere, "-o", "json").json["place"] == other
    assert sescli("bulk", "resume", *elsewhere, "-o", "json").json["place"] == other
    assert sescli("bulk", "resume", "--region", "us-east-1", "-o", "json").json["place"] == url


def test_bulk_retry_leaves_pending_rows(shop, sescli, batch):
    spec = batch(more="limits: {rate: 20}\n")
    half_sent(shop, sescli, spec)
    retried = sescli("bulk", "retry")
    assert retried.code == 3
    assert mails(shop) == 2
    assert "2 recipients still pending; to send to them: sescli bulk resume" in retried.stderr
    nothing = sescli("bulk", "retry", "--dry-run")
    assert "nothing to retry: no recipient has failed" in nothing.stderr
    nothing = sescli("bulk", "retry")
    assert "nothing to retry: no recipient has failed" in nothing.stderr
    assert mails(shop) == 2
    finished = sescli("bulk", "resume")
    assert finished.code == 0
    assert mails(shop) == 4
    again = sescli("bulk", "resume")
    assert (again.code, mails(shop)) == (0, 4)
    assert "nothing to resume: no recipient is pending" in again.stderr


def test_bulk_run_stopped_by_missing_template_suggests_to_create_it(shop, sescli, batch):
    half_sent(shop, sescli, batch(more="limits: {rate: 20}\n"))
    assert sescli("template", "delete", "OrderConfirmation", "--yes").code == 0
    stopped = sescli("bulk", "resume")
    assert stopped.code == 3
    first = "create the template again (sescli template create OrderConfirmation --file FILE); then continue: sescli bulk resume"
    assert f"Next: {first}" in stopped.stderr
    assert "create the template again" in sescli("bulk", "show", "-o", "json").json["remedy"]
    template = ROOT / "examples" / "templates" / "order-confirmation.json"
    assert sescli("template", "create", "--file", str(template)).code == 0
    assert sescli("bulk", "resume").code == 3  # for the one that failed
    assert sescli("bulk", "retry").code == 0
    assert mails(shop) == 4


def test_dry_run_reports_number_of_calls_not_shown(shop, sescli, batch):
    spec = batch(600, more="limits: {rate: 50}\n")
    told = sescli("bulk", "run", spec, "--dry-run")
    assert told.code == 0
    assert "600 messages to 600 recipients in 300 API calls" in told.stderr
    assert told.stdout.rstrip().endswith("… and 50 more calls.")
    records = sescli("bulk", "run", spec, "--dry-run", "-o", "json")
    assert len(records.json) == 250
    assert "50 more would follow" in records.stderr
    assert mails(shop) == 0


def test_bulk_run_needs_yes_and_resume_does_not(shop, sescli, batch):
    assert sescli("bulk", "run", batch()).code == 2
    half_sent(shop, sescli, batch(more="limits: {rate: 20}\n"))
    assert sescli("bulk", "resume").code == 3  # for the one that failed
    assert mails(shop) == 3
    assert "does not need --yes" in " ".join(sescli("bulk", "resume", "--help").stdout.split())
