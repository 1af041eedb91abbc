"""Comparison of a file with the suppression list, in a temporary SQLite table, so that memory stays constant.

SES stores an address in the case in which it was added, and suppresses it in any case. So the two sides are joined
by `key`, the case-folded address.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import starmap
from typing import TYPE_CHECKING, NamedTuple

from sescli.errors import LocalError
from sescli.groups.suppression.service.entries import entries
from sescli.groups.suppression.service.files import BadLine, FileEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sescli.aws.gateway import Gateway
    from sescli.groups.suppression.service.entries import SuppressedAddress
    from sescli.groups.suppression.service.files import Parsed

# The database has no name: SQLite writes what exceeds the cache to a temporary file that it deletes.
_SCHEMA = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16384; PRAGMA temp_store=FILE;
CREATE TABLE arrived (key TEXT NOT NULL, address TEXT NOT NULL, reason TEXT) STRICT;
CREATE TABLE wanted (key TEXT PRIMARY KEY, address TEXT NOT NULL, reason TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE there (
    key TEXT NOT NULL, address TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (key, address)
) STRICT, WITHOUT ROWID;
CREATE TABLE bad (line INTEGER PRIMARY KEY, why TEXT NOT NULL) STRICT;
"""
_BATCH = 1000
# Rows arrive in any order. Sorting first makes inserting a million rows 10 times faster.
_FILE_SORTED = "INSERT OR REPLACE INTO wanted SELECT key, address, reason FROM arrived ORDER BY key, rowid"
# Pages can shift while the list is read, so an entry can come twice.
_ACCOUNT_SORTED = (
    "INSERT OR REPLACE INTO there SELECT key, address, reason FROM arrived ORDER BY key, address, rowid"
)

_PUTS = """
    SELECT coalesce(there.address, wanted.address), wanted.reason FROM wanted LEFT JOIN there USING (key)
    WHERE there.reason IS NOT wanted.reason
"""
_DELETES = "SELECT there.address, there.reason FROM wanted JOIN there USING (key)"
# If the file gives no reason, any reason is equal.
_DIFFERENCES = """
    SELECT address, 'only_in_file' AS state, reason, NULL FROM wanted WHERE key NOT IN (SELECT key FROM there)
    UNION ALL
    SELECT address, 'only_at_ses', NULL, reason FROM there WHERE key NOT IN (SELECT key FROM wanted)
    UNION ALL
    SELECT there.address, 'reason', wanted.reason, there.reason FROM wanted JOIN there USING (key)
    WHERE wanted.reason <> there.reason
"""


@dataclass(frozen=True)
class FileCount:
    """The content of a file: `addresses` without repetitions, `duplicates`, and `bad` (invalid) lines."""

    addresses: int
    duplicates: int
    bad: int


class EntryChange(NamedTuple):
    """An entry to add or remove; the address as SES stores it if it is on the list."""

    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """`state` is `only_in_file`, `only_at_ses` or `reason`."""

    email: str
    state: str
    reason_in_file: str | None
    reason_at_ses: str | None


@dataclass(frozen=True)
class Comparison:
    """The numbers of addresses on each side, on one side only, and with different reasons."""

    in_file: int
    at_ses: int
    only_in_file: int
    only_at_ses: int
    reason_differs: int

    @property
    def is_equal(self) -> bool:
        """Whether the sides are equal."""
        return not (self.only_in_file or self.only_at_ses or self.reason_differs)


class ComparisonTable:
    """Both sides of the comparison. Not thread-safe."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def load_file(self, lines: Iterable[Parsed], default_reason: str | None) -> FileCount:
        """Load a file. For an address that appears twice, in any case, the later line counts."""
        read = 0
        batch: list[FileEntry] = []
        for each in lines:
            if isinstance(each, BadLine):
                self._database.execute("INSERT INTO bad VALUES (?, ?)", each)
                continue
            read += 1
            batch.append(each)
            if len(batch) == _BATCH:
                self._insert(batch, default_reason)
        self._insert(batch, default_reason)
        self._sort_into(_FILE_SORTED)
        addresses = self._count("wanted")
        return FileCount(addresses, read - addresses, self._count("bad"))

    def load_account(self, entries: Iterable[SuppressedAddress]) -> int:
        """Load the account's list. Returns the number of entries."""
        rows = ((one.email.casefold(), one.email, one.reason) for one in entries)
        self._database.executemany("INSERT INTO arrived VALUES (?, ?, ?)", rows)
        self._sort_into(_ACCOUNT_SORTED)
        return self._count("there")

    def bad(self) -> Iterator[BadLine]:
        """The invalid lines of the file."""
        return map(BadLine._make, self._database.execute("SELECT line, why FROM bad ORDER BY line"))

    def changes(self, action: str) -> Iterator[EntryChange]:
        """The changes that `action` (`put` or `delete`) needs; none for entries that are in the wanted state."""
        return map(EntryChange._make, self._database.execute(_PUTS if action == "put" else _DELETES))

    def count_changes(self, action: str) -> int:
        """The number of changes."""
        return self._number(f"SELECT count(*) FROM ({_PUTS if action == 'put' else _DELETES})")  # noqa: S608  constants

    def differences(self) -> Iterator[Difference]:
        """The differences between the two sides."""
        return starmap(Difference, self._database.execute(_DIFFERENCES))

    def count_differences(self) -> dict[str, int]:
        """The number of differences of each state."""
        found = self._database.execute(
            f"SELECT state, count(*) FROM ({_DIFFERENCES}) GROUP BY 1"  # noqa: S608  a constant
        )
        return dict(found.fetchall())

    def counts(self) -> tuple[int, int]:
        """The number of addresses in the file, and of entries in the account."""
        return self._count("wanted"), self._count("there")

    def _insert(self, batch: list[FileEntry], default_reason: str | None) -> None:
        rows = ((one.key, one.address, one.reason or default_reason) for one in batch)
        self._database.executemany("INSERT INTO arrived VALUES (?, ?, ?)", rows)
        batch.clear()

    def _sort_into(self, sorting: str) -> None:
        self._database.execute(sorting)
        self._database.execute("DELETE FROM arrived")

    def _count(self, table: str) -> int:
        return self._number(f"SELECT count(*) FROM {table}")  # noqa: S608  names from above

    def _number(self, query: str) -> int:
        return int(self._database.execute(query).fetchone()[0])


@contextmanager
def comparison_table() -> Iterator[ComparisonTable]:
    """An empty table, deleted afterwards. Raises `LocalError` if the disk is full."""
    database = sqlite3.connect("", isolation_level=None)
    try:
        database.executescript(_SCHEMA)
        database.execute("BEGIN")
        yield ComparisonTable(database)
    except sqlite3.Error as error:
        raise LocalError(
            f"cannot use the temporary table: {error}",
            hint="check the free space of the folder for temporary files",
        ) from error
    finally:
        database.close()


def load(
    aws: Gateway,
    table: ComparisonTable,
    lines: Iterable[Parsed],
    *,
    reason: str | None = None,
    skip_bad: bool = False,
) -> FileCount:
    """Read the file, and then, unless it has bad lines that must not be skipped, the account's list.

    The list is read once (ListSuppressedDestinations). `reason` is for lines that give none.
    """
    count = table.load_file(lines, reason)
    if skip_bad or not count.bad:
        table.load_account(entries(aws))
    return count


def compare(table: ComparisonTable) -> Comparison:
    """Count the differences that `ComparisonTable.differences` returns."""
    found = table.count_differences()
    in_file, at_ses = table.counts()
    return Comparison(
        in_file,
        at_ses,
        found.get("only_in_file", 0),
        found.get("only_at_ses", 0),
        found.get("reason", 0),
    )
