"""Services of `bulk show`, `bulk list` and `bulk results`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.summary import RunSummary, summarize
from sescli.groups.bulk.model.entries import STATES, RecipientResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sescli.groups.bulk.journal.runs import RunRepository


def show(runs: RunRepository, wanted: str | None, place: Callable[[], str]) -> RunSummary:
    """The summary of one run; of several runs of a name, the one at this place."""
    with Journal.for_reading(_found(runs, wanted, place)) as journal:
        return summarize(journal, running=runs.is_locked(journal.metadata.name, journal.metadata.target))


def summaries(runs: RunRepository, warn: Callable[[str], None]) -> Iterator[RunSummary]:
    """The summary of every run, newest first."""
    for journal in runs.open_all(warn):
        yield summarize(journal, running=runs.is_locked(journal.metadata.name, journal.metadata.target))


def results(
    runs: RunRepository, wanted: str | None, place: Callable[[], str], states: Sequence[str] = STATES
) -> Iterator[RecipientResult]:
    """The result of every recipient of a run, in the order of the batch file, as a stream."""
    with Journal.for_reading(_found(runs, wanted, place)) as journal:
        yield from journal.results(states)


def _found(runs: RunRepository, wanted: str | None, place: Callable[[], str]) -> Path:
    return runs.find(wanted, lambda metadata: metadata.place == place())
