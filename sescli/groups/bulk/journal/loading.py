"""Loading a batch into a journal: all rows in, all of them checked, or there is no run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Self

from sescli.groups.bulk.journal import database
from sescli.groups.bulk.model.entries import INVALID, PENDING, SKIPPED, Entry, RowProblem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sescli.groups.bulk.journal.run_metadata import RunMetadata

_BATCH = 1_000
# How many rows are named for which the same words fit.
_NAMED = 5
# Who each row is for. An address is 7-bit here, so that lower() folds all of it.
_WHO = """
SELECT row, coalesce(key, 'id ' || id, 'to ' || lower(address)) AS who
FROM recipient JOIN outcome USING (row) LEFT JOIN scratch.keys USING (row) WHERE state = 'pending'
"""
_TWINS = f"SELECT row, first FROM ({_WHO}) JOIN scratch.several USING (who) WHERE first < row"  # noqa: S608
# A row without an id has nothing but its address to be told apart by, also from those that have one.
_SOME_HAVE_AN_ID = """
SELECT EXISTS (SELECT 1 FROM recipient WHERE id IS NULL) AND EXISTS (SELECT 1 FROM recipient WHERE id IS NOT NULL)
"""
_WITH_AN_ID = """
INSERT INTO scratch.several SELECT 'of an id ' || lower(address), min(row)
FROM recipient JOIN outcome USING (row) WHERE state = 'pending' AND id IS NOT NULL GROUP BY lower(address)
"""
_TWINS_WITHOUT_AN_ID = """
SELECT recipient.row, first FROM recipient
JOIN scratch.several ON who = 'of an id ' || lower(address)
LEFT JOIN scratch.keys ON keys.row = recipient.row WHERE id IS NULL AND key IS NULL
"""
DUPLICATE, SUPPRESSED = "Duplicate", "Suppressed"


@dataclass(frozen=True)
class LoadedCounts:
    """What a source held: rows in all, fit to be sent (and as SES counts recipients), not fit, skipped."""

    rows: int
    ready: int
    weight: int
    invalid: int
    skipped: int


@dataclass(frozen=True)
class ReasonGroup:
    """Rows of one kind of problem for which the same words fit: how many, and the first of them."""

    reason: str
    count: int
    first: list[RowProblem]


@dataclass(frozen=True)
class ProblemGroup:
    """One kind of problem: how many rows have it, the first of them, and the most frequent reasons."""

    code: str
    count: int
    first: list[RowProblem]
    reasons: list[ReasonGroup]


class JournalLoader:
    """A journal being filled. With no path it is for a check only, and vanishes when it is closed."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        with database.translate_errors(path):
            if path is not None:
                path.unlink(missing_ok=True)
            self._db = database.create(path)
            # Who is who, for duplicates: in a database of its own, so that the journal does not keep it.
            # Both this and the journal live on disk, so a million rows need no more memory than a thousand.
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
        """Throw away what was not published."""
        self._db.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def add(self, rows: Iterable[tuple[Entry, str | None] | RowProblem]) -> None:
        """Write checked rows, once for all, and the problems of those unfit.

        A row comes with the key that says who it is; None is its id, or else its address.
        """
        rest = iter(rows)
        with database.translate_errors(self._path):
            while some := list(islice(rest, _BATCH)):
                self._write_good([row for row in some if not isinstance(row, RowProblem)])
                self._write_bad([row for row in some if isinstance(row, RowProblem)])
            self._db.execute(
                "INSERT INTO outcome (row, state)"
                " SELECT row, 'pending' FROM recipient WHERE row NOT IN (SELECT row FROM outcome)"
            )

    def _write_good(self, rows: list[tuple[Entry, str | None]]) -> None:
        if rows:
            # One statement for all takes a fifth less than one each. SQLite takes 32,766 values, these are 9,000.
            places = ",".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(rows))
            values = list(chain.from_iterable([entry[:-1] for entry, _ in rows]))
            self._db.execute(f"INSERT INTO recipient VALUES {places}", values)  # noqa: S608
        keys = [(entry.row, key) for entry, key in rows if key is not None]
        self._db.executemany("INSERT INTO scratch.keys VALUES (?, ?)", keys)

    def _write_bad(self, rows: list[RowProblem]) -> None:
        self._db.executemany(
            "INSERT INTO recipient (row, line, address, data, weight) VALUES (?, ?, ?, '{}', 0)",
            [(one.row, one.line, one.to) for one in rows],
        )
        self._db.executemany(
            "INSERT INTO outcome (row, state, code, reason) VALUES (?, 'invalid', ?, ?)",
            [(one.row, one.code, one.reason) for one in rows],
        )

    def mark_duplicates(self, *, skip: bool) -> None:
        """Every second and later row of the same recipient becomes skipped, or a problem.

        Two are the same by their ids, or by their addresses where one of them has no id.
        """
        with database.translate_errors(self._path):
            found = self._db.execute(
                "INSERT INTO scratch.several"  # noqa: S608
                f" SELECT who, min(row) FROM ({_WHO}) GROUP BY who HAVING count(*) > 1"
            )
            if found.rowcount:
                self._mark_twins(_TWINS, skip=skip)
            if self._db.execute(_SOME_HAVE_AN_ID).fetchone()[0]:
                self._db.execute(_WITH_AN_ID)
                self._mark_twins(_TWINS_WITHOUT_AN_ID, skip=skip)

    def _mark_twins(self, twins: str, *, skip: bool) -> None:
        """Mark what a SELECT gives: a row, and the `first` of the same recipient."""
        self._db.execute(
            "UPDATE outcome SET state = ?, code = ?, reason = 'the same recipient as row ' || twin.first"  # noqa: S608
            f" FROM ({twins}) AS twin WHERE outcome.row = twin.row AND state = 'pending'",
            (SKIPPED if skip else INVALID, DUPLICATE),
        )

    def mark_suppressed(self, addresses: Iterable[str], *, skip: bool) -> int:
        """Count the recipients whose address is on the suppression list; with `skip` they are left out."""
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
                    (SKIPPED, SUPPRESSED, "on the account's suppression list: SES would not deliver it"),
                ).rowcount
            return int(self._db.execute(f"SELECT count(*) FROM outcome WHERE {on_list}").fetchone()[0])  # noqa: S608

    def ready(self, limit: int) -> list[Entry]:
        """The first recipients that are fit to be sent."""
        with database.translate_errors(self._path):
            rows = self._db.execute(
                "SELECT r.row, r.line, r.id, r.address, r.destination, r.data, r.tags, r.headers, r.weight"
                " FROM recipient r JOIN outcome USING (row) WHERE state = 'pending' ORDER BY row LIMIT ?",
                (limit,),
            ).fetchall()
        return [Entry(*row) for row in rows]

    def problems(self, examples: int) -> list[ProblemGroup]:
        """What is wrong with rows, by kind, most frequent first, with the first rows of each kind."""
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
        return [ReasonGroup(reason, count, self._first(code, _NAMED, reason)) for reason, count in reasons]

    def _first(self, code: str, limit: int, reason: str | None = None) -> list[RowProblem]:
        rows = self._db.execute(
            "SELECT r.row, r.line, r.address, o.code, o.reason FROM outcome o JOIN recipient r USING (row)"
            " WHERE o.state = 'invalid' AND o.code = ? AND coalesce(o.reason = ?, 1) ORDER BY o.row LIMIT ?",
            (code, reason, limit),
        ).fetchall()
        return [RowProblem(*row) for row in rows]

    def totals(self) -> LoadedCounts:
        """Counts of what was loaded."""
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
        """Make it a run: from here on it is listed, and its batch file and sources are not read again."""
        if self._path is None:
            raise ValueError("a loading for a check only cannot be published")
        with database.translate_errors(final):
            self._db.execute(
                "INSERT INTO run (only, format, run, name, created_at, region, place, source, mailing, limits,"
                " account)"
                " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                ),
            )
            self._db.execute("COMMIT")
            self._db.close()
            database.publish(self._path, final)
