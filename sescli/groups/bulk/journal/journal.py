"""The journal of a run: every recipient in exactly one state, on disk before it matters."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

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

INTERRUPTED_CALL = ("Interrupted", "sescli ended while the call was under way: SES may have accepted it")


class Journal:
    """One run's file. Opened `for_sending` by its one owner, or `for_reading` by anybody.

    Every method may raise `LocalError`: a journal that cannot be written ends the sending.
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
        """Open to write. The caller holds the run's lock."""
        with database.translate_errors(path):
            connection = database.open_for_sending(path)
        return cls(path, connection, now, writes=True)

    @classmethod
    def for_reading(cls, path: Path) -> Self:
        """Open to look."""
        with database.translate_errors(path):
            connection = database.open_for_reading(path)
        return cls(path, connection, lambda: 0.0, writes=False)

    def close(self) -> None:
        """Close the file; its writer leaves it whole, without a write-ahead log beside it."""
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
        """Counts by state and the figures of the run, as one moment saw them."""
        with self._transaction("DEFERRED"):
            counted = dict(self._db.execute("SELECT state, count(*) FROM outcome GROUP BY state").fetchall())
            figures = self._db.execute(
                "SELECT started_at, finished_at, seconds, calls, throttled, stop_code, stop_reason FROM run"
            ).fetchone()
        return RunCounts({state: counted.get(state, 0) for state in STATES}, *figures)

    def reasons(self) -> list[ReasonCount]:
        """The reasons of everything that was not sent, most frequent first."""
        with database.translate_errors(self.path):
            return [ReasonCount(*row) for row in self._db.execute(sql.REASONS)]

    def pending(self, after: int, limit: int) -> list[Entry]:
        """The next pending recipients past a row, at most `limit`; after `requeue_failed` only its own."""
        with database.translate_errors(self.path):
            text = self._db.execute(sql.PENDING.format(only=self._only), (after, limit)).fetchone()[0]
        return list(map(Entry._make, json.loads(text)))

    def entries(self, states: Sequence[str], codes: Sequence[str] | None, limit: int) -> list[Entry]:
        """The first recipients in these states, with `codes` only those with one of them; to look at only."""
        where, values = _wanted(states, codes)
        with database.translate_errors(self.path):
            rows = self._db.execute(
                "SELECT row, line, id, address, destination, data, tags, headers, weight, attempts"  # noqa: S608
                f" FROM outcome JOIN recipient USING (row) WHERE {where} ORDER BY row LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [Entry(*row) for row in rows]

    def count(self, states: Sequence[str], codes: Sequence[str] | None) -> tuple[int, int]:
        """How many rows `entries` would find without a limit, and how many recipients SES counts in them."""
        where, values = _wanted(states, codes)
        query = f"SELECT count(*), total(weight) FROM outcome JOIN recipient USING (row) WHERE {where}"  # noqa: S608
        with database.translate_errors(self.path):
            rows, weight = self._db.execute(query, values).fetchone()
        return rows, int(weight)

    def results(self, states: Sequence[str] = STATES) -> Iterator[RecipientResult]:
        """The outcome of every recipient in the order of the batch, as a stream."""
        with database.translate_errors(self.path):
            yield from map(
                RecipientResult._make,
                self._db.execute(
                    "SELECT r.row, r.id, r.address, o.state, o.message_id, o.code, o.reason, o.attempts, o.at"  # noqa: S608
                    f" FROM outcome o JOIN recipient r USING (row) WHERE o.state IN ({_bind_marks(states)}) ORDER BY o.row",
                    tuple(states),
                ),
            )

    def known(self, rows: Iterable[int]) -> dict[int, JournalRow]:
        """What is known of these rows, as far as there are such."""
        with database.translate_errors(self.path):
            found = self._db.execute(sql.KNOWN, (json.dumps(list(rows)),)).fetchall()
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
        """One durable step: outcomes of calls that ended, and claims of calls about to leave.

        Raises `LocalError` where a claim is no longer free: the outcomes are kept, and nothing may leave.
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
                f"another process sends from the journal {self.path} as well, so this one ends",
                hint="watch the other: sescli bulk show",
                code="RunInUse",
            )

    def _claim(self, now: float, rows: Sequence[int]) -> bool:
        """Claim all of them, or none: no lock reaches every machine that may have this file open."""
        self._db.execute("SAVEPOINT claims")
        if self._db.execute(sql.CLAIM, (now, json.dumps(rows))).rowcount == len(rows):
            return True
        self._db.execute("ROLLBACK TO claims")
        return False

    def recover(self) -> int:
        """What a dead owner left in `sending` becomes `unknown`. Gives how many those are."""
        with self._transaction():
            return self._db.execute(
                "UPDATE outcome SET state = ?, code = ?, reason = ? WHERE state = ?",
                (UNKNOWN, *INTERRUPTED_CALL, SENDING),
            ).rowcount

    def begin(self) -> None:
        """Note that the sending starts, or goes on."""
        self.recover()
        with self._transaction():
            self._db.execute(
                "UPDATE run SET started_at = coalesce(started_at, ?), finished_at = NULL,"
                " stop_code = NULL, stop_reason = NULL",
                (self._now(),),
            )

    def end(self, code: str | None, reason: str | None) -> None:
        """Note when and why the sending ended; no code is the natural end."""
        with self._transaction():
            self._db.execute(
                "UPDATE run SET finished_at = ?, stop_code = ?, stop_reason = ?", (self._now(), code, reason)
            )

    def requeue_unknown(self) -> int:
        """Make what is unknown pending: each of these may get a second mail."""
        with self._transaction():
            return self._db.execute(
                "UPDATE outcome SET state = ? WHERE state = ?", (PENDING, UNKNOWN)
            ).rowcount

    def requeue_failed(self, codes: Sequence[str]) -> int:
        """Make pending what failed with one of these codes; from here on `pending` gives these alone.

        Which those are is held in the connection only: after a crash they are pending as others are.
        """
        where, values = _wanted((FAILED,), codes)
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
            raise LocalError(f"{self.path} is not a journal that this version of sescli reads")
        return RunMetadata(
            run=row["run"],
            name=row["name"],
            created_at=row["created_at"],
            region=row["region"],
            place=row["place"],
            source=row["source"],
            mailing=MessageSpec.from_json(row["mailing"]),
            limits=SendLimits.from_json(row["limits"]),
            account=row.get("account"),  # a journal may be older than the column
        )


def _wanted(states: Sequence[str], codes: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    """A condition on `outcome`, and its values."""
    with_code = "" if codes is None else f" AND code IN ({_bind_marks(codes)})"
    return f"state IN ({_bind_marks(states)}){with_code}", (*states, *(codes or ()))


def _all_addresses(address: str, destination: str | None) -> tuple[str, ...]:
    groups: dict[str, list[str]] = json.loads(destination) if destination else {"": [address]}
    return tuple(one for group in groups.values() for one in group)


def _json(value: object) -> str:
    """As JSON; half a surrogate pair, which an answer or an event can spell, would make the journal unreadable."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace").decode()


def _bind_marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
