"""`sescli bulk` against the local SES emulator."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from bulk_setup import PEOPLE, journals
from repository import ROOT


def test_bulk_commands_from_validate_to_results(shop, sescli, batch, bare_machine):
    spec = batch()
    checked = sescli("bulk", "validate", spec, "-o", "json")
    assert checked.code == 0
    assert checked.json["plan"] == {
        "mails": 2,
        "recipients": 2,
        "calls": 1,
        "rate": 500.0,
        "minutes": 0.0,
        "cost_usd": 0.0002,
    }
    assert journals(bare_machine) == []

    ran = sescli("bulk", "run", spec, "--yes", "-o", "json")
    assert ran.code == 0, ran.stderr
    summary = ran.json
    assert {key: summary[key] for key in ("name", "state", "recipients", "sent", "calls")} == {
        "name": "news",
        "state": "finished",
        "recipients": 2,
        "sent": 2,
        "calls": 1,
    }
    assert summary["by_reason"] == []
    assert ran.stderr == ""

    mails = list(shop.messages())
    assert {mail.to[0] for mail in mails} == {"john@example.com", "jane@example.com"}
    assert sescli("bulk", "show", "-o", "json").json == summary
    assert [run["run"] for run in sescli("bulk", "list", "-o", "json").json] == [summary["run"]]
    found = sescli("bulk", "results", "news", "-o", "json").json
    assert [(one["row"], one["to"], one["state"], one["attempts"]) for one in found] == [
        (1, "john@example.com", "sent", 1),
        (2, "jane@example.com", "sent", 1),
    ]
    assert all(one["message_id"] and one["at"].endswith("Z") for one in found)


def test_bulk_run_refuses_a_second_run_of_a_name(shop, sescli, batch):
    spec = batch()
    assert sescli("bulk", "run", spec, "--yes").code == 0
    second = sescli("bulk", "run", spec, "--yes", "-o", "json")
    assert (second.code, second.error["code"]) == (2, "RunExists")
    assert "--again" in second.error["hint"]
    assert len(list(shop.messages())) == 2
    assert sescli("bulk", "run", spec, "--yes", "--again").code == 0
    assert len(list(shop.messages())) == 4
    assert len(sescli("bulk", "list", "-o", "json").json) == 2


def test_bulk_run_without_a_terminal_needs_yes_and_a_limit(shop, sescli, batch, tmp_path):
    refused = sescli("bulk", "run", batch())
    assert refused.code == 2
    assert "--yes" in refused.stderr
    many = [{"to": f"u{n}@example.com", "data": PEOPLE[0]["data"]} for n in range(1_001)]
    refused = sescli("bulk", "run", batch(many), "--yes", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "MaxRecipients")
    assert "max_recipients: 1001" in refused.error["hint"]
    too_many = sescli("bulk", "run", batch(many, "limits: {max_recipients: 1000}\n"), "--yes")
    assert too_many.code == 3
    assert "limits.max_recipients is 1,000" in too_many.stderr
    assert list(shop.messages()) == []


def test_bulk_run_asks_on_a_terminal(shop, sescli, batch):
    answer = [("Send now?", False)]
    refused = sescli("bulk", "run", batch(), answers=answer, tty=True)
    assert refused.code == 2
    assert list(shop.messages()) == []
    assert sescli("bulk", "list", "-o", "json").json == []
    assert sescli("bulk", "run", batch(), answers=[("2 messages to 2 recipients", True)], tty=True).code == 0


def test_bulk_run_with_invalid_rows_sends_only_with_skip_invalid(shop, sescli, batch):
    people = [*PEOPLE, {"to": "nobody", "data": {}}, {"to": "JOHN@example.com", "data": PEOPLE[0]["data"]}]
    spec = batch(people)
    checked = sescli("bulk", "validate", spec, "-o", "json")
    assert checked.code == 3
    found = {kind["code"]: kind["first"] for kind in checked.json["problems"]}
    assert (found["InvalidAddress"][0]["row"], found["InvalidAddress"][0]["line"]) == (3, 8)
    refused = sescli("bulk", "run", spec, "--yes")
    assert refused.code == 2
    assert "row 3 (line 8): nobody" in refused.stderr
    assert "the template requires 'orderId', 'name', 'total'" in refused.stderr
    assert "row 4 (line 9): JOHN@example.com: the same recipient as row 1" in refused.stderr
    assert list(shop.messages()) == []
    ran = sescli("bulk", "run", spec, "--yes", "--skip-invalid", "-o", "json")
    assert ran.code == 3
    assert (ran.json["sent"], ran.json["invalid"]) == (2, 2)
    assert {one["code"]: one["count"] for one in ran.json["by_reason"]} == {
        "Duplicate": 1,
        "InvalidAddress": 1,
    }


def test_bulk_run_jsonl_writes_one_record_per_recipient(shop, sescli, batch):
    people = [*PEOPLE, {"to": "nobody", "data": {}}]
    ran = sescli("bulk", "run", batch(people), "--yes", "--skip-invalid", "-o", "jsonl")
    assert ran.code == 3
    records = [json.loads(line) for line in ran.stdout.splitlines()]
    assert {one["row"]: one["state"] for one in records} == {1: "sent", 2: "sent", 3: "invalid"}
    assert set(records[0]) == {"row", "id", "to", "state", "message_id", "code", "reason", "attempts", "at"}


@pytest.mark.parametrize(
    ("change", "code", "what"),
    [
        (("OrderConfirmation", "Nothing"), 5, "Nothing"),
        (("shop@example.com", "shop@elsewhere.example"), 3, "elsewhere.example"),
        (("from: Shop <shop@example.com>", 'from: "shop@example.com\\nBcc: x@y.zz"'), 2, "3:1 (from)"),
        (("recipients:", "recipents:"), 2, "batch.yaml:5:1 (recipents)"),
        (("version: 1", "version: 1\nconfig_set: none"), 3, 'configuration set "none" not found'),
    ],
)
def test_bulk_run_reports_a_bad_batch_and_sends_nothing(change, code, what, shop, sescli, batch, tmp_path):
    spec = Path(batch())
    spec.write_text(spec.read_text().replace(*change))
    ran = sescli("bulk", "run", str(spec), "--yes")
    assert ran.code == code, ran.stderr
    assert what in ran.stderr
    assert "Traceback" not in ran.stderr
    assert list(shop.messages()) == []
    assert sescli("bulk", "list", "-o", "json").json == []


def test_bulk_run_warns_of_or_skips_suppressed_recipients(shop, sescli, batch):
    assert sescli("suppression", "add", "jane@example.com", "--reason", "bounce").code == 0
    checked = sescli("bulk", "validate", batch(), "-o", "json")
    assert [one["code"] for one in checked.json["findings"]] == ["Suppressed"]
    ran = sescli("bulk", "run", batch(), "--yes", "--skip-suppressed", "-o", "json")
    assert ran.code == 0
    assert (ran.json["sent"], ran.json["skipped"]) == (1, 1)


def test_bulk_run_dry_run_shows_calls_and_stores_nothing(shop, sescli, batch, bare_machine):
    ran = sescli("bulk", "run", batch(), "--dry-run", "-o", "json")
    assert ran.code == 0
    assert [call["operation"] for call in ran.json] == ["SendBulkEmail"]
    assert len(ran.json[0]["parameters"]["BulkEmailEntries"]) == 2
    assert list(shop.messages()) == []
    assert journals(bare_machine) == []


def test_bulk_run_writes_the_journal_to_a_given_path(shop, sescli, batch, tmp_path):
    path = str(tmp_path / "ci" / "news.journal")
    assert sescli("bulk", "run", batch(), "--yes", "--journal", path).code == 0
    assert sescli("bulk", "run", batch(), "--yes", "--journal", path).code == 2
    assert sescli("bulk", "run", batch(), "--yes", "--journal", path, "--again").code == 2
    assert sescli("bulk", "show", "--journal", path, "-o", "json").json["sent"] == 2
    assert sescli("bulk", "list", "-o", "json").json == []


def test_bulk_run_reports_a_journal_that_is_not_writable(shop, sescli, batch, tmp_path):
    (tmp_path / "file").write_text("")
    ran = sescli("bulk", "run", batch(), "--yes", "--journal", str(tmp_path / "file" / "x.journal"))
    assert ran.code == 1
    assert "--journal PATH" in ran.stderr
    assert list(shop.messages()) == []


def test_bulk_run_refuses_a_second_ci_attempt_without_journal(shop, sescli, batch, monkeypatch):
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "2")
    refused = sescli("bulk", "run", batch(), "--yes", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "JournalMissing")
    assert sescli("bulk", "run", batch(), "--yes", "--again").code == 0


def test_bulk_resume_refuses_another_region(shop, sescli, batch):
    assert sescli("bulk", "run", batch(), "--yes").code == 0
    refused = sescli("bulk", "resume", "--region", "eu-west-1")
    assert refused.code == 2
    assert "--region us-east-1" in refused.stderr


def test_bulk_commands_exit_5_for_a_missing_run(sescli):
    assert sescli("bulk", "show").code == 5
    assert sescli("bulk", "results", "nothing").code == 5
    assert sescli("bulk", "list", "-o", "json").json == []


def test_bulk_init_asks_and_writes_a_valid_batch(sescli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answers = [
        ("Name of the run", "spring-news"),
        ("Sender address", "news@example.com"),
        ("Template stored", "News"),
        ("Where are the recipients?", "in a separate file (many recipients)"),
        ("Recipients file", "people.csv"),
        ("Column with the address", "address"),
    ]
    asked = sescli("bulk", "init", "news.yaml", "--color", "never", answers=answers, tty=True)
    assert asked.code == 0
    text = (tmp_path / "news.yaml").read_text()
    assert all(
        part in text
        for part in ("name: spring-news", "from: news@example.com", "file: people.csv", "to: address")
    )
    command = asked.stderr.partition("without prompts:\n")[2].partition("\nNext:")[0].replace("\\\n", " ")
    (tmp_path / "news.yaml").unlink()
    assert sescli(*shlex.split(command)[1:]).code == 0
    assert (tmp_path / "news.yaml").read_text() == text
    again = sescli("bulk", "init", "news.yaml")
    assert again.code == 2
    assert "news.yaml already exists" in again.stderr
    assert sescli("bulk", "init", "other.yaml", "--schema", "--template", "News").code == 0
    assert json.loads((tmp_path / "sescli-batch.schema.json").read_text())["title"] == "sescli batch file"


def test_bulk_validate_reports_unverified_sandbox_recipients(shop, sescli, batch):
    shop.control(sandbox=True)
    people = [*PEOPLE, {"to": "success@simulator.amazonses.com", "data": PEOPLE[0]["data"]}]
    people.append({"to": "jo@elsewhere.example", "data": PEOPLE[0]["data"]})
    checked = sescli("bulk", "validate", batch(people), "-o", "json").json
    assert [(kind["code"], [one["to"] for one in kind["first"]]) for kind in checked["problems"]] == [
        ("Sandbox", ["jo@elsewhere.example"])
    ]
    assert checked["plan"]["rate"] == 1.0


def test_bulk_run_warns_of_a_small_quota_and_stops_when_it_is_used_up(shop, sescli, batch):
    shop.control(quota=1)
    checked = sescli("bulk", "validate", batch(), "-o", "json")
    assert (checked.code, [one["code"] for one in checked.json["findings"]]) == (0, ["Quota"])
    ran = sescli("bulk", "run", batch(), "--yes", "-o", "json")
    assert ran.code == 6, ran.stderr
    assert ran.json["state"] == "unfinished"
    assert ran.json["sent"] + ran.json["pending"] == 2
    shop.control(quota=-1)
    assert sescli("bulk", "resume", "-o", "json").json["sent"] == 2
    assert len(list(shop.messages())) == 2


def test_bulk_run_sends_the_example_batches(shop, sescli):
    examples = ROOT / "examples" / "bulk"
    ran = sescli("bulk", "run", str(examples / "demo.yaml"), "--yes", "-o", "json")
    assert (ran.code, ran.json["sent"]) == (0, 500), ran.stderr
    assert {mail.status for mail in shop.messages()} == {
        "delivered",
        "bounced",
        "complained",
        "ooto",
    }
    for name in ("order-confirmation.yaml", "destinations.yaml"):
        assert sescli("bulk", "run", str(examples / name), "--yes").code == 0
