"""`bulk prune`: which journals it deletes and which it keeps."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sescli.errors import UsageError
from sescli.groups.bulk.journal.runs import RunRepository
from sescli.groups.bulk.service import prune


@pytest.fixture
def sent(shop, sescli, tmp_path):
    """Send a batch of this name; returns the run ID and the journal."""

    def send(name: str) -> tuple[str, Path]:
        spec = tmp_path / f"{name}.yaml"
        person = {"to": "jo@example.com", "data": {"name": "Jo", "orderId": "1", "total": "9.99"}}
        spec.write_text(
            f"version: 1\nname: {name}\nfrom: shop@example.com\ntemplate: OrderConfirmation\n"
            f"recipients:\n  - {json.dumps(person)}\n"
        )
        summary = sescli("bulk", "run", str(spec), "--yes", "-o", "json").json
        return summary["run"], Path(summary["journal"])

    return send


def alter(journal: Path, state: str, finished_days_ago: float | None = None) -> None:
    with sqlite3.connect(journal) as database:
        database.execute("UPDATE outcome SET state = ?", (state,))
        if finished_days_ago is not None:
            database.execute("UPDATE run SET finished_at = finished_at - ?", (finished_days_ago * 86_400,))
    database.close()


def runs(sescli):
    return {one["name"] for one in sescli("bulk", "list", "-o", "json").json}


def test_bulk_prune_deletes_finished_runs_only(sent, sescli):
    sent("done")
    (_, pending), (_, unknown) = sent("pending"), sent("unknown")
    alter(pending, "pending")
    alter(unknown, "unknown")
    size = sum(path.stat().st_size for path in pending.parent.glob("done-*"))
    planned = sescli("bulk", "prune", "--dry-run", "-o", "json")
    assert (planned.code, runs(sescli)) == (0, {"done", "pending", "unknown"})
    assert planned.json["would"].startswith("delete 1 journal, ")
    refused = sescli("bulk", "prune")
    assert (refused.code, runs(sescli)) == (2, {"done", "pending", "unknown"})
    assert "sescli no longer knows that these names were sent" in refused.stderr
    pruned = sescli("bulk", "prune", "--yes", "-o", "json")
    assert pruned.code == 0
    assert ([one["name"] for one in pruned.json["deleted"]], pruned.json["freed"]) == (["done"], size)
    assert runs(sescli) == {"pending", "unknown"}
    nothing = sescli("bulk", "prune", "--yes")
    assert "No journals to delete." in nothing.stdout
    assert nothing.stderr.count("1 recipient pending or unknown") == 2
    assert sescli("bulk", "prune", "--unfinished", "--yes").code == 0
    assert runs(sescli) == set()


def test_bulk_prune_deletes_named_run_in_any_state_after_question(sent, sescli):
    run, journal = sent("news")
    sent("other")
    alter(journal, "unknown")
    asked = "1 pending or unknown recipient can no longer be resolved. Delete them?"
    kept = sescli("bulk", "prune", "news", answers=[(asked, False)], tty=True)
    assert (kept.code, runs(sescli)) == (2, {"news", "other"})
    gone = sescli("bulk", "prune", run, answers=[(asked, True)], tty=True)
    assert (gone.code, runs(sescli)) == (0, {"other"})
    assert run in gone.stdout
    assert "'bulk run' can now send these names again." in " ".join(gone.stdout.split())
    assert sescli("bulk", "prune", "news", "--yes").code == 5


def test_bulk_prune_allows_name_again(sent, sescli, ses):
    sent("news")
    assert sescli("bulk", "prune", "news", "--yes").code == 0
    sent("news")
    assert len(list(ses.messages())) == 2


def test_bulk_prune_deletes_only_old_runs(sent, sescli):
    _, old = sent("old")
    sent("young")
    alter(old, "sent", finished_days_ago=31)
    assert sescli("bulk", "prune", "--older-than", "32d", "--yes").stdout.strip() == "No journals to delete."
    assert sescli("bulk", "prune", "--older-than", "30d", "--yes").code == 0
    assert runs(sescli) == {"young"}
    assert sescli("bulk", "prune", "young", "--older-than", "30d", "--yes").code == 0
    assert runs(sescli) == {"young"}
    assert sescli("bulk", "prune", "--older-than", "soon").code == 2


HOLD = (
    "import sys, time; from filelock import FileLock; lock = FileLock(sys.argv[1]); lock.acquire();"
    "print(1, flush=True); time.sleep(60)"
)


def test_bulk_prune_never_deletes_running_run(sent, sescli):
    _, journal = sent("news")
    [lock] = journal.parent.glob(".news.*.lock")
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    for words in (["news"], ["--unfinished"], []):
        ran = sescli("bulk", "prune", *words, "--yes")
        assert ran.code == (2 if words == ["news"] else 0)
        assert "another process is sending 'news'" in ran.stderr
    process.kill()
    process.communicate()
    assert runs(sescli) == {"news"}


def test_bulk_prune_keeps_run_resumed_during_question(sent):
    _, journal = sent("news")
    known = RunRepository(journal.parent)
    candidates = prune.select_journals(
        known, prune.PruneOptions(("news",)), lambda: "AWS", time.time(), print
    )
    alter(journal, "unknown")
    with pytest.raises(UsageError, match="resumed in the meantime"):
        prune.delete(known, candidates)
    assert journal.exists()


def test_bulk_prune_deletes_interrupted_loads_and_keeps_unreadable_journals(sent, sescli):
    _, journal = sent("news")
    folder = journal.parent
    left, broken = folder / ".other.AWS-us-east-1.loading", folder / "broken.journal"
    left.write_bytes(b"x" * 2_000_000)
    broken.write_text("no journal")
    for suffix in ("-wal", "-shm"):
        journal.with_name(journal.name + suffix).write_bytes(b"")
    pruned = sescli("bulk", "prune", "--yes")
    assert pruned.code == 0
    assert "cut off" in pruned.stdout
    assert "2.0 MB" in pruned.stdout
    assert str(broken) in pruned.stderr
    assert {path.name for path in folder.iterdir() if not path.name.endswith(".lock")} == {"broken.journal"}
