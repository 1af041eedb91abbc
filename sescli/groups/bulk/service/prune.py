"""The use case of `bulk prune`: journals that are no longer needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sescli.errors import LocalError, UsageError
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.run_metadata import RunTarget
from sescli.groups.bulk.journal.summary import FINISHED, RunSummary, summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta

    from sescli.groups.bulk.journal.runs import RunRepository

CUT_OFF = "cut off"
# What SQLite keeps beside a journal while it is written, and after a crash.
_BESIDE = ("-wal", "-shm")


@dataclass(frozen=True)
class PruneCandidate:
    """A journal that may go. `unsettled` counts recipients without an outcome or in doubt; `size` is in bytes.

    `state` is that of its run, or `cut off` for what a crash left of a loading: that was never a run.
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
    """Which journals: `wanted` by id or name, else all that are finished and settled; `unfinished` adds the others."""

    wanted: Sequence[str] = ()
    older_than: timedelta | None = None
    unfinished: bool = False


def select_journals(
    runs: RunRepository, choice: PruneOptions, place: str, now: float, note_skipped: Callable[[str], None]
) -> list[PruneCandidate]:
    """The journals that the choice means; `note_skipped` is told of each that it might mean and that stays.

    Raises `UsageError` for a run that is named and is being sent, `NotFoundError` for one that is not there.
    """
    if choice.wanted:
        found = [_named(runs, wanted, place) for wanted in dict.fromkeys(choice.wanted)]
        return [one for one in dict.fromkeys(found) if _is_old(one, choice, now)]
    everything = [*_of_all_runs(runs, choice, note_skipped), *_cut_off(runs)]
    return [one for one in everything if _is_old(one, choice, now)]


def delete(runs: RunRepository, candidates: Sequence[PruneCandidate]) -> int:
    """Delete these journals; gives the bytes that are free then.

    Raises `UsageError` where a process has begun to send one of them or has gone on with it since it was chosen,
    and `LocalError`.
    """
    return sum(_delete(runs, one) for one in candidates)


def _named(runs: RunRepository, wanted: str, place: str) -> PruneCandidate:
    path = runs.find(wanted, lambda metadata: metadata.place == place)
    with Journal.for_reading(path) as journal:
        if runs.is_locked(journal.metadata.name, journal.metadata.target):
            raise UsageError(
                f"a process is sending '{journal.metadata.name}' right now; nothing was deleted",
                hint=f"watch it: sescli bulk show {journal.metadata.name}",
                code="RunInUse",
            )
        return _candidate(path, summarize(journal, running=False))


def _of_all_runs(
    runs: RunRepository, choice: PruneOptions, note_skipped: Callable[[str], None]
) -> Iterator[PruneCandidate]:
    for journal in runs.open_all(lambda message: note_skipped(f"{message}: it stays, delete it by hand")):
        if runs.is_locked(journal.metadata.name, journal.metadata.target):
            note_skipped(
                f"{journal.metadata.run} stays: a process is sending '{journal.metadata.name}' right now"
            )
            continue
        found = _candidate(journal.path, summarize(journal, running=False))
        if not choice.unfinished and (found.state != FINISHED or found.unsettled):
            note_skipped(f"{found.run} stays: {found.unsettled:,} of its recipients are pending or unknown")
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
            path.name, name, "", "", CUT_OFF, 0, 0, 0, _touched(path), _size(path), str(path)
        )


def _is_old(one: PruneCandidate, choice: PruneOptions, now: float) -> bool:
    if choice.older_than is None:
        return True
    return datetime.fromtimestamp(now, UTC) - one.last_active >= choice.older_than


def _touched(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _files(path: Path) -> list[Path]:
    """The journal first: its log without it says nothing, but it without its log would say what is not so."""
    return [path, *(path.with_name(path.name + suffix) for suffix in _BESIDE)]


def _size(path: Path) -> int:
    return sum(one.stat().st_size for one in _files(path) if one.exists())


def _delete(runs: RunRepository, one: PruneCandidate) -> int:
    path = Path(one.journal)
    target = RunTarget(one.place, one.region)
    lock = path.with_suffix(".lock") if one.state == CUT_OFF else runs.lock_path(one.name, target)
    with runs.lock_file(lock, one.name):
        if one.state != CUT_OFF and path.exists():
            _refuse_changed(one, path)
        freed = _size(path)
        for file in _files(path):
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                message = f"{file} cannot be deleted: {error.strerror or error}"
                raise LocalError(message, code="Journal") from error
    return freed


def _refuse_changed(one: PruneCandidate, path: Path) -> None:
    """What was agreed to is gone where somebody has gone on with the run while the question stood."""
    with Journal.for_reading(path) as journal:
        found = _candidate(path, summarize(journal, running=False))
    if (found.sent, found.unsettled, found.last_active) != (one.sent, one.unsettled, one.last_active):
        raise UsageError(
            f"{one.run} has been gone on with meanwhile; it was not deleted",
            hint=f"look at it: sescli bulk show {one.run}",
            code="RunInUse",
        )
