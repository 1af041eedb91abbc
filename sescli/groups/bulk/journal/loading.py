"""Loads a batch into a journal: a run exists only after all rows are stored and checked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Self

from sescli.groups.bulk.journal import database, sql
from sescli.groups.bulk.journal.integrity import RowDigest
from sescli.groups.bulk.journal.portions import digested, portions
from sescli.groups.bulk.model.entries import (
    INVALID,
    PENDING,
    SKIPPED,
    Entry,
    RecipientResult,
    RowProblem,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sescli.groups.bulk.journal.run_metadata import RunMetadata

# How many rows with the same reason are listed.
_MAX_EXAMPLES = 5
DUPLICATE, SUPPRESSED = "Duplicate", "Suppressed"


@dataclass(frozen=True)
class LoadedCounts:
    """Counts of a source: all rows, rows ready to send (`weight`: recipients as SES counts them), invalid, skipped."""

    rows: int
    ready: int
    weight: int
    invalid: int
    skipped: int


@dataclass(frozen=True)
class ReasonGroup:
    """Invalid rows with the same reason: their number, and the first of them."""

    reason: str
    count: int
    first: list[RowProblem]


@dataclass(frozen=True)
class ProblemGroup:
    """Invalid rows with the same code: their number, the first of them, and the most frequent reasons."""

    code: str
    count: int
    first: list[RowProblem]
    reasons: list[ReasonGroup]


class JournalLoader:
    """Fills a journal. Without a path it is for a check only, and is deleted when it is closed."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.digest = RowDigest()
        self.template: str | None = None
        with database.translate_errors(path):
            if path is not None:
                path.unlink(missing_ok=True)
            self._db = database.create(path)
            # What identifies recipients, to find duplicates, is in a second database, so the journal does not keep it.
            # Both are on disk, so a million rows need no more memory than a thousand.
            self._db.executescript(
                "ATTACH '' AS scratch;"
                "CREATE TABLE scratch.keys (row INTEGER PRIMARY KEY, key TEXT NOT NULL);"
                "CREATE TABLE scratch.several (who TEXT PRIMARY KEY, first INTEGER NOT NULL) WITHOUT ROWID;"
                "CREATE TABLE scratch.suppressed (address TEXT PRIMARY KEY) WITHOUT ROWID;"
                "BEGIN"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Delete what was not published."""
        self._db.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def add(self, rows: Iterable[tuple[Entry, str | None] | RowProblem]) -> None:
        """Store checked rows and the problems of invalid ones.

        Each row comes with its recipient key; None means its id, or else its address.
        """
        with database.translate_errors(self._path):
            for some in portions(rows):
                self.digest.add([digested(row) for row in some])
                self._write_entries([row for row in some if not isinstance(row, RowProblem)])
                self._write_problems([row for row in some if isinstance(row, RowProblem)])
            self._db.execute(
                "INSERT INTO outcome (row, state)"
                " SELECT row, 'pending' FROM recipient WHERE row NOT IN (SELECT row FROM outcome)"
            )

    def _write_entries(self, rows: list[tuple[Entry, str | None]]) -> None:
        if rows:
            # One statement for all rows is 20% faster than one for each. SQLite allows 32,766 values; these are 9,000.
            places = ",".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(rows))
            values = list(chain.from_iterable([entry[:-1] for entry, _ in rows]))
            self._db.execute(f"INSERT INTO recipient VALUES {places}", values)  # noqa: S608
        keys = [(entry.row, key) for entry, key in rows if key is not None]
        self._db.executemany("INSERT INTO scratch.keys VALUES (?, ?)", keys)

    def _write_problems(self, rows: list[RowProblem]) -> None:
        self._db.executemany(
            "INSERT INTO recipient (row, line, address, data, weight) VALUES (?, ?, ?, '{}', 0)",
            [(one.row, one.line, one.to) for one in rows],
        )
        self._db.executemany(
            "INSERT INTO outcome (row, state, code, reason) VALUES (?, 'invalid', ?, ?)",
            [(one.row, one.code, one.reason) for one in rows],
        )

    def mark_duplicates(self, *, skip: bool) -> None:
        """Set the second and later rows of the same recipient to skipped, or else to invalid.

        Rows are compared by id, or by address if one of them has no id.
        """
        with database.translate_errors(self._path):
            found = self._db.execute(
                "INSERT INTO scratch.several"  # noqa: S608
                f" SELECT who, min(row) FROM ({sql.RECIPIENTS}) GROUP BY who HAVING count(*) > 1"
            )
            if found.rowcount:
                self._mark(sql.DUPLICATES, skip=skip)
            if self._db.execute(sql.HAS_BOTH_KINDS).fetchone()[0]:
                self._db.execute(sql.FIRST_WITH_ID)
                self._mark(sql.DUPLICATES_WITHOUT_ID, skip=skip)

    def _mark(self, duplicates: str, *, skip: bool) -> None:
        """Mark the rows of a SELECT, which returns a row and the `first` row of the same recipient."""
        self._db.execute(
            "UPDATE outcome SET state = ?, code = ?, reason = 'the same recipient as row ' || duplicate.first"  # noqa: S608
            f" FROM ({duplicates}) AS duplicate WHERE outcome.row = duplicate.row AND state = 'pending'",
            (SKIPPED if skip else INVALID, DUPLICATE),
        )

    def shared_addresses(self, limit: int) -> tuple[int, list[str]]:
        """Addresses that several rows have under different ids: their number, and the first ones."""
        query = (
            "SELECT lower(address) FROM recipient JOIN outcome USING (row) WHERE state = 'pending' AND id IS NOT NULL"
            " AND destination IS NULL GROUP BY 1 HAVING count(*) > 1"
        )
        with database.translate_errors(self._path):
            count = self._db.execute(f"SELECT count(*) FROM ({query})").fetchone()[0]  # noqa: S608
            first = self._db.execute(f"{query} ORDER BY min(row) LIMIT ?", (limit,)) if count else ()
            return int(count), [address for (address,) in first]

    def mark_suppressed(self, addresses: Iterable[str], *, skip: bool) -> int:
        """Count the recipients whose address is on the suppression list; with `skip`, skip them."""
        with database.translate_errors(self._path):
            self._db.executemany(
                "INSERT OR IGNORE INTO scratch.suppressed VALUES (?)", ((one.lower(),) for one in addresses)
            )
            on_list = (
                "state = 'pending' AND row IN (SELECT r.row FROM scratch.suppressed s"
                " JOIN recipient r ON lower(r.address) = s.address)"
            )
            if skip:
                return self._db.execute(
                    f"UPDATE outcome SET state = ?, code = ?, reason = ? WHERE {on_list}",  # noqa: S608
                    (
                        SKIPPED,
                        SUPPRESSED,
                        "on the account-level suppression list: SES would not deliver the message",
                    ),
                ).rowcount
            return int(self._db.execute(f"SELECT count(*) FROM outcome WHERE {on_list}").fetchone()[0])  # noqa: S608

    def new_rows(self, known: Iterable[RecipientResult], limit: int) -> tuple[int, list[tuple[int, str]]]:
        """The rows whose address and id are not among `known`: their number, and the first ones."""
        with database.translate_errors(self._path):
            self._db.execute("CREATE TABLE scratch.known (who TEXT PRIMARY KEY) WITHOUT ROWID")
            self._db.executemany(
                "INSERT OR IGNORE INTO scratch.known VALUES (lower(?) || char(31) || coalesce(?, ''))",
                ((one.to, one.id) for one in known),
            )
            where = "lower(address) || char(31) || coalesce(id, '') NOT IN (SELECT who FROM scratch.known)"
            count = self._db.execute(f"SELECT count(*) FROM recipient WHERE {where}").fetchone()[0]  # noqa: S608
            query = f"SELECT row, address FROM recipient WHERE {where} ORDER BY row LIMIT ?"  # noqa: S608
            return int(count), self._db.execute(query, (limit,)).fetchall()

    def ready(self, limit: int) -> list[Entry]:
        """The first rows that are ready to send."""
        with database.translate_errors(self._path):
            rows = self._db.execute(
                "SELECT r.row, r.line, r.id, r.address, r.destination, r.data, r.tags, r.headers, r.weight"
                " FROM recipient r JOIN outcome USING (row) WHERE state = 'pending' ORDER BY row LIMIT ?",
                (limit,),
            ).fetchall()
        return [Entry(*row) for row in rows]

    def problems(self, examples: int) -> list[ProblemGroup]:
        """The problems of invalid rows by code, most frequent first, with the first rows of each."""
        with database.translate_errors(self._path):
            kinds = self._db.execute(
                "SELECT code, count(*) FROM outcome WHERE state = 'invalid' GROUP BY code ORDER BY 2 DESC, min(row)"
            ).fetchall()
            return [
                ProblemGroup(code, count, self._first(code, examples), self._reasons(code, examples))
                for code, count in kinds
            ]

    def _reasons(self, code: str, limit: int) -> list[ReasonGroup]:
        reasons = self._db.execute(
            "SELECT reason, count(*) FROM outcome WHERE state = 'invalid' AND code = ?"
            " GROUP BY reason ORDER BY 2 DESC, min(row) LIMIT ?",
            (code, limit),
        ).fetchall()
        return [
            ReasonGroup(reason, count, self._first(code, _MAX_EXAMPLES, reason)) for reason, count in reasons
        ]

    def _first(self, code: str, limit: int, reason: str | None = None) -> list[RowProblem]:
        rows = self._db.execute(
            "SELECT r.row, r.line, r.address, o.code, o.reason FROM outcome o JOIN recipient r USING (row)"
            " WHERE o.state = 'invalid' AND o.code = ? AND coalesce(o.reason = ?, 1) ORDER BY o.row LIMIT ?",
            (code, reason, limit),
        ).fetchall()
        return [RowProblem(*row) for row in rows]

    def totals(self) -> LoadedCounts:
        """Count the rows by state."""
        with database.translate_errors(self._path):
            counted = dict(self._db.execute("SELECT state, count(*) FROM outcome GROUP BY state").fetchall())
            weight = self._db.execute(
                "SELECT total(weight) FROM recipient JOIN outcome USING (row) WHERE state = 'pending'"
            ).fetchone()[0]
        return LoadedCounts(
            rows=sum(counted.values()),
            ready=counted.get(PENDING, 0),
            weight=int(weight),
            invalid=counted.get(INVALID, 0),
            skipped=counted.get(SKIPPED, 0),
        )

    def publish(self, final: Path, metadata: RunMetadata) -> None:
        """Make the journal a run: from now on it is listed, and its batch file and sources are not read again."""
        if self._path is None:
            raise ValueError("a journal for a check only cannot be published")
        with database.translate_errors(final):
            self._db.execute(
                "INSERT INTO run (only, format, run, name, created_at, region, place, source, mailing, limits,"
                " account, rows, digest, sequence, template, skip_suppressed)"
                " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    database.FORMAT,
                    metadata.run,
                    metadata.name,
                    metadata.created_at,
                    metadata.region,
                    metadata.place,
                    metadata.source,
                    metadata.mailing.to_json(),
                    metadata.limits.to_json(),
                    metadata.account,
                    self.digest.rows,
                    self.digest.text,
                    metadata.sequence,
                    self.template,
                    metadata.skip_suppressed,
                ),
            )
            self._db.execute("COMMIT")
            self._db.close()
            database.publish(self._path, final)
