"""`bulk reconcile`: resolve unknown rows from the events that SES published."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

COUNT = 12


@pytest.fixture
def mailed(shop, sescli, tmp_path, bare_machine):
    """A finished run whose journal a test can alter: its ID, its journal, and its events."""
    data = {"name": "Jo", "orderId": "1", "total": "9.99"}
    people = [{"to": f"user{n}@example.com", "data": data} for n in range(1, COUNT)]
    people.append({"to": ["last@example.com"], "cc": ["Boss <boss@example.com>"], "data": data})
    spec = tmp_path / "news.yaml"
    head = "version: 1\nname: news\nfrom: Shop <shop@example.com>\ntemplate: OrderConfirmation\nrecipients:\n"
    spec.write_text(head + "".join(f"  - {json.dumps(one)}\n" for one in people))
    summary = sescli("bulk", "run", str(spec), "--yes", "-o", "json").json
    assert summary["sent"] == COUNT
    events = [event for mail in shop.messages() for event in shop.events(mail.message_id)]
    return summary["run"], Path(summary["journal"]), events


def alter(journal: Path, where: str, state: str = "unknown", **columns) -> None:
    """Set rows of the journal to another state, as after a crash: `where` is an SQL condition."""
    said = {"state": state, "message_id": None, "code": "Interrupted", "reason": "x"} | columns
    with sqlite3.connect(journal) as database:
        names = ", ".join(f"{name} = ?" for name in said)
        database.execute(f"UPDATE outcome SET {names} WHERE {where}", tuple(said.values()))
    database.close()


def write(path: Path, events) -> str:
    path.write_text("".join(json.dumps(one) + "\n" for one in events))
    return str(path)


def states(sescli, run):
    return {
        one["row"]: (one["state"], one["message_id"])
        for one in sescli("bulk", "results", run, "-o", "json").json
    }


def test_bulk_reconcile_settles_unknown_rows_with_message_id(mailed, sescli, tmp_path):
    run, journal, events = mailed
    before = states(sescli, run)
    alter(journal, "row > 3")
    random.Random(7).shuffle(events)
    records = write(tmp_path / "events.jsonl", events)
    planned = sescli("bulk", "reconcile", records, "--dry-run", "-o", "json")
    assert planned.code == 0
    assert sescli("bulk", "show", "-o", "json").json["unknown"] == COUNT - 3
    done = sescli("bulk", "reconcile", records, "-o", "json")
    assert done.code == 0, done.stderr
    assert done.json["settled"] == [{"before": "unknown", "after": "sent", "recipients": COUNT - 3}]
    assert planned.json["settled"] == done.json["settled"]
    assert (done.json["events"], done.json["of_this_run"]) == (len(events), len(events))
    assert (done.json["unknown"], done.json["sent"], done.json["problems"]) == (0, COUNT, [])
    assert states(sescli, run) == before
    once_more = sescli("bulk", "reconcile", run, records, "-o", "json")
    assert (once_more.code, once_more.json["settled"]) == (0, [])
    assert states(sescli, run) == before


def test_bulk_reconcile_without_event_keeps_unknown_and_suggests_commands(mailed, sescli, tmp_path):
    _, journal, events = mailed
    alter(journal, "row > 3")
    some = [one for one in events if one["mail"]["tags"]["sescli-row"] in (["4"], ["5"])]
    done = sescli("bulk", "reconcile", "news", write(tmp_path / "e", some))
    assert done.code == 3
    said = " ".join((done.stdout + done.stderr).split())
    assert f"{COUNT - 5} recipients are still unknown" in said
    assert "proves nothing" in said
    assert "Next: sescli bulk re" in said
    rest = sescli("bulk", "reconcile", write(tmp_path / "f", events), "-o", "json")
    assert (rest.code, rest.json["unknown"]) == (0, 0)


def test_bulk_reconcile_counts_foreign_events_and_lists_unusable_lines(mailed, sescli, tmp_path):
    run, journal, events = mailed
    alter(journal, "row > 3")
    text = json.dumps(events)
    foreign = json.loads(text.replace(run, "other-20260101T000000Z"))
    notification = {
        "notificationType": "Delivery",
        "mail": {"messageId": "m", "destination": ["a@example.com"]},
    }
    swapped = json.loads(json.dumps(events[0]).replace("@example", "body@example"))
    strange = [
        json.loads(json.dumps(events[0]).replace('"sescli-row": ["', f'"sescli-row": ["{sign}'))
        for sign in ("9999", "-", "1e3", "\u0661", "9" * 30)
    ]
    lines = [json.dumps(one) for one in [*foreign, notification, swapped, *strange, {"a": 1}]]
    records = tmp_path / "events.jsonl"
    records.write_text("\n".join(["rubbish \x1b[31m", *lines, text[:80]]) + "\n")
    done = sescli("bulk", "reconcile", str(records), "-o", "json").json
    assert done["settled"] == []
    assert (done["of_other_runs"], done["without_tags"], done["not_events"]) == (len(foreign), 1, 1)
    assert (done["disagreeing"], done["unreadable"], done["unknown"]) == (6, 2, COUNT - 3)
    assert {(one["file"], one["line"]) for one in done["problems"]} >= {
        (str(records), 1),
        (str(records), len(lines) + 2),
    }
    assert any("body@" in one["reason"] for one in done["problems"])
    shown = sescli("bulk", "reconcile", str(records))
    assert "\x1b" not in shown.stdout
    assert f"{records}:1" in shown.stdout
    elsewhere = sescli("bulk", "reconcile", write(tmp_path / "foreign", foreign))
    told = f"None of these events belong to {run}; the first one belongs to other-20260101T000000Z."
    assert told in " ".join(elsewhere.stderr.split())
    many = tmp_path / "many"
    many.write_text("rubbish\n" * 5_000)
    done = sescli("bulk", "reconcile", str(many), "-o", "json").json
    assert (done["unreadable"], len(done["problems"])) == (5_000, 20)


def test_bulk_reconcile_accepts_every_kind_of_event(mailed, sescli, tmp_path):
    _, journal, events = mailed
    alter(journal, "row BETWEEN 4 AND 11")
    by_row = {int(one["mail"]["tags"]["sescli-row"][0]): one["mail"] for one in events}
    kinds = ["Send", "Delivery", "Bounce", "Complaint", "DeliveryDelay", "Open", "Click", "Subscription"]
    records = [{"eventType": kind, "mail": by_row[row]} for row, kind in enumerate(kinds, 4)]
    dropped = [
        {"eventType": "Reject", "reject": {"reason": "Bad content"}, "mail": by_row[1]},
        {"eventType": "Send", "send": {}, "mail": by_row[1]},
        {
            "eventType": "Rendering Failure",
            "failure": {"errorMessage": "Attribute 'x' is not present"},
            "mail": by_row[2],
        },
    ]
    done = sescli("bulk", "reconcile", write(tmp_path / "e", [*records, *dropped]), "-o", "json")
    assert done.json["settled"] == [
        {"before": "unknown", "after": "sent", "recipients": 8},
        {"before": "sent", "after": "failed", "recipients": 2},
    ]
    assert done.code == 0
    found = sescli("bulk", "results", "--state", "failed", "-o", "json").json
    assert [(one["code"], one["message_id"]) for one in found] == [
        ("REJECT", by_row[1]["messageId"]),
        ("RENDERING_FAILURE", by_row[2]["messageId"]),
    ]
    assert found[1]["reason"] == "Attribute 'x' is not present (SES accepted the message and then dropped it)"
    assert sescli("bulk", "reconcile", str(tmp_path / "e"), "-o", "json").json["settled"] == []
    retried = sescli("bulk", "retry", "--code", "RENDERING_FAILURE", "-o", "json").json
    assert (retried["sent"], retried["failed"]) == (COUNT - 1, 1)
    late = sescli("bulk", "reconcile", str(tmp_path / "e"), "-o", "json").json
    assert (late["settled"], late["undecided"]) == ([], 1)


def test_bulk_reconcile_of_older_copy_of_journal_sends_nothing_and_loses_nothing(
    mailed, sescli, tmp_path, ses
):
    _, journal, events = mailed
    alter(journal, "row > 6", state="pending", attempts=0, code=None, reason=None)
    done = sescli("bulk", "reconcile", write(tmp_path / "e", events), "-o", "json")
    assert done.json["settled"] == [{"before": "pending", "after": "unknown", "recipients": COUNT - 6}]
    resumed = sescli("bulk", "resume", "-o", "json")
    assert (resumed.code, resumed.json["sent"], resumed.json["unknown"]) == (3, 6, COUNT - 6)
    assert resumed.json["by_reason"][0]["code"] == "Contradicted"
    assert len(list(ses.messages())) == COUNT


def test_bulk_reconcile_reads_folders_gzip_standard_input_and_s3(mailed, sescli, tmp_path, boto):
    run, journal, events = mailed
    text = "".join(json.dumps(one) + "\n" for one in events)
    folder = tmp_path / "archive" / "2026"
    folder.mkdir(parents=True)
    (folder / "a.gz").write_bytes(gzip.compress(text.encode()))
    boto("s3").create_bucket(Bucket="archive")
    boto("s3").put_object(Bucket="archive", Key="ses/2026/a.gz", Body=gzip.compress(text.encode()))
    for sources, stdin in (([str(tmp_path / "archive")], ""), (["-"], text), (["s3://archive/ses/"], "")):
        alter(journal, "row > 3")
        done = sescli("bulk", "reconcile", "--journal", str(journal), *sources, "-o", "json", stdin=stdin)
        assert (done.code, done.json["unknown"]) == (0, 0), done.stderr
    for source, code in (("s3://archive/nothing", 5), ("s3://", 2), ("s3://no-such-bucket/x", 5)):
        assert sescli("bulk", "reconcile", run, source).code == code


def test_bulk_reconcile_reports_missing_source_before_changes(mailed, sescli, tmp_path):
    run, journal, events = mailed
    alter(journal, "row > 3")
    records = write(tmp_path / "e", events)
    for words, code, told in (
        ([run, records, str(tmp_path / "nothing")], 2, "no such file or folder"),
        (["no-such-run", records], 5, "run 'no-such-run' not found"),
        ([run], 2, "missing: the event records of run"),
        ([str(tmp_path / "nothing")], 2, "no such file or folder"),
    ):
        ran = sescli("bulk", "reconcile", *words)
        assert (ran.code, told in ran.stderr) == (code, True), ran.stderr
    assert sescli("bulk", "reconcile", run, "-", tty=True).code == 2
    assert sescli("bulk", "show", "-o", "json").json["unknown"] == COUNT - 3


def test_bulk_reconcile_refuses_running_run(mailed, sescli, tmp_path, bare_machine):
    run, journal, events = mailed
    [lock] = journal.parent.glob(".news.*.lock")
    hold = "import sys, time; from filelock import FileLock; lock = FileLock(sys.argv[1]); lock.acquire(); print(1, flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", hold, str(lock)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    refused = sescli("bulk", "reconcile", run, write(tmp_path / "e", events), "-o", "json")
    process.kill()
    process.communicate()
    assert (refused.code, refused.error["code"]) == (2, "RunInUse")
