"""`sescli bulk`, as it is typed: on the embedded SES, and against the oracle where SES must misbehave."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BATCH = """\
version: 1
name: news
from: Shop <shop@example.com>
template: OrderConfirmation
recipients:
"""
PEOPLE = [
    {"to": "john@example.com", "data": {"name": "John", "orderId": "1", "total": "9.99"}},
    {
        "to": "jane@example.com",
        "data": {"name": "Jane", "orderId": "2", "total": "9.99"},
        "tags": {"tier": "gold"},
    },
]


@pytest.fixture
def shop(ses, sescli):
    """An account that can send: a verified domain and a template."""
    assert sescli("identity", "verify", "example.com").code == 0
    template = ROOT / "examples" / "templates" / "order-confirmation.json"
    assert sescli("template", "create", "--file", str(template)).code == 0
    return ses


@pytest.fixture
def batch(tmp_path):
    def make(people=PEOPLE, more=""):
        path = tmp_path / "batch.yaml"
        path.write_text(
            BATCH + "".join(f"  - {json.dumps(one)}\n" for one in people) + more, encoding="utf-8"
        )
        return str(path)

    return make


def journals(home):
    folder = home / ".local" / "state" / "sescli" / "runs"
    return sorted(folder.glob("*.journal")) if folder.exists() else []


def test_a_batch_from_validate_to_results(shop, sescli, batch, bare_machine):
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


def test_a_second_run_of_a_name_is_refused(shop, sescli, batch):
    spec = batch()
    assert sescli("bulk", "run", spec, "--yes").code == 0
    second = sescli("bulk", "run", spec, "--yes", "-o", "json")
    assert (second.code, second.error["code"]) == (2, "RunExists")
    assert "--again" in second.error["hint"]
    assert len(list(shop.messages())) == 2
    assert sescli("bulk", "run", spec, "--yes", "--again").code == 0
    assert len(list(shop.messages())) == 4
    assert len(sescli("bulk", "list", "-o", "json").json) == 2


def test_off_a_terminal_it_needs_yes_and_for_many_a_limit(shop, sescli, batch, tmp_path):
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


def test_a_terminal_is_asked(shop, sescli, batch):
    answer = [("Send now?", False)]
    refused = sescli("bulk", "run", batch(), answers=answer, tty=True)
    assert refused.code == 2
    assert list(shop.messages()) == []
    assert sescli("bulk", "list", "-o", "json").json == []
    assert sescli("bulk", "run", batch(), answers=[("2 mails to 2 recipients", True)], tty=True).code == 0


def test_bad_rows_stop_everything_unless_they_are_skipped(shop, sescli, batch):
    people = [*PEOPLE, {"to": "nobody", "data": {}}, {"to": "JOHN@example.com", "data": PEOPLE[0]["data"]}]
    spec = batch(people)
    checked = sescli("bulk", "validate", spec, "-o", "json")
    assert checked.code == 3
    found = {kind["code"]: kind["first"] for kind in checked.json["problems"]}
    assert (found["InvalidAddress"][0]["row"], found["InvalidAddress"][0]["line"]) == (3, 8)
    refused = sescli("bulk", "run", spec, "--yes")
    assert refused.code == 2
    assert "row 3 (line 8): nobody" in refused.stderr
    assert "the template needs 'orderId', 'name', 'total'" in refused.stderr
    assert "row 4 (line 9): JOHN@example.com: the same recipient as row 1" in refused.stderr
    assert list(shop.messages()) == []
    ran = sescli("bulk", "run", spec, "--yes", "--skip-invalid", "-o", "json")
    assert ran.code == 3
    assert (ran.json["sent"], ran.json["invalid"]) == (2, 2)
    assert {one["code"]: one["count"] for one in ran.json["by_reason"]} == {
        "Duplicate": 1,
        "InvalidAddress": 1,
    }


def test_jsonl_is_a_record_per_recipient(shop, sescli, batch):
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
        (("version: 1", "version: 1\nconfig_set: none"), 3, "configuration set none"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_sent(change, code, what, shop, sescli, batch, tmp_path):
    spec = Path(batch())
    spec.write_text(spec.read_text().replace(*change))
    ran = sescli("bulk", "run", str(spec), "--yes")
    assert ran.code == code, ran.stderr
    assert what in ran.stderr
    assert "Traceback" not in ran.stderr
    assert list(shop.messages()) == []
    assert sescli("bulk", "list", "-o", "json").json == []


def test_suppressed_recipients_are_warned_of_or_skipped(shop, sescli, batch):
    assert sescli("suppression", "add", "jane@example.com", "--reason", "bounce").code == 0
    checked = sescli("bulk", "validate", batch(), "-o", "json")
    assert [one["code"] for one in checked.json["findings"]] == ["Suppressed"]
    ran = sescli("bulk", "run", batch(), "--yes", "--skip-suppressed", "-o", "json")
    assert ran.code == 0
    assert (ran.json["sent"], ran.json["skipped"]) == (1, 1)


def test_a_dry_run_shows_the_calls_and_keeps_nothing(shop, sescli, batch, bare_machine):
    ran = sescli("bulk", "run", batch(), "--dry-run", "-o", "json")
    assert ran.code == 0
    assert [call["operation"] for call in ran.json] == ["SendBulkEmail"]
    assert len(ran.json[0]["parameters"]["BulkEmailEntries"]) == 2
    assert list(shop.messages()) == []
    assert journals(bare_machine) == []


def test_a_journal_may_lie_anywhere(shop, sescli, batch, tmp_path):
    path = str(tmp_path / "ci" / "news.journal")
    assert sescli("bulk", "run", batch(), "--yes", "--journal", path).code == 0
    assert sescli("bulk", "run", batch(), "--yes", "--journal", path).code == 2
    assert sescli("bulk", "run", batch(), "--yes", "--journal", path, "--again").code == 2
    assert sescli("bulk", "show", "--journal", path, "-o", "json").json["sent"] == 2
    assert sescli("bulk", "list", "-o", "json").json == []


def test_a_journal_that_cannot_be_written(shop, sescli, batch, tmp_path):
    (tmp_path / "file").write_text("")
    ran = sescli("bulk", "run", batch(), "--yes", "--journal", str(tmp_path / "file" / "x.journal"))
    assert ran.code == 1
    assert "--journal PATH" in ran.stderr
    assert list(shop.messages()) == []


def test_a_second_attempt_in_ci_without_its_journal_is_refused(shop, sescli, batch, monkeypatch):
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "2")
    refused = sescli("bulk", "run", batch(), "--yes", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "JournalMissing")
    assert sescli("bulk", "run", batch(), "--yes", "--again").code == 0


def test_a_run_belongs_to_its_region_and_place(shop, sescli, batch):
    assert sescli("bulk", "run", batch(), "--yes").code == 0
    refused = sescli("bulk", "resume", "--region", "eu-west-1")
    assert refused.code == 2
    assert "--region us-east-1" in refused.stderr


def test_runs_that_are_not_there(sescli):
    assert sescli("bulk", "show").code == 5
    assert sescli("bulk", "results", "nothing").code == 5
    assert sescli("bulk", "list", "-o", "json").json == []


def test_init_asks_and_writes_a_batch_that_is_good(sescli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answers = [
        ("A name", "spring-news"),
        ("From which", "news@example.com"),
        ("Which stored", "News"),
        ("Where are", "in a file of their own (many)"),
        ("Their file", "people.csv"),
        ("The column", "address"),
    ]
    asked = sescli("bulk", "init", "news.yaml", "--color", "never", answers=answers, tty=True)
    assert asked.code == 0
    text = (tmp_path / "news.yaml").read_text()
    assert all(
        part in text
        for part in ("name: spring-news", "from: news@example.com", "file: people.csv", "to: address")
    )
    command = asked.stderr.partition("without questions:\n")[2].splitlines()[0]
    (tmp_path / "news.yaml").unlink()
    assert sescli(*shlex.split(command)[1:]).code == 0
    assert (tmp_path / "news.yaml").read_text() == text
    again = sescli("bulk", "init", "news.yaml")
    assert again.code == 2
    assert "news.yaml exists" in again.stderr
    assert sescli("bulk", "init", "other.yaml", "--schema", "--template", "News").code == 0
    assert json.loads((tmp_path / "sescli-batch.schema.json").read_text())["title"] == "sescli batch file"


@pytest.fixture
def at(monkeypatch):
    """Have the program find an oracle."""

    def point(oracle):
        for name, value in {
            "AWS_ENDPOINT_URL": oracle.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
        }.items():
            monkeypatch.setenv(name, value)
        return oracle

    return point


@pytest.fixture
def many(batch):
    people = [{"to": f"user{n}@example.com", "data": {"name": "Jo", "orderId": "1"}} for n in range(1, 401)]
    return batch(people, "limits: {rate: 100, max_recipients: 1000}\n")


def wait_for(oracle, count):
    deadline = time.monotonic() + 20
    while len(oracle.book) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)]
)
def test_a_run_that_is_stopped_goes_on_without_a_second_mail(number, code, start_oracle, at, many, sescli):
    oracle = at(start_oracle(latency=0.05))
    argv = [sys.executable, "-m", "sescli", "bulk", "run", many, "--yes", "-o", "json"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(oracle, 100)
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
        assert ("stopped by the user" if number == signal.SIGINT else "asked to end (SIGTERM)") in err
    assert sescli("bulk", "run", many, "--yes").code == 2
    resumed = sescli("bulk", "resume", "-o", "json")
    summary = resumed.json
    assert summary["sent"] + summary["unknown"] == 400
    assert resumed.code == (3 if summary["unknown"] else 0)
    assert len(set(oracle.accepted)) == len(oracle.accepted) >= summary["sent"]
    if summary["unknown"]:
        assert sescli("bulk", "resume", "--resend-unknown", "--yes", "-o", "json").json["sent"] == 400


def test_a_quota_used_up_is_exit_6_and_resumable(start_oracle, at, many, sescli):
    oracle = at(start_oracle(calls={3: "TooManyRequestsException:Daily message quota exceeded."}))
    ran = sescli("bulk", "run", many, "--yes", "-o", "json")
    assert ran.code == 6, ran.stderr
    assert 0 < ran.json["sent"] < 400
    assert sescli("bulk", "resume", "-o", "json").json["sent"] == 400
    assert len(set(oracle.accepted)) == len(oracle.accepted) == 400


def test_what_failed_may_be_tried_again(start_oracle, at, batch, sescli):
    at(start_oracle(statuses={"bad": "FAILED", "odd": "INVALID_PARAMETER"}))
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
def test_a_look_up_that_cannot_be_had_blocks_nothing(code, status, start_oracle, at, batch, sescli):
    places = ("/v2/email/account", "/v2/email/identities", "/v2/email/suppression")
    oracle = at(start_oracle(gets={key: [status, code, "no"] for key in places}))
    people = [{"to": "jo@example.com", "data": {"name": "Jo", "orderId": "1"}}]
    ran = sescli("bulk", "run", batch(people), "--yes")
    assert ran.code == 0, ran.stderr
    assert "not checked" in ran.stderr
    assert oracle.accepted == ["jo@example.com"]


@pytest.mark.parametrize(
    "faults",
    [
        {"gets": {"/v2/email/account": [404, "NotFoundException", "no such operation"]}},
        {"account": {"ProductionAccessEnabled": False}},  # and the oracle has no list of identities
    ],
    ids=["account", "identities"],
)
def test_a_look_up_that_an_endpoint_does_not_have_blocks_nothing(faults, start_oracle, at, batch, sescli):
    oracle = at(start_oracle(statuses={"jo@": "FAILED"}, **faults))
    people = [{"to": "jo@example.com", "data": {"name": "Jo", "orderId": "1"}}]
    ran = sescli("bulk", "run", batch(people), "--yes")
    assert ran.code == 3
    assert "not checked" in ran.stderr
    assert sescli("bulk", "retry").code == 3
    assert oracle.accepted == []


def test_keys_that_are_no_good_start_no_run(start_oracle, at, batch, sescli):
    refused = [403, "UnrecognizedClientException", "The security token is invalid"]
    oracle = at(start_oracle(gets={"/v2/": refused}))
    assert sescli("bulk", "run", batch(), "--yes").code == 4
    assert oracle.accepted == []
    assert sescli("bulk", "list", "-o", "json").json == []


def test_a_call_that_hangs_is_unknown_after_the_timeout(start_oracle, at, batch, sescli, monkeypatch):
    oracle = at(start_oracle(calls={1: "hang"}))
    monkeypatch.setenv("SESCLI_SEND_TIMEOUT", "1")
    people = [{"to": "jo@example.com", "data": {"name": "Jo", "orderId": "1"}}]
    began = time.monotonic()
    ran = sescli("bulk", "run", batch(people), "--yes", "-o", "json")
    assert ran.code == 3, ran.stderr
    assert time.monotonic() - began < 8
    assert ran.json["unknown"] == 1
    assert len(oracle.accepted) == 1
    monkeypatch.setenv("SESCLI_SEND_TIMEOUT", "soon")
    assert sescli("bulk", "resume").code == 2


def test_an_endpoint_that_is_not_there_starts_no_run(start_oracle, at, batch, sescli):
    oracle = at(start_oracle())
    oracle.process.kill()
    oracle.process.wait()
    assert sescli("bulk", "run", batch(), "--yes").code == 6
    assert sescli("bulk", "list", "-o", "json").json == []


def test_standard_input_is_a_source_and_is_not_read_again(start_oracle, at, tmp_path, sescli):
    oracle = at(start_oracle(calls={1: "TooManyRequestsException:Daily message quota exceeded."}))
    spec = tmp_path / "batch.yaml"
    spec.write_text(BATCH.rstrip() + " {file: '-'}\n")
    people = "to,name,orderId\njo@example.com,Jo,1\nan@example.com,An,2\n"
    assert sescli("bulk", "run", str(spec), "--yes", stdin=people).code == 6
    assert sescli("bulk", "resume").code == 0
    assert set(oracle.accepted) == {"jo@example.com", "an@example.com"}


def test_a_recipients_file_may_be_named_on_the_command_line(start_oracle, at, batch, tmp_path, sescli):
    oracle = at(start_oracle())
    other = tmp_path / "elsewhere" / "people.csv"
    other.parent.mkdir()
    other.write_text("email,name,orderId\njo@example.com,Jo,1\n")
    assert sescli("bulk", "run", batch(), "--yes", "--recipients", str(other)).code == 0
    assert oracle.accepted == ["jo@example.com"]


def test_the_sandbox_is_told_before_anything_is_sent(shop, sescli, batch):
    shop.control(sandbox=True)
    people = [*PEOPLE, {"to": "success@simulator.amazonses.com", "data": PEOPLE[0]["data"]}]
    people.append({"to": "jo@elsewhere.example", "data": PEOPLE[0]["data"]})
    checked = sescli("bulk", "validate", batch(people), "-o", "json").json
    assert [(kind["code"], [one["to"] for one in kind["first"]]) for kind in checked["problems"]] == [
        ("Sandbox", ["jo@elsewhere.example"])
    ]
    assert checked["plan"]["rate"] == 1.0


def test_a_quota_that_will_not_do_is_a_warning_and_then_the_end(shop, sescli, batch):
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


def test_the_demo_batch_runs_as_it_is(shop, sescli):
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


def test_off_a_terminal_it_says_plain_lines_and_with_quiet_none(start_oracle, at, batch, sescli):
    at(start_oracle())
    ran = sescli("bulk", "run", batch(), "--yes")
    assert "2 mails to 2 recipients" in ran.stderr
    assert "\x1b" not in ran.stderr + ran.stdout
    assert "sent" in ran.stdout
    assert sescli("bulk", "run", batch(), "--yes", "--again", "--quiet").stderr == ""


def test_a_loading_that_was_killed_is_no_run(start_oracle, at, tmp_path, batch, sescli, bare_machine):
    oracle = at(start_oracle())
    rows = "".join(f"user{n}@example.com,Jo,{n}\n" for n in range(200_000))
    (tmp_path / "people.csv").write_text(f"email,name,orderId\n{rows}")
    spec = tmp_path / "large.yaml"
    spec.write_text(BATCH.rstrip() + " {file: people.csv}\nlimits: {max_recipients: 200000}\n")
    loading = bare_machine / ".local" / "state" / "sescli" / "runs" / ".news.AWS-us-east-1.loading"
    process = subprocess.Popen([sys.executable, "-m", "sescli", "bulk", "run", str(spec), "--yes"])
    deadline = time.monotonic() + 20
    while not loading.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert loading.exists()
    assert sescli("bulk", "list", "-o", "json").json == []
    people = [{"to": "jo@example.com", "data": {"name": "Jo", "orderId": "1"}}]
    assert sescli("bulk", "run", batch(people), "--yes").code == 0
    assert oracle.accepted == ["jo@example.com"]
    assert not loading.exists()


def test_a_dry_run_of_resume_and_retry_sends_nothing(start_oracle, at, many, sescli, bare_machine):
    oracle = at(
        start_oracle(
            statuses={"user7@": "FAILED"}, calls={3: "TooManyRequestsException:Daily message quota exceeded."}
        )
    )
    assert sescli("bulk", "run", many, "--yes").code == 6
    accepted = len(oracle.accepted)
    before = journals(bare_machine)[0].read_bytes()
    resumed = sescli("bulk", "resume", "--dry-run", "-o", "json")
    assert {call["operation"] for call in resumed.json} == {"SendBulkEmail"}
    retried = sescli("bulk", "retry", "--dry-run", "-o", "json").json
    assert [len(call["parameters"]["BulkEmailEntries"]) for call in retried] == [1]
    assert len(oracle.accepted) == accepted
    assert journals(bare_machine)[0].read_bytes() == before


def test_a_batch_file_from_standard_input(start_oracle, at, sescli):
    oracle = at(start_oracle())
    text = BATCH + '  - {to: jo@example.com, data: {name: Jo, orderId: "1"}}\n'
    assert sescli("bulk", "run", "-", "--yes", stdin=text).code == 0
    assert oracle.accepted == ["jo@example.com"]
    twice = sescli("bulk", "validate", "-", stdin=BATCH.rstrip() + " {file: '-'}\n")
    assert twice.code == 2
    assert "standard input cannot be both" in twice.stderr


def test_a_reader_that_goes_leaves_nobody_in_doubt(start_oracle, at, many, sescli):
    oracle = at(start_oracle())
    argv = [sys.executable, "-m", "sescli", "bulk", "run", many, "--yes", "-o", "jsonl"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["state"] == "sent"
    process.stdout.close()
    assert process.stderr is not None
    assert "nobody reads the output" in process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 3
    summary = sescli("bulk", "show", "-o", "json").json
    assert (summary["unknown"], summary["stop_code"]) == (0, "OutputClosed")
    assert summary["sent"] == len(oracle.accepted) < 400
