"""Service of `bulk prune`: deletes journals that are no longer needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.errors import LocalError, UsageError
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.run_metadata import RunTarget
from sescli.groups.bulk.journal.summary import FINISHED, RunSummary, summarize
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta

    from sescli.groups.bulk.journal.runs import RunRepository

INTERRUPTED_LOAD = "cut off"
# Files of SQLite next to a journal during a run and after a crash.
_SUFFIXES = ("-wal", "-shm")


@dataclass(frozen=True)
class PruneCandidate:
    """A journal that can be deleted. `unsettled` counts pending and unknown recipients; `size` is in bytes.

    `state` is the state of its run, or `cut off` for a journal whose loading was interrupted by a crash.
    """

    run: str
    name: str
    place: str
    region: str
    state: str
    recipients: int
    sent: int
    unsettled: int
    last_active: datetime
    size: int
    journal: str


@dataclass(frozen=True)
class PruneOptions:
    """Which journals to delete: `wanted` by ID or name, or else all finished ones; `unfinished` adds the others."""

    wanted: Sequence[str] = ()
    older_than: timedelta | None = None
    unfinished: bool = False


def select_journals(
    runs: RunRepository,
    options: PruneOptions,
    place: Callable[[], str],
    now: float,
    note_skipped: Callable[[str], None],
) -> list[PruneCandidate]:
    """The journals that the options select; `note_skipped` gets a sentence for each one that is kept.

    Raises `UsageError` for a named run that a process is sending, and `NotFoundError`.
    """
    if options.wanted:
        found = [_named(runs, wanted, place) for wanted in dict.fromkeys(options.wanted)]
        return [one for one in dict.fromkeys(found) if _is_old(one, options, now)]
    found = [*_of_all_runs(runs, options, note_skipped), *_cut_off(runs)]
    return [one for one in found if _is_old(one, options, now)]


def delete(runs: RunRepository, candidates: Sequence[PruneCandidate]) -> int:
    """Delete these journals; returns the number of bytes freed.

    Raises `UsageError` if a process sends or has resumed one of them since it was selected, and `LocalError`.
    """
    return sum(_delete(runs, one) for one in candidates)


def _named(runs: RunRepository, wanted: str, place: Callable[[], str]) -> PruneCandidate:
    path = runs.find(wanted, lambda metadata: metadata.place == place())
    with Journal.for_reading(path) as journal:
        if runs.is_locked(journal.metadata.name, journal.metadata.target):
            raise UsageError(
                f"another process is sending '{journal.metadata.name}'; nothing was deleted",
                hint=Advice("watch it: ", NextCommand("bulk", "show", journal.metadata.name)),
                code="RunInUse",
            )
        return _candidate(path, summarize(journal, running=False))


def _of_all_runs(
    runs: RunRepository, options: PruneOptions, note_skipped: Callable[[str], None]
) -> Iterator[PruneCandidate]:
    for journal in runs.open_all(lambda message: note_skipped(f"Not deleted; delete it yourself: {message}")):
        if runs.is_locked(journal.metadata.name, journal.metadata.target):
            metadata = journal.metadata
            note_skipped(f"Kept {metadata.run}: another process is sending '{metadata.name}'")
            continue
        found = _candidate(journal.path, summarize(journal, running=False))
        if not options.unfinished and (found.state != FINISHED or found.unsettled):
            note_skipped(f"Kept {found.run}: {counted(found.unsettled, 'recipient')} pending or unknown")
            continue
        yield found


def _candidate(path: Path, summary: RunSummary) -> PruneCandidate:
    return PruneCandidate(
        run=summary.run,
        name=summary.name,
        place=summary.place,
        region=summary.region,
        state=summary.state,
        recipients=summary.recipients,
        sent=summary.sent,
        unsettled=summary.pending + summary.sending + summary.unknown,
        last_active=summary.finished_at or _touched(path),
        size=_size(path),
        journal=str(path),
    )


def _cut_off(runs: RunRepository) -> Iterator[PruneCandidate]:
    for path, name in runs.incomplete_loads():
        yield PruneCandidate(
            path.name, name, "", "", INTERRUPTED_LOAD, 0, 0, 0, _touched(path), _size(path), str(path)
        )


def _is_old(one: PruneCandidate, options: PruneOptions, now: float) -> bool:
    if options.older_than is None:
        return True
    return datetime.fromtimestamp(now, UTC) - one.last_active >= options.older_than


def _touched(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _files(path: Path) -> list[Path]:
    """The files of a journal, the journal first: without its write-ahead log it would show a wrong state."""
    return [path, *(path.with_name(path.name + suffix) for suffix in _SUFFIXES)]


def _size(path: Path) -> int:
    return sum(one.stat().st_size for one in _files(path) if one.exists())


def _delete(runs: RunRepository, one: PruneCandidate) -> int:
    path = Path(one.journal)
    target = RunTarget(one.place, one.region)
    lock = path.with_suffix(".lock") if one.state == INTERRUPTED_LOAD else runs.lock_path(one.name, target)
    with runs.lock_file(lock, one.name):
        if one.state != INTERRUPTED_LOAD and path.exists():
            _refuse_changed(one, path)
        freed = _size(path)
        for file in _files(path):
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                message = f"cannot delete {file}: {error.strerror or error}"
                raise LocalError(message, code="Journal") from error
    return freed


def _refuse_changed(one: PruneCandidate, path: Path) -> None:
    """Raise if another process has resumed the run since the user confirmed."""
    with Journal.for_reading(path) as journal:
        found = _candidate(path, summarize(journal, running=False))
    if (found.sent, found.unsettled, found.last_active) != (one.sent, one.unsettled, one.last_active):
        raise UsageError(
            f"{one.run} was resumed in the meantime; it was not deleted",
            hint=Advice("see its state: ", NextCommand("bulk", "show", one.run)),
            code="RunInUse",
        )
