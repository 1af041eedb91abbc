"""The SQLite file of a journal: its tables, and how it is opened."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sescli import private_folder
from sescli.errors import LocalError
from sescli.groups.bulk.journal.integrity import remove_logs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = 1

SCHEMA = """
CREATE TABLE run (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    format INTEGER NOT NULL,
    run TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at REAL NOT NULL,
    region TEXT NOT NULL,
    place TEXT NOT NULL,        -- AWS, local, or the URL of an endpoint
    account TEXT,               -- AWS account ID; NULL if unknown
    source TEXT NOT NULL,
    mailing TEXT NOT NULL,
    limits TEXT NOT NULL,
    started_at REAL,
    finished_at REAL,
    seconds REAL NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0,
    throttled INTEGER NOT NULL DEFAULT 0,
    stop_code TEXT,
    stop_reason TEXT,
    rows INTEGER,               -- these and the following are NULL or missing in journals of version 0.1
    digest TEXT,                -- of the table recipient
    sequence INTEGER,           -- orders the runs of a folder: clocks can be set back
    template TEXT,              -- digest of the template's content when the run was checked
    skip_suppressed INTEGER,
    session INTEGER NOT NULL DEFAULT 0,         -- see integrity.py
    session_calls INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE recipient (        -- what to send; written once
    row INTEGER PRIMARY KEY,
    line INTEGER,
    id TEXT,
    address TEXT NOT NULL,
    destination TEXT,
    data TEXT NOT NULL,
    tags TEXT,
    headers TEXT,
    weight INTEGER NOT NULL
) STRICT;
CREATE TABLE outcome (          -- the result; a narrow table, so that a commit changes few pages
    row INTEGER PRIMARY KEY REFERENCES recipient,
    state TEXT NOT NULL,        -- one of entries.STATES; a CHECK would take a third of each commit
    attempts INTEGER NOT NULL DEFAULT 0,
    message_id TEXT,
    code TEXT,
    reason TEXT,
    at REAL,
    resent INTEGER NOT NULL DEFAULT 0   -- whether an unknown row was sent again; NULL: not known (version 0.1)
) STRICT;
"""

# journal_mode=WAL: a commit needs one fsync, and `bulk show` in another process can read during a run.
# synchronous=FULL: with NORMAL a commit is not yet on the disk when the call is sent, and after a power failure
#   a message that was sent would be pending again.
# fullfsync: on macOS fsync alone leaves the bytes in the cache of the drive.
# SQLite before 3.51.3 can lose pages when one connection writes while another makes a checkpoint: only the sender's
#   connection writes and makes checkpoints; readers open the file read-only.
_SENDING = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA cache_size=-4096;"
# Loading: a journal that is interrupted here is deleted, so it needs no rollback journal and no fsync.
_LOADING = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-4096;"


@contextmanager
def translate_errors(path: Path | None) -> Iterator[None]:
    """Raise errors of SQLite and of the file system as `LocalError` that names the journal."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise LocalError(
            f"cannot use the journal {path or 'of this check'}: {error}",
            hint="check the free disk space and the permissions of the folder, or use another file: --journal PATH",
            code="Journal",
        ) from error


def create(path: Path | None) -> sqlite3.Connection:
    """Create a database for loading that only its owner can read; None: one that is deleted when it is closed."""
    if path is not None:
        remove_logs(path)
        private_folder.create_for(path)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    database = sqlite3.connect("" if path is None else path, isolation_level=None)
    database.executescript(_LOADING + SCHEMA)
    return database


def open_for_sending(path: Path) -> sqlite3.Connection:
    """Open an existing journal to write to it."""
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
    database.executescript(_SENDING)
    known = {column[1] for column in database.execute("PRAGMA table_info(run)")}
    if known and "session" not in known:  # version 0.1
        for column in ("session", "session_calls"):
            database.execute(f"ALTER TABLE run ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
        database.execute("ALTER TABLE outcome ADD COLUMN resent INTEGER")
    return database


def open_for_reading(path: Path, *, ignore_log: bool = False) -> sqlite3.Connection:
    """Open an existing journal read-only, without checkpoints; `ignore_log` reads the file alone."""
    mode = "immutable=1" if ignore_log else "mode=ro"
    database = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None)
    database.execute("PRAGMA query_only=ON")
    return database


def checkpoint(database: sqlite3.Connection) -> bool:
    """Copy the write-ahead log into the journal, durably; returns False if another process reads an earlier state."""
    busy, length, copied = database.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
    return bool(busy == 0 and length == copied)


def close_for_sending(database: sqlite3.Connection, path: Path) -> None:
    """End the session, so that one complete file remains. While another process reads, the log remains too.

    The session ends only after everything else is in the file: the file alone then never lacks a result.
    """
    is_alone = False
    with suppress(sqlite3.OperationalError):
        is_open = database.execute("SELECT session % 2 FROM run").fetchone()[0]
        if not is_open or checkpoint(database):
            database.execute("UPDATE run SET session = session + 1 WHERE session % 2 = 1")
            is_alone = database.execute("PRAGMA journal_mode=DELETE").fetchone()[0] == "delete"
    # The last connection that closes deletes the log, unless it is read-only. A log that is gone would count as lost.
    guard = None
    if not is_alone:
        with suppress(sqlite3.Error):
            guard = open_for_reading(path)
            guard.execute("SELECT count(*) FROM run").fetchone()
    database.close()
    if guard is not None:
        guard.close()


def publish(loading: Path, final: Path) -> None:
    """Rename a loaded journal to its final name, durably: from now on the run exists.

    Logs that another journal of this name left would be applied to it, so they are deleted first.
    """
    with loading.open("rb") as stream:
        os.fsync(stream.fileno())
    remove_logs(final)
    _sync_folder(final.parent)
    loading.rename(final)
    _sync_folder(final.parent)


def _sync_folder(path: Path) -> None:
    if os.name == "nt":  # Windows cannot fsync a folder
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
