"""A file held against the account's suppression list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.groups.suppression.service.entries import entries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sescli.aws.gateway import Gateway
    from sescli.groups.suppression.service.files import Parsed
    from sescli.groups.suppression.service.table import FileCount, Table


@dataclass(frozen=True)
class Comparison:
    """How many addresses each side has, and how many stand on one side only or with another reason."""

    in_file: int
    at_ses: int
    only_in_file: int
    only_at_ses: int
    reason_differs: int

    @property
    def same(self) -> bool:
        """Whether there is no difference."""
        return not (self.only_in_file or self.only_at_ses or self.reason_differs)


def load(aws: Gateway, table: Table, lines: Iterable[Parsed]) -> FileCount:
    """Read the file, and then the account's list (ListSuppressedDestinations), into the table."""
    count = table.load_file(lines, None)
    if not count.bad:
        table.load_account(entries(aws))
    return count


def compare(table: Table) -> Comparison:
    """Count what `Table.differences` will give."""
    found = table.count_differences()
    in_file, at_ses = table.counts()
    return Comparison(
        in_file,
        at_ses,
        found.get("only_in_file", 0),
        found.get("only_at_ses", 0),
        found.get("reason", 0),
    )
