"""The journals that `bulk prune` deletes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.groups.bulk.journal.run_metadata import RunTarget
from sescli.output.results import Column
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.bulk.service.prune import PruneCandidate


def format_size(count: int) -> str:
    """A number of bytes: `512 bytes`, `1.5 MB`."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return counted(count, "byte")


CANDIDATE_COLUMNS = (
    Column("run", "run"),
    Column("region", lambda one: str(RunTarget(one.place, one.region))),
    Column("state", "state", "status"),
    Column("rows", "recipients", "number"),
    Column("pending or unknown", "unsettled", "number"),
    Column("last active", "last_active", "time"),
    Column("size", lambda one: format_size(one.size)),
)


def size_text(found: Sequence[PruneCandidate]) -> str:
    """How many journals, and their size."""
    return f"{counted(len(found), 'journal')}, {format_size(sum(one.size for one in found))}"


def prune_consequence(found: Sequence[PruneCandidate]) -> str:
    """What is lost with these journals."""
    unsettled = sum(one.unsettled for one in found)
    lost = (
        f"; {counted(unsettled, 'pending or unknown recipient')} can no longer be resolved"
        if unsettled
        else ""
    )
    return f"This deletes {size_text(found)}: sescli no longer knows that these names were sent{lost}"
