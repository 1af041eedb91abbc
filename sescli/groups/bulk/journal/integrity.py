"""Whether a journal is complete: its write-ahead log is there, undamaged and its own.

A process that sends counts up the `session` of its journal twice: to an odd number before its first call, and to an
even one at its end. The odd number is in the file itself, not only in the log, before the first call leaves. So a
journal with an odd number and without its log lacks results, and a log with a lower number is an older one.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, NamedTuple

from sescli.errors import LocalError
from sescli.groups.bulk.journal import wal_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOG_LOST = "the write-ahead log of the journal (…-wal) is missing, so the last results are lost"
LOG_DAMAGED = "the write-ahead log of the journal (…-wal) is damaged, so the last results are lost"


class _Session(NamedTuple):
    """The session of a journal: what identifies its run, its number, and the calls before it and until now."""

    run: tuple[str, float]
    number: int
    calls_before: int
    calls: int

    @property
    def is_open(self) -> bool:
        return self.number % 2 == 1


class RowDigest:
    """A digest of the recipients of a journal, in row order: what is sent, and to whom."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self.rows = 0

    def add(self, rows: Sequence[tuple[int, str, str | None, str, str | None, str | None]]) -> None:
        """Add row, address, destination, data, tags and headers of some rows."""
        self.rows += len(rows)
        text = "\x1e".join(
            [
                f"{row}\x1f{to}\x1f{groups or ''}\x1f{data}\x1f{tags or ''}\x1f{headers or ''}"
                for row, to, groups, data, tags, headers in rows
            ]
        )
        self._hash.update(f"{text}\x1e".encode(errors="replace"))

    @property
    def text(self) -> str:
        """The digest so far, in hexadecimal."""
        return self._hash.hexdigest()


def digest_of(database: sqlite3.Connection) -> tuple[int, str]:
    """The number of recipients with a result, and the digest of all recipients, of an open journal."""
    digest, step = RowDigest(), 1_000
    found = database.execute(
        "SELECT row, address, destination, data, tags, headers FROM recipient ORDER BY row"
    )
    while some := found.fetchmany(step):
        digest.add(some)
    with_result = database.execute("SELECT count(*) FROM outcome JOIN recipient USING (row)").fetchone()[0]
    return min(digest.rows, with_result), digest.text


def log_of(path: Path) -> Path:
    """The write-ahead log of a journal."""
    return path.with_name(f"{path.name}-wal")


def remove_logs(path: Path) -> None:
    """Delete logs beside a journal, so that SQLite does not apply them to it."""
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def check_before_sending(path: Path) -> str | None:
    """Check the log of a journal that no process uses; returns why results are lost, or None.

    Deletes a log that is older than the journal or belongs to another run. Raises `LocalError` for one that is newer:
    then the journal is an old copy. Journals of version 0.1 have no session, so a missing log is not found there.
    """
    path = path.resolve()
    main, log = _session(path, "immutable=1"), log_of(path)
    if not wal_file.has_frames(log):
        return LOG_LOST if main and main.is_open else None
    if wal_file.is_damaged(log):
        return LOG_DAMAGED
    if main is None:
        return None
    latest = _session(path, "mode=ro")
    if latest is None or _is_of_later_session(main, latest):
        raise LocalError(
            f"the journal {path} and its write-ahead log {log.name} do not belong together; nothing was sent",
            hint="restore both from the same copy; if the log is of another journal, move it away",
            code="JournalDamaged",
        )
    if _is_stale(main, latest):
        remove_logs(path)
        return LOG_LOST if main.is_open else None
    return None


def check_for_reading(path: Path) -> str | None:
    """Why a journal lacks results, or None; another process may be sending it."""
    path = path.resolve()
    for _ in range(2):  # a process that ends in between removes the log first, and then it is complete
        main = _session(path, "immutable=1")
        if main is None or not main.is_open or wal_file.has_frames(log_of(path)):
            return None
    return LOG_LOST


def ignores_log(path: Path) -> bool:
    """Whether a reader must ignore the log: it is older than the journal, or belongs to another one."""
    path = path.resolve()
    if not wal_file.has_frames(log_of(path)):
        return False
    main = _session(path, "immutable=1")
    latest = _session(path, "mode=ro")
    return main is not None and latest is not None and _is_stale(main, latest)


def _is_stale(main: _Session, latest: _Session) -> bool:
    return latest.run != main.run or latest.number < main.number


def _is_of_later_session(main: _Session, latest: _Session) -> bool:
    """A session writes its number to the file before its first call, so a log with calls of a later one is foreign."""
    last = main.number + 1 if main.is_open else main.number
    return latest.run == main.run and latest.number > last and latest.calls > latest.calls_before


def _session(path: Path, mode: str) -> _Session | None:
    """The session of a journal: `immutable=1` reads the file alone, `mode=ro` with its log. None if not readable."""
    with suppress(sqlite3.Error):
        database = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, isolation_level=None)
        with closing(database):
            found = database.execute("SELECT run, created_at, session, session_calls, calls FROM run")
            row = found.fetchone()
            return _Session((row[0], row[1]), *row[2:]) if row else None
    return None
