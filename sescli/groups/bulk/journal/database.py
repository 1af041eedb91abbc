"""The SQLite file of a journal: how it is opened, and why so."""

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
    place TEXT NOT NULL,        -- AWS, or the endpoint that it was made for
    account TEXT,               -- AWS's number of it; NULL where it could not be told
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
CREATE TABLE recipient (        -- what is sent: written once
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
CREATE TABLE outcome (          -- what became of it: narrow, so that a commit touches few pages
    row INTEGER PRIMARY KEY REFERENCES recipient,
    state TEXT NOT NULL,        -- entries.STATES; a CHECK would cost a third of every commit
    attempts INTEGER NOT NULL DEFAULT 0,
    message_id TEXT,
    code TEXT,
    reason TEXT,
    at REAL
) STRICT;
"""

# journal_mode=WAL: a commit is one fsync, and `bulk show` of another process reads beside the sender.
# synchronous=FULL: with NORMAL a commit would not be on the disk when the call leaves, and after a power cut
#   a mail that went out would be pending again.
# fullfsync: on macOS fsync alone leaves the bytes in the drive's cache.
# SQLite before 3.51.3 can lose pages when one connection writes while another checkpoints: the sender's
#   connection is the only one that writes, and it makes the checkpoints; readers open read-only.
_SENDING = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA cache_size=-16384;"
# Loading: a journal cut off here is thrown away, so nothing is worth a journal of its own or an fsync.
_LOADING = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16384;"


@contextmanager
def translate_errors(path: Path | None) -> Iterator[None]:
    """Turn faults of SQLite and of the file system into `LocalError`, naming the journal."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise LocalError(
            f"the journal {path or 'of this check'} cannot be used: {error}",
            hint="check the disk's space and the folder's permissions, or name another file: --journal PATH",
            code="Journal",
        ) from error


def create(path: Path | None) -> sqlite3.Connection:
    """A new database for loading, only for its owner's eyes; None is one that vanishes when it is closed."""
    if path is not None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    database = sqlite3.connect("" if path is None else path, isolation_level=None)
    database.executescript(_LOADING + SCHEMA)
    return database


def open_for_sending(path: Path) -> sqlite3.Connection:
    """An existing journal, to write to it."""
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
    database.executescript(_SENDING)
    return database


def open_for_reading(path: Path) -> sqlite3.Connection:
    """An existing journal, to look at it: it never writes, nor makes a checkpoint."""
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    database.execute("PRAGMA query_only=ON")
    return database


def checkpoint(database: sqlite3.Connection) -> None:
    """Put the write-ahead log into the file and do without one: what lies there then is one file.

    Left alone while another process reads: then the next sender does it.
    """
    with suppress(sqlite3.OperationalError):
        database.execute("PRAGMA journal_mode=DELETE")


def publish(loading: Path, final: Path) -> None:
    """Give a loaded journal its name: from here on the run exists. Durable before it returns."""
    with loading.open("rb") as stream:
        os.fsync(stream.fileno())
    loading.rename(final)
    if os.name == "nt":  # which has no fsync of a folder
        return
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
