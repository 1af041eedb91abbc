"""The SQLite file of a journal: its tables, and how it is opened."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sescli.errors import LocalError

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
    stop_reason TEXT
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
    at REAL
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
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    database = sqlite3.connect("" if path is None else path, isolation_level=None)
    database.executescript(_LOADING + SCHEMA)
    return database


def open_for_sending(path: Path) -> sqlite3.Connection:
    """Open an existing journal to write to it."""
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
    database.executescript(_SENDING)
    return database


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open an existing journal read-only, without checkpoints."""
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    database.execute("PRAGMA query_only=ON")
    return database


def checkpoint(database: sqlite3.Connection) -> None:
    """Merge the write-ahead log into the journal, so that one file remains.

    Does nothing while another process reads: the next sender merges it then.
    """
    with suppress(sqlite3.OperationalError):
        database.execute("PRAGMA journal_mode=DELETE")


def publish(loading: Path, final: Path) -> None:
    """Rename a loaded journal to its final name, durably: from now on the run exists."""
    with loading.open("rb") as stream:
        os.fsync(stream.fileno())
    loading.rename(final)
    if os.name == "nt":  # Windows cannot fsync a folder
        return
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
