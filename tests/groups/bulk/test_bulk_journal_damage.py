"""A journal that lost results never sends again: a lost, damaged, older or foreign write-ahead log, and missing rows."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import bulk_setup
import pytest

from sescli.errors import LocalError
from sescli.groups.bulk.journal import wal_file
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.model.entries import StateChange

COUNT = 400


def send(journal, rounds=4, size=20):
    """What the engine does: claim, call, settle; the last claim stays without an answer. Returns the rows called."""
    called = []
    for _ in range(rounds):
        entries = journal.pending(called[-1] if called else 0, size)
        journal.commit(claimed=entries, calls=1)
        called += [entry.row for entry in entries]
        if _ < rounds - 1:
            journal.commit(settled=[StateChange(entry.row, "sent", f"m-{entry.row}") for entry in entries])
    return called


def states(path):
    with Journal.for_reading(path) as journal:
        return Counter(one.state for one in journal.results())


def sendable(path):
    """The rows that a resumed run would send to."""
    with Journal.for_sending(path, time.time) as journal:
        journal.recover()
        return {entry.row for entry in journal.pending(0, COUNT * 2)}


def copy_of(path, folder, *, log=True):
    """As it is on disk now: what a killed process leaves."""
    folder.mkdir()
    for suffix in ("", "-wal") if log else ("",):
        shutil.copy(path.with_name(path.name + suffix), folder)
    return folder / path.name


@pytest.fixture
def killed(journal_of, opened):
    """The journal of a process that was killed while it sent, and the rows that it called SES for."""
    path = journal_of(COUNT)
    journal = opened(path)
    journal.begin()
    return path, set(send(journal))


def test_journal_resumes_after_kill(killed, tmp_path):
    path, called = killed
    left = copy_of(path, tmp_path / "left")
    assert sendable(left) == set(range(1, COUNT + 1)) - called
    assert states(left) == {"sent": 60, "unknown": 20, "pending": COUNT - 80}


def test_journal_without_log_sends_to_no_recipient(killed, tmp_path):
    path, _ = killed
    left = copy_of(path, tmp_path / "left", log=False)
    with Journal.for_reading(left) as journal:
        assert "missing" in (journal.problem or "")
    assert sendable(left) == set()
    with Journal.for_reading(left) as journal:
        assert journal.problem is None
        found = list(journal.results(("unknown",)))
    assert len(found) == COUNT
    assert {(one.code, "is missing" in (one.reason or "")) for one in found} == {("ResultsLost", True)}


def test_journal_without_log_after_end_with_open_reader_sends_to_no_recipient(journal_of, tmp_path):
    path = journal_of(COUNT)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        with Journal.for_sending(path, time.time) as journal:
            journal.begin()
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM outcome").fetchone() == (COUNT,)
            called = set(send(journal))
            journal.end(None, None)
        alone = copy_of(path, tmp_path / "alone", log=False)
        both = copy_of(path, tmp_path / "both")
    assert sendable(alone) & called == set()
    assert sendable(both) == set(range(1, COUNT + 1)) - called


def test_journal_is_one_complete_file_after_end(journal_of, tmp_path):
    path = journal_of(COUNT)
    with Journal.for_sending(path, time.time) as journal:
        journal.begin()
        called = set(send(journal))
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert sendable(copy_of(path, tmp_path / "copy", log=False)) == set(range(1, COUNT + 1)) - called


def test_journal_with_flipped_bit_in_log_sends_no_message_twice(killed, tmp_path):
    path, called = killed
    log = path.with_name(f"{path.name}-wal").read_bytes()
    chance, found = random.Random(20261130), Counter()
    for number in range(60):
        left = copy_of(path, tmp_path / str(number))
        damaged = bytearray(log)
        bit = chance.randrange(len(log) * 8)
        damaged[bit // 8] ^= 1 << (bit % 8)
        left.with_name(f"{left.name}-wal").write_bytes(damaged)
        assert sendable(left) & called == set(), f"bit {bit}"
        found[states(left)["pending"]] += 1
    assert set(found) == {0}


def test_log_that_a_killed_process_leaves_is_not_damaged(killed, tmp_path):
    path, _ = killed
    log = path.with_name(f"{path.name}-wal").read_bytes()
    cut = tmp_path / "cut-wal"
    for end in (len(log), len(log) - 1, len(log) - 4095, len(log) - 4096, len(log) - 4100):
        cut.write_bytes(log[:end])
        assert not wal_file.is_damaged(cut)
    # The header of the last frame is written, and its page still has the content of an earlier use.
    cut.write_bytes(log[:-4096] + log[-8216:-4120])
    assert not wal_file.is_damaged(cut)


def test_log_after_restart_is_not_damaged(journal_of, opened):
    """SQLite writes from the start again after a checkpoint; the rest of the file keeps old frames."""
    path = journal_of(COUNT)
    journal, log = opened(path), path.with_name(f"{path.name}-wal")
    journal.begin()
    for _ in range(3):
        send(journal, rounds=2)
        assert not wal_file.is_damaged(log)
        journal.open_session()
        assert not wal_file.is_damaged(log)


def test_new_journal_ignores_log_of_earlier_journal(killed, tmp_path):
    path, _ = killed
    target = tmp_path / "ci" / "run.journal"
    target.parent.mkdir()
    for suffix in ("-wal", "-shm"):
        shutil.copy(path.with_name(path.name + suffix), target.with_name(target.name + suffix))
    bulk_setup.journal(target, 50)
    assert states(target) == {"pending": 50}
    assert sendable(target) == set(range(1, 51))


def test_journal_ignores_log_that_is_older_or_of_another_run(journal_of, killed, tmp_path):
    path, called = killed
    left = copy_of(path, tmp_path / "left")
    old_log = left.with_name(f"{left.name}-wal").read_bytes()
    with Journal.for_sending(left, time.time) as journal:
        journal.begin()
        more = {entry.row for entry in journal.pending(0, 30)}
        journal.commit(claimed=journal.pending(0, 30), calls=1)
    left.with_name(f"{left.name}-wal").write_bytes(old_log)
    assert states(left)["pending"] == COUNT - 110
    assert sendable(left) == set(range(1, COUNT + 1)) - called - more
    other = bulk_setup.journal(tmp_path / "other.journal", 50)
    other.with_name(f"{other.name}-wal").write_bytes(old_log)
    assert states(other) == {"pending": 50}
    assert sendable(other) == set(range(1, 51))


def test_journal_that_is_older_than_its_log_is_refused(journal_of, tmp_path):
    path = journal_of(COUNT)
    backup = copy_of(path, tmp_path / "backup", log=False)
    with Journal.for_sending(path, time.time) as journal:
        journal.begin()
        send(journal)
    with Journal.for_sending(path, time.time) as journal:
        journal.begin()
        journal.commit(claimed=journal.pending(0, 30), calls=1)
        shutil.copy(path.with_name(f"{path.name}-wal"), backup.parent)
    with pytest.raises(LocalError, match="do not belong together"):
        sendable(backup)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM recipient WHERE row = 7",
        "DELETE FROM outcome WHERE row = 7",
        "DELETE FROM recipient WHERE row > 300; DELETE FROM outcome WHERE row > 300",
        "UPDATE recipient SET address = 'eve@example.com' WHERE row = 7",
        """UPDATE recipient SET data = '{"name":"Eve"}' WHERE row = 7""",
        """INSERT INTO recipient (row, address, data, weight) VALUES (401, 'eve@example.com', '{}', 1);
        INSERT INTO outcome (row, state) VALUES (401, 'pending')""",
    ],
)
def test_journal_with_missing_or_changed_rows_is_refused(damage, journal_of):
    path = journal_of(COUNT)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(damage)
    with Journal.for_sending(path, time.time) as journal, pytest.raises(LocalError, match="is damaged"):
        journal.check_rows()


def test_journal_that_a_program_reads_is_not_opened_without_protection(journal_of):
    path = journal_of(COUNT)
    with Journal.for_sending(path, time.time) as journal, closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM outcome").fetchone()
        journal.recover()
        journal._db.execute("PRAGMA busy_timeout=50")
        with pytest.raises(LocalError, match="another program is reading"):
            journal.begin()


def test_hard_linked_backup_resumes(killed, tmp_path):
    """`cp -al`: one name is resumed to its end, and the log of the other is then an old one."""
    path, called = killed
    left, backup = copy_of(path, tmp_path / "left"), tmp_path / "backup"
    backup.mkdir()
    for one in left.parent.iterdir():
        os.link(one, backup / one.name)
    with Journal.for_sending(left, time.time) as journal:
        journal.begin()
        called |= set(send(journal, rounds=3))
    assert sendable(Path(backup / left.name)) == set(range(1, COUNT + 1)) - called
