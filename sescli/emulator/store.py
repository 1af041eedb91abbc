"""The emulator's state and outbox in one SQLite file.

Records are JSON objects with a region, a kind and a name as their key. Nothing is cached, so memory does not grow with
the stored data. All threads share one connection: the caller holds `lock` around a unit of work and ends it with
`commit` or `rollback`.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Record = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    region TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (region, kind, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT, region TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE,
    at REAL NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL, raw BLOB
);
CREATE TABLE IF NOT EXISTS attachments (
    mail INTEGER NOT NULL, n INTEGER NOT NULL, meta TEXT NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (mail, n)
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, region TEXT NOT NULL, targets TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS metrics (
    region TEXT NOT NULL, metric TEXT NOT NULL, dimensions TEXT NOT NULL, minute INTEGER NOT NULL,
    value REAL NOT NULL, published REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (region, metric, dimensions, minute)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (
    region TEXT NOT NULL, minute INTEGER NOT NULL, attempts INTEGER NOT NULL, bounces INTEGER NOT NULL,
    complaints INTEGER NOT NULL, rejects INTEGER NOT NULL, quota INTEGER NOT NULL,
    PRIMARY KEY (region, minute)
) WITHOUT ROWID;
"""
_TABLES = ("records", "mails", "attachments", "deliveries", "metrics", "counts")
_SCAN = 500


class BadTokenError(ValueError):
    """A NextToken that this store did not create."""


class Store:
    """The database connection. `path` None means a temporary file that SQLite deletes when it is closed."""

    def __init__(self, path: Path | None) -> None:
        self.lock = threading.RLock()
        if path is not None:
            # Messages are private: only the owner may read the file. SQLite's other files get the same mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        # "" is a temporary database on disk, so that an ephemeral server uses little memory too.
        self.db = sqlite3.connect(str(path) if path else "", check_same_thread=False)
        self.db.execute("PRAGMA journal_mode = WAL")
        # Written data survives a crash of the process. Only a crash of the machine may lose the last writes.
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.executescript(_SCHEMA)
        self.db.commit()

    def commit(self) -> None:
        self.db.commit()

    def rollback(self) -> None:
        self.db.rollback()

    def close(self) -> None:
        with self.lock:
            self.db.commit()
            self.db.close()

    def clear(self) -> None:
        """Delete all data. Message IDs keep counting up, so an ID is never used twice."""
        for table in _TABLES:
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608  names from the constant above

    def get(self, region: str, kind: str, name: str) -> Record | None:
        found = self.db.execute(
            "SELECT body FROM records WHERE region = ? AND kind = ? AND name = ?", (region, kind, name)
        ).fetchone()
        return json.loads(found[0]) if found else None

    def put(self, region: str, kind: str, name: str, body: Record) -> None:
        self.db.execute(
            "INSERT INTO records (region, kind, name, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET body = excluded.body",
            (region, kind, name, json.dumps(body)),
        )

    def delete(self, region: str, kind: str, name: str) -> bool:
        done = self.db.execute(
            "DELETE FROM records WHERE region = ? AND kind = ? AND name = ?", (region, kind, name)
        )
        return done.rowcount > 0

    def count(self, region: str, kind: str) -> int:
        row = self.db.execute("SELECT count(*) FROM records WHERE region = ? AND kind = ?", (region, kind))
        return int(row.fetchone()[0])

    def iter_records(self, region: str, kind: str, after: str = "") -> Iterator[tuple[str, Record]]:
        """Yield every record after the name `after`, ordered by name, read a few hundred at a time."""
        while True:
            rows = self.db.execute(
                "SELECT name, body FROM records WHERE region = ? AND kind = ? AND name > ?"
                " ORDER BY name LIMIT ?",
                (region, kind, after, _SCAN),
            ).fetchall()
            for name, body in rows:
                yield name, json.loads(body)
            if len(rows) < _SCAN:
                return
            after = rows[-1][0]

    def page(
        self,
        region: str,
        kind: str,
        *,
        size: int,
        token: str | None = None,
        wanted: Callable[[str, Record], bool] | None = None,
    ) -> tuple[list[tuple[str, Record]], str | None]:
        """Return one page and the token of the next page, or None as the token for the last page.

        Raises BadTokenError for a token that no page returned.
        """
        found: list[tuple[str, Record]] = []
        for name, body in self.iter_records(region, kind, _open_token(token)):
            if wanted is not None and not wanted(name, body):
                continue
            if len(found) == size:
                return found, _seal_token(found[-1][0])
            found.append((name, body))
        return found, None


def _seal_token(name: str) -> str:
    return base64.b64encode(b"after:" + name.encode()).decode()


def _open_token(token: str | None) -> str:
    if not token:
        return ""
    try:
        opened = base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise BadTokenError(token) from error
    if not opened.startswith("after:"):
        raise BadTokenError(token)
    return opened.removeprefix("after:")
