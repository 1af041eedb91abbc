"""One run under several names: hard links, mounts, --journal files, and clocks that are set back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import bulk_setup
import pytest

from sescli.errors import UsageError
from sescli.groups.bulk.journal import file_lock
from sescli.groups.bulk.journal.file_lock import lock_journal
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.run_metadata import RunTarget
from sescli.groups.bulk.journal.runs import RunRepository

HERE = RunTarget("AWS", "us-east-1")
PEOPLE = [
    {"to": f"user{n}@example.com", "data": {"name": "Jo", "orderId": "1", "total": "2"}} for n in range(4)
]
HOLD = """
import sys, time
from pathlib import Path
from sescli.groups.bulk.journal.file_lock import lock_journal
with lock_journal(Path(sys.argv[1]), "run"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def linked(journal_of, tmp_path):
    path, link = journal_of(20), tmp_path / "link.journal"
    os.link(path, link)
    return path, link


def test_hard_linked_journal_has_one_sender(linked):
    path, link = linked
    with lock_journal(path, "run"):
        for name in (path, link):
            with pytest.raises(UsageError, match="another process"), lock_journal(name, "run"):
                pytest.fail("locked twice")
    with lock_journal(link, "run"):
        pass


def test_hard_linked_journal_is_locked_between_processes(linked):
    path, link = linked
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        repository = RunRepository(path.parent, link)
        with pytest.raises(UsageError, match="another process"), repository.lock("run", HERE, link):
            pytest.fail("locked twice")
    finally:
        process.kill()
        process.communicate()
    with repository.lock("run", HERE, link), Journal.for_sending(link, time.time) as journal:
        journal.begin()
        assert len(journal.pending(0, 50)) == 20


def test_lock_of_journal_does_not_disturb_sqlite(linked):
    path, _ = linked
    with lock_journal(path, "run"), Journal.for_sending(path, time.time) as journal:
        journal.begin()
        with Journal.for_reading(path) as reader:
            assert reader.counts().states["pending"] == 20
        journal.commit(claimed=journal.pending(0, 5))
        journal.end(None, None)
        with pytest.raises(UsageError), lock_journal(path, "run"):
            pytest.fail("a reader that closed the file released the lock")


def test_journal_that_is_its_own_mount_point_is_refused(linked, tmp_path, monkeypatch):
    path, link = linked
    spaced = tmp_path / "a file.journal"
    shutil.copy(path, spaced)
    table = tmp_path / "mountinfo"
    shown = str(spaced).replace(" ", "\\040")
    table.write_text(
        f"22 1 0:21 / {tmp_path} rw - ext4 /dev/a rw\n36 22 98:0 /x {shown} rw - ext4 /dev/a rw\n"
    )
    monkeypatch.setattr(file_lock, "_MOUNTS", table)
    with pytest.raises(UsageError, match="mounted as a single file") as refused, lock_journal(spaced, "run"):
        pytest.fail("not refused")
    assert refused.value.code == "JournalMounted"
    with lock_journal(link, "run"):
        pass


def test_newest_run_is_by_counter_if_clock_is_set_back(tmp_path):
    runs, now = RunRepository(tmp_path), 1_800_000_000.0
    for moment in (now, now - 86_400, now - 3_600):
        run, path = runs.new_run("run", moment)
        bulk_setup.journal(path, 3, run=run, sequence=runs.next_sequence())
    found = runs.newest_first()
    assert [path.name[4:19] for path in found] == ["20270115T070000", "20270114T080000", "20270115T080000"]
    assert runs.find("run", lambda _: True) == found[0]


def test_journals_without_counter_are_older(tmp_path):
    runs = RunRepository(tmp_path)
    for moment, sequence in ((1_900_000_000.0, None), (1_800_000_000.0, 1)):
        run, path = runs.new_run("run", moment)
        bulk_setup.journal(path, 3, run=run, sequence=sequence)
    assert [path.name[4:8] for path in runs.newest_first()] == ["2027", "2030"]


def test_bulk_run_refuses_name_that_another_journal_file_has(shop, sescli, batch, tmp_path):
    first, second = str(tmp_path / "a.journal"), str(tmp_path / "b.journal")
    spec = batch(PEOPLE)
    assert sescli("bulk", "run", spec, "--yes", "--journal", first).code == 0
    for more in (["--journal", second], []):
        refused = sescli("bulk", "run", spec, "--yes", *more, "-o", "json")
        assert (refused.code, refused.error["code"]) == (2, "RunExists")
        assert f"--journal {first}" in refused.error["hint"]
        checked = sescli("bulk", "validate", spec, *more, "-o", "json").json
        assert [one["code"] for one in checked["findings"]] == ["RunExists"]
    assert len(list(shop.messages())) == 4
    Path(first).unlink()
    missing = sescli("bulk", "run", spec, "--yes", "-o", "json")
    assert (missing.code, missing.error["code"]) == (2, "JournalMissing")
    assert sescli("bulk", "run", spec, "--yes", "--again", "--journal", second).code == 0
    assert sescli("bulk", "run", spec, "--yes", "-o", "json").error["code"] == "RunExists"
    assert len(list(shop.messages())) == 8


def test_bulk_resume_records_run_of_earlier_version(shop, sescli, batch, tmp_path, bare_machine):
    """Version 0.1 did not record runs with their own journal."""
    path, spec = str(tmp_path / "a.journal"), batch(PEOPLE)
    assert sescli("bulk", "run", spec, "--yes", "--journal", path).code == 0
    [record] = (bare_machine / ".local" / "state" / "sescli" / "runs").glob(".*.elsewhere")
    record.unlink()
    assert sescli("bulk", "resume", "--journal", path).code == 0
    assert sescli("bulk", "run", spec, "--yes", "-o", "json").error["code"] == "RunExists"
    assert len(list(shop.messages())) == 4


def test_runs_with_two_journal_files_exclude_each_other(tmp_path):
    folder = tmp_path / "runs"
    first, second = (RunRepository(folder, tmp_path / name) for name in ("a.journal", "b.journal"))
    with ExitStack() as stack:
        stack.enter_context(first.lock("run", HERE))
        for other in (second, RunRepository(folder)):
            with pytest.raises(UsageError, match="another process"), other.lock("run", HERE):
                pytest.fail("locked twice")


def test_bulk_run_that_was_invalid_can_start_with_another_journal_file(shop, sescli, batch, tmp_path):
    bad = [*PEOPLE, {"to": "nobody", "data": PEOPLE[0]["data"]}]
    assert sescli("bulk", "run", batch(bad), "--yes", "--journal", str(tmp_path / "a.journal")).code == 2
    assert sescli("bulk", "run", batch(PEOPLE), "--yes", "--journal", str(tmp_path / "b.journal")).code == 0
    assert len(list(shop.messages())) == 4
