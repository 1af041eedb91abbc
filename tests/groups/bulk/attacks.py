"""Attacks on the journal of a killed run, for `make torture`: what people, backups and disks do to its files.

An attack changes the files between two kills, and returns whether results are lost: then the rows without a result must
become unknown, and no recipient gets a second message.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.groups.bulk.journal.file_lock import lock_journal
from sescli.groups.bulk.journal.integrity import log_of
from sescli.groups.bulk.journal.journal import Journal

if TYPE_CHECKING:
    from kill_harness import Harness

_MOUNT = """
mount --bind "$1" "$2" && echo mounted && exec "$3" -c "
import sys
from pathlib import Path
from sescli.groups.bulk.journal.file_lock import refuse_mounted_file
refuse_mounted_file(Path(sys.argv[1]))
" "$2"
"""


def copied(journal: Path, _chance: random.Random) -> bool:
    """The folder is copied and copied back, as by a CI system; the -shm file is not."""
    for path in (journal, log_of(journal)):
        if path.exists():
            shutil.copy(path, path.with_name(f"{path.name}.copy"))
            path.with_name(f"{path.name}.copy").replace(path)
    journal.with_name(f"{journal.name}-shm").unlink(missing_ok=True)
    return False


def hard_linked(journal: Path, _chance: random.Random) -> bool:
    """A backup with `cp -al` is held by another sender; when that has ended, the run resumes."""
    link = journal.with_name("backup.journal")
    link.unlink(missing_ok=True)
    os.link(journal, link)
    with lock_journal(link, "run"):
        try:
            with lock_journal(journal, "run"):
                raise AssertionError("two processes hold one journal")
        except UsageError:
            pass
    link.unlink()
    return False


def bind_mounted(journal: Path, _chance: random.Random) -> bool:
    """The journal alone is mounted elsewhere: refused. Does nothing where mounts are not allowed."""
    point = journal.with_name("mounted.journal")
    point.touch()
    argv = ["unshare", "--mount", "sh", "-c", _MOUNT, "-", str(journal), str(point), sys.executable]
    try:
        ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # no unshare on this system
        return False
    finally:
        point.unlink()
    is_allowed = "mounted\n" in ran.stdout
    assert not is_allowed or "mounted as a single file" in ran.stderr, ran.stderr
    return False


def log_lost(journal: Path, _chance: random.Random) -> bool:
    """Only the .journal file is left."""
    had_log = log_of(journal).exists() and _is_open(journal)
    for suffix in ("-wal", "-shm"):
        journal.with_name(journal.name + suffix).unlink(missing_ok=True)
    return had_log


def bit_flipped(journal: Path, chance: random.Random) -> bool:
    """One bit of the write-ahead log is wrong."""
    log = log_of(journal)
    if not log.exists() or log.stat().st_size < 100:
        return False
    damaged = bytearray(log.read_bytes())
    damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    log.write_bytes(damaged)
    with Journal.for_sending(journal, time.time) as opened:
        lost = opened.problem is not None
        opened.recover()
    return lost


def _is_open(journal: Path) -> bool:
    with Journal.for_reading(journal) as opened:
        return opened.counts().finished_at is None


# Attacks that lose results leave only unknown rows, so each of them ends its round.
HARMLESS = (copied, hard_linked, bind_mounted)
HARMFUL = (log_lost, bit_flipped)


def attack(harness: Harness, chance: random.Random) -> str:
    """Make one harmless attack; returns its name."""
    chosen = chance.choice(HARMLESS)
    assert not chosen(harness.journal, chance)
    return chosen.__name__
