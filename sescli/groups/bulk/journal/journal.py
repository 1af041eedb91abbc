"""The journal of a run: it stores every recipient in exactly one state, before the call that changes it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from sescli.advice import Advice, NextCommand
from sescli.errors import LocalError
from sescli.groups.bulk.journal import database, sql
from sescli.groups.bulk.journal.evidence import JournalRow
from sescli.groups.bulk.journal.run_metadata import ReasonCount, RunCounts, RunMetadata
from sescli.groups.bulk.model.entries import (
    FAILED,
    PENDING,
    SENDING,
    SENT,
    STATES,
    UNKNOWN,
    Entry,
    RecipientResult,
    StateChange,
)
from sescli.groups.bulk.model.spec import MessageSpec, SendLimits

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

INTERRUPTED_CALL = ("Interrupted", "sescli ended during the call: SES may have accepted the message")


class Journal:
    """The file of one run, opened `for_sending` by one process or `for_reading` by any number.

    Every method can raise `LocalError`. A journal that cannot be written stops the run.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, now: Callable[[], float], *, writes: bool
    ) -> None:
        self.path = path
        self._db = connection
        self._now = now
        self._writes = writes
        self._only = ""
        try:
            with database.translate_errors(path):
                self.metadata = self._read_metadata()
        except LocalError:
            connection.close()
            raise

    @classmethod
    def for_sending(cls, path: Path, now: Callable[[], float]) -> Self:
        """Open to write. The caller must hold the lock of the run."""
        with database.translate_errors(path):
            connection = database.open_for_sending(path)
        return cls(path, connection, now, writes=True)

    @classmethod
    def for_reading(cls, path: Path) -> Self:
        """Open read-only."""
        with database.translate_errors(path):
            connection = database.open_for_reading(path)
        return cls(path, connection, lambda: 0.0, writes=False)

    def close(self) -> None:
        """Close the file. A writer merges the write-ahead log into it first."""
        with database.translate_errors(self.path):
            if self._writes:
                database.checkpoint(self._db)
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- reading ---

    def counts(self) -> RunCounts:
        """Counts by state and figures of the run, all from one moment."""
        with self._transaction("DEFERRED"):
            counted = dict(self._db.execute("SELECT state, count(*) FROM outcome GROUP BY state").fetchall())
            figures = self._db.execute(
                "SELECT started_at, finished_at, seconds, calls, throttled, stop_code, stop_reason FROM run"
            ).fetchone()
        return RunCounts({state: counted.get(state, 0) for state in STATES}, *figures)

    def reasons(self) -> list[ReasonCount]:
        """Why messages were not sent, most frequent reason first."""
        with database.translate_errors(self.path):
            return [ReasonCount(*row) for row in self._db.execute(sql.REASONS)]

    def pending(self, after: int, limit: int, size: int = 1 << 24) -> list[Entry]:
        """The next pending rows after a row, at most `limit`; after `requeue_failed` only those that it requeued.

        The list ends after the row with which their template data exceeds `size` bytes.
        """
        with database.translate_errors(self.path):
            text = self._db.execute(sql.PENDING.format(only=self._only), (after, limit, size)).fetchone()[0]
        return list(map(Entry._make, json.loads(text)))

    def entries(self, states: Sequence[str], codes: Sequence[str] | None, limit: int) -> list[Entry]:
        """The first rows in these states, with `codes` only those with one of these codes; for a dry run."""
        where, values = _condition(states, codes)
        with database.translate_errors(self.path):
            rows = self._db.execute(
                "SELECT row, line, id, address, destination, data, tags, headers, weight, attempts"  # noqa: S608
                f" FROM outcome JOIN recipient USING (row) WHERE {where} ORDER BY row LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [Entry(*row) for row in rows]

    def count(self, states: Sequence[str], codes: Sequence[str] | None) -> tuple[int, int]:
        """The number of rows that `entries` finds without a limit, and of recipients as SES counts them."""
        where, values = _condition(states, codes)
        query = f"SELECT count(*), total(weight) FROM outcome JOIN recipient USING (row) WHERE {where}"  # noqa: S608
        with database.translate_errors(self.path):
            rows, weight = self._db.execute(query, values).fetchone()
        return rows, int(weight)

    def results(self, states: Sequence[str] = STATES) -> Iterator[RecipientResult]:
        """The result of every recipient in the order of the batch, as a stream."""
        with database.translate_errors(self.path):
            yield from map(
                RecipientResult._make,
                self._db.execute(
                    "SELECT r.row, r.id, r.address, o.state, o.message_id, o.code, o.reason, o.attempts, o.at"  # noqa: S608
                    f" FROM outcome o JOIN recipient r USING (row) WHERE o.state IN ({_bind_marks(states)}) ORDER BY o.row",
                    tuple(states),
                ),
            )

    def rows(self, numbers: Iterable[int]) -> dict[int, JournalRow]:
        """These rows by number; numbers that the run does not have are left out."""
        with database.translate_errors(self.path):
            found = self._db.execute(sql.KNOWN, (json.dumps(list(numbers)),)).fetchall()
        return {
            row: JournalRow(row, state, message_id, attempts, _all_addresses(address, listed))
            for row, state, message_id, attempts, address, listed in found
        }

    # --- writing ---

    def commit(
        self,
        *,
        claimed: Iterable[Entry] = (),
        settled: Iterable[StateChange] = (),
        calls: int = 0,
        throttled: int = 0,
        seconds: float = 0.0,
    ) -> None:
        """Write the outcomes of finished calls and the claims of calls to send, in one durable commit.

        Raises `LocalError` if a row is already claimed: the outcomes are kept, and the caller must not send.
        """
        now = self._now()
        outcomes, claims = list(settled), [entry.row for entry in claimed]
        sent = {one.row: one.message_id for one in outcomes if one.state == SENT}
        others = [one for one in outcomes if one.state != SENT]
        with self._transaction():
            if sent:
                self._db.execute(sql.SENT, (now, _json(sent)))
            if others:
                self._db.execute(sql.SETTLE, (now, _json(others)))
            shared = bool(claims) and not self._claim(now, claims)
            self._db.execute(
                "UPDATE run SET calls = calls + ?, throttled = throttled + ?, seconds = seconds + ?",
                (0 if shared else calls, throttled, seconds),
            )
        if shared:
            raise LocalError(
                f"another process is sending from the same journal ({self.path}); this process stops",
                hint=Advice("watch the other process: ", NextCommand("bulk", "show")),
                code="RunInUse",
            )

    def _claim(self, now: float, rows: Sequence[int]) -> bool:
        """Claim all rows or none: locks may not work on a file server, so a claim checks the state again."""
        self._db.execute("SAVEPOINT claims")
        if self._db.execute(sql.CLAIM, (now, json.dumps(rows))).rowcount == len(rows):
            return True
        self._db.execute("ROLLBACK TO claims")
        return False

    def recover(self) -> int:
        """Set rows that a killed process left in `sending` to `unknown`; returns their number."""
        with self._transaction():
            return self._db.execute(
                "UPDATE outcome SET state = ?, code = ?, reason = ? WHERE state = ?",
                (UNKNOWN, *INTERRUPTED_CALL, SENDING),
            ).rowcount

    def begin(self) -> None:
        """Record that the run starts or resumes."""
        self.recover()
        with self._transaction():
            self._db.execute(
                "UPDATE run SET started_at = coalesce(started_at, ?), finished_at = NULL,"
                " stop_code = NULL, stop_reason = NULL",
                (self._now(),),
            )

    def end(self, code: str | None, reason: str | None) -> None:
        """Record when and why the run stopped; `code` is None if it reached its end."""
        with self._transaction():
            self._db.execute(
                "UPDATE run SET finished_at = ?, stop_code = ?, stop_reason = ?", (self._now(), code, reason)
            )

    def requeue_unknown(self) -> int:
        """Set unknown rows to pending: these recipients may get a second message."""
        with self._transaction():
            return self._db.execute(
                "UPDATE outcome SET state = ? WHERE state = ?", (PENDING, UNKNOWN)
            ).rowcount

    def requeue_failed(self, codes: Sequence[str]) -> int:
        """Set rows that failed with one of these codes to pending; from now on `pending` returns only these.

        The selection exists in this connection only: after a crash they are ordinary pending rows.
        """
        where, values = _condition((FAILED,), codes)
        with self._transaction():
            self._db.execute("CREATE TEMP TABLE again (row INTEGER PRIMARY KEY)")
            self._db.execute(f"INSERT INTO temp.again SELECT row FROM outcome WHERE {where}", values)  # noqa: S608
            count = self._db.execute(
                "UPDATE outcome SET state = ? WHERE row IN (SELECT row FROM temp.again)", (PENDING,)
            ).rowcount
        self._only = " AND row IN (SELECT row FROM temp.again)"
        return count

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        with database.translate_errors(self.path):
            self._db.execute(f"BEGIN {kind}")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _read_metadata(self) -> RunMetadata:
        found = self._db.execute("SELECT * FROM run")
        row = dict(zip((column[0] for column in found.description), found.fetchone() or (), strict=False))
        if row.get("format") != database.FORMAT:
            raise LocalError(f"{self.path} is not a journal that this version of sescli can read")
        return RunMetadata(
            run=row["run"],
            name=row["name"],
            created_at=row["created_at"],
            region=row["region"],
            place=row["place"],
            source=row["source"],
            mailing=MessageSpec.from_json(row["mailing"]),
            limits=SendLimits.from_json(row["limits"]),
            account=row.get("account"),  # journals of the first versions do not have this column
        )


def _condition(states: Sequence[str], codes: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    """An SQL condition on the table `outcome`, and its values."""
    with_code = "" if codes is None else f" AND code IN ({_bind_marks(codes)})"
    return f"state IN ({_bind_marks(states)}){with_code}", (*states, *(codes or ()))


def _all_addresses(address: str, destination: str | None) -> tuple[str, ...]:
    groups: dict[str, list[str]] = json.loads(destination) if destination else {"": [address]}
    return tuple(one for group in groups.values() for one in group)


def _json(value: object) -> str:
    """JSON text, without halves of surrogate pairs: a response can contain them, but SQLite cannot store them."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace").decode()


def _bind_marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
