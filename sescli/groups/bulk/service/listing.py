"""Looking at runs: one, all of them, and what became of each recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.summary import Summary, summarise
from sescli.groups.bulk.model.entries import STATES, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sescli.groups.bulk.journal.runs import Runs


def show(runs: Runs, wanted: str | None, place: str) -> Summary:
    """One run; of several of a name the one at this place."""
    with Journal.for_reading(_found(runs, wanted, place)) as journal:
        return summarise(journal, running=runs.is_held(journal.head.name, journal.head.site))


def summaries(runs: Runs, warn: Callable[[str], None]) -> Iterator[Summary]:
    """Every run, the newest first."""
    for journal in runs.journals(warn):
        yield summarise(journal, running=runs.is_held(journal.head.name, journal.head.site))


def results(runs: Runs, wanted: str | None, place: str, states: Sequence[str] = STATES) -> Iterator[Result]:
    """The outcome of every recipient of a run, in the order of its batch file, as a stream."""
    with Journal.for_reading(_found(runs, wanted, place)) as journal:
        yield from journal.results(states)


def _found(runs: Runs, wanted: str | None, place: str) -> Path:
    return runs.find(wanted, lambda head: head.place == place)
