"""Reads the journal of a run: its metadata, the state of every recipient, and the results."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from sescli.errors import LocalError
from sescli.groups.bulk.journal import database, integrity, sql
from sescli.groups.bulk.journal.evidence import JournalRow
from sescli.groups.bulk.journal.run_metadata import ReasonCount, RunCounts, RunMetadata, normalize_place
from sescli.groups.bulk.model.entries import STATES, Entry, RecipientResult
from sescli.groups.bulk.model.spec import MessageSpec, SendLimits

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path


class JournalReader:
    """The file of one run. Every method can raise `LocalError`.

    `problem` says why results are lost, or is None.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, now: Callable[[], float], problem: str | None
    ) -> None:
        self.path = path
        self.problem = problem
        self._db = connection
        self._now = now
        self._only = ""
        try:
            with database.translate_errors(path):
                self.metadata = self._read_metadata()
        except LocalError:
            connection.close()
            raise

    @classmethod
    def for_reading(cls, path: Path) -> Self:
        """Open read-only."""
        with database.translate_errors(path):
            ignore_log = integrity.ignores_log(path)
            connection = database.open_for_reading(path, ignore_log=ignore_log)
            problem = integrity.check_for_reading(path)
        return cls(path, connection, lambda: 0.0, problem)

    def close(self) -> None:
        """Close the file."""
        with database.translate_errors(self.path):
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
        where, values = condition(states, codes)
        with database.translate_errors(self.path):
            rows = self._db.execute(
                "SELECT row, line, id, address, destination, data, tags, headers, weight, attempts"  # noqa: S608
                f" FROM outcome JOIN recipient USING (row) WHERE {where} ORDER BY row LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [Entry(*row) for row in rows]

    def count(self, states: Sequence[str], codes: Sequence[str] | None) -> tuple[int, int]:
        """The number of rows that `entries` finds without a limit, and of recipients as SES counts them."""
        where, values = condition(states, codes)
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
            columns = {one[1] for one in self._db.execute("PRAGMA table_info(outcome)")}
            resent = "coalesce(resent, attempts > 1)" if "resent" in columns else "attempts > 1"
            query = sql.KNOWN.format(resent=resent)
            found = self._db.execute(query, (json.dumps(list(numbers)),)).fetchall()
        return {
            row: JournalRow(row, state, message_id, bool(again), _all_addresses(address, listed), code)
            for row, state, message_id, again, address, listed, code in found
        }

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
            place=normalize_place(row["place"]),
            source=row["source"],
            mailing=MessageSpec.from_json(row["mailing"]),
            limits=SendLimits.from_json(row["limits"]),
            account=row.get("account"),  # journals of the first versions lack this column and those below
            rows=row.get("rows"),
            digest=row.get("digest"),
            sequence=row.get("sequence"),
            template=row.get("template"),
            skip_suppressed=bool(row.get("skip_suppressed")),
        )


def condition(states: Sequence[str], codes: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    """An SQL condition on the table `outcome`, and its values."""
    with_code = "" if codes is None else f" AND code IN ({_bind_marks(codes)})"
    return f"state IN ({_bind_marks(states)}){with_code}", (*states, *(codes or ()))


def _all_addresses(address: str, destination: str | None) -> tuple[str, ...]:
    groups: dict[str, list[str]] = json.loads(destination) if destination else {"": [address]}
    return tuple(one for group in groups.values() for one in group)


def _bind_marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
