"""The runs on this machine: it finds their journals and locks them."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.errors import LocalError, NotFoundError, SescliError, UsageError
from sescli.groups.bulk.journal import registry
from sescli.groups.bulk.journal.database import open_for_reading
from sescli.groups.bulk.journal.file_lock import lock_journal
from sescli.groups.bulk.journal.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sescli.groups.bulk.journal.registry import RegisteredRun
    from sescli.groups.bulk.journal.run_metadata import RunMetadata, RunTarget

SUFFIX = ".journal"
_LOADING, _LOCK = ".loading", ".lock"
# How long to wait for a lock, in seconds: another process may hold it while it checks whether it is locked.
_LOCK_TIMEOUT = 0.5
# How long to wait for another process that names its journal, in seconds: it needs a rename and two fsyncs.
_NAMING_TIMEOUT = 30
_RUN = re.compile(r"(?P<name>.+)-\d{8}T\d{6}Z(-\d+)?")


@dataclass(frozen=True)
class RunRepository:
    """The journals in a folder or, with `journal`, the one that the user named."""

    folder: Path
    journal: Path | None = None

    def find(self, wanted: str | None, here: Callable[[RunMetadata], bool]) -> Path:
        """The journal of a run by its ID, by its name (the newest run of that name), or the newest of all.

        Runs for which `here` is true come before others. Raises `NotFoundError`.
        """
        if self.journal is not None:
            if not self.journal.exists():
                raise NotFoundError(f"journal {self.journal} not found", hint=NextCommand("bulk", "list"))
            return self.journal
        if wanted is not None:
            _check_name(wanted)
            if (exact := self.folder / f"{wanted}{SUFFIX}").exists():
                return exact
        found = [path for path in self.newest_first() if wanted is None or _name_of(path) == wanted]
        if not found:
            what = f"run '{wanted}' not found" if wanted else "there are no runs yet"
            hint = NextCommand("bulk", "list") if wanted else NextCommand("bulk", "run", "BATCH_FILE")
            raise NotFoundError(what, hint=hint)
        if len(found) == 1:
            return found[0]
        return next((path for path in found if (metadata := _metadata_of(path)) and here(metadata)), found[0])

    def has_run(self, wanted: str) -> bool:
        """Whether a run has this ID or name."""
        return any(wanted in {path.name.removesuffix(SUFFIX), _name_of(path)} for path in self.newest_first())

    def newest_first(self) -> list[Path]:
        """All journals, newest first, without those that are still being loaded.

        Their counter orders them, because clocks can be set back. Journals of version 0.1 have none and are older.
        """
        paths = [path for path in self.folder.glob(f"*{SUFFIX}") if not path.name.startswith(".")]
        return sorted(paths, key=lambda path: (sequence_of(path), _stamp(path), path.name), reverse=True)

    def next_sequence(self) -> int:
        """The counter of a new run. Call it while the naming lock is held."""
        return max((sequence_of(path) for path in self.folder.glob(f"*{SUFFIX}")), default=0) + 1

    def registered(self, name: str, target: RunTarget) -> RegisteredRun | None:
        """The run of this name and target whose journal is elsewhere, or None."""
        return registry.registered(self.folder, name, target)

    def register(self, name: str, target: RunTarget, *, started: bool, warn: Callable[[str], None]) -> None:
        """Record a run with its own journal, so that its name is not sent a second time from this machine."""
        if self.journal is None:
            return
        try:
            registry.register(self.folder, name, target, self.journal, started=started)
        except OSError as error:
            warn(
                f"cannot record this run in {self.folder} ({error.strerror}): only the file of --journal protects"
                f" '{name}' from a second run"
            )

    def with_name(self, name: str, target: RunTarget) -> Iterator[Path]:
        """The journals in the folder with this name and target, newest first. Raises `LocalError`."""
        for path in self.newest_first():
            if _name_of(path) == name:
                with Journal.for_reading(path) as journal:
                    if journal.metadata.target != target:
                        continue
                yield path

    def new_run(self, name: str, now: float) -> tuple[str, Path]:
        """The ID of a new run, and the path of its journal."""
        run = base = f"{name}-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}"
        number = 1
        while (self.folder / f"{run}{SUFFIX}").exists():
            number += 1
            run = f"{base}-{number}"
        return run, self.journal or self.folder / f"{run}{SUFFIX}"

    def naming_lock(self) -> AbstractContextManager[object]:
        """A lock to hold from `new_run` until the journal exists: runs of a name can start in the same second."""
        if self.journal is not None:
            return nullcontext()
        from filelock import FileLock

        return FileLock(self.folder / ".naming.lock", timeout=_NAMING_TIMEOUT, mode=0o600)

    def loading_path(self, name: str, target: RunTarget) -> Path:
        """The path of a journal that is being loaded."""
        if self.journal is not None:
            return self.journal.with_name(f".{self.journal.name}{_LOADING}")
        return self.folder / f".{name}.{target.slug}{_LOADING}"

    def lock_path(self, name: str, target: RunTarget) -> Path:
        """The lock file of a run: a process that sends it, or starts one of its name, holds the lock.

        A journal has the same lock file however the user names it: by run, by path, or by a link.
        """
        beside = self._lock_beside_journal()
        if beside is not None and beside.parent != self.folder.resolve():
            return beside
        return self._name_lock(name, target)

    def _name_lock(self, name: str, target: RunTarget) -> Path:
        return self.folder / f".{name}.{target.slug}{_LOCK}"

    def _lock_beside_journal(self) -> Path | None:
        if self.journal is None:
            return None
        journal = self.journal.resolve()
        return journal.with_name(f".{journal.name}{_LOCK}")

    def incomplete_loads(self) -> Iterator[tuple[Path, str]]:
        """Journals whose loading was interrupted by a crash, each with the name of its run."""
        for path in sorted(self.folder.glob(f".*{_LOADING}")):
            if not _is_locked(path.with_suffix(_LOCK)):
                yield path, path.name[1:].partition(".")[0]  # names have no dot

    @contextmanager
    def lock(self, name: str, target: RunTarget, journal: Path | None = None) -> Iterator[None]:
        """Hold the lock of this name and target, that of the path that the user named, and that of an existing journal.

        The operating system releases the lock when the process ends. Raises `UsageError` if another process holds it.
        """
        with ExitStack() as stack:
            for lock in dict.fromkeys(
                (self._name_lock(name, target), self.lock_path(name, target), self._lock_beside_journal())
            ):
                if lock is not None and not (self.journal and _is_unwritable(lock.parent)):
                    stack.enter_context(self.lock_file(lock, name))
            if journal is not None:
                stack.enter_context(lock_journal(journal, name))
            yield

    @contextmanager
    def lock_file(self, path: Path, name: str) -> Iterator[None]:
        """Hold the lock of a file; errors are those of `lock`."""
        from filelock import FileLock, Timeout

        lock = FileLock(path, timeout=_LOCK_TIMEOUT, mode=0o600)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise UsageError(
                f"another process is sending '{name}' right now",
                hint=Advice("watch it: ", NextCommand("bulk", "show", name)),
                code="RunInUse",
            ) from error
        except OSError as error:
            raise LocalError(
                f"cannot write to the journal folder {path.parent}: {error.strerror or error}",
                hint="check its permissions, or use a journal elsewhere: --journal PATH",
                code="Journal",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def is_locked(self, name: str, target: RunTarget) -> bool:
        """Whether a process holds the lock of this name and target."""
        return _is_locked(self.lock_path(name, target))

    def open_all(self, warn: Callable[[str], None]) -> Iterator[Journal]:
        """Open every journal read-only, newest first. Unreadable ones are skipped with a warning."""
        for path in self.newest_first():
            try:
                journal = Journal.for_reading(path)
            except SescliError as error:
                warn(error.message)
                continue
            with journal:
                yield journal


def _check_name(wanted: str) -> None:
    """Refuse a path: prune deletes the journal of a run, and must not reach another folder."""
    if wanted.startswith(".") or any(sign in wanted for sign in "/\\\0"):
        raise UsageError(
            f"'{wanted}' is a path, not the name or ID of a run",
            hint=Advice(
                "see the runs: ", NextCommand("bulk", "list"), "; for a journal elsewhere: --journal PATH"
            ),
        )


def sequence_of(path: Path) -> int:
    """The counter of a run, which orders runs; 0 for journals of version 0.1 and unreadable ones."""
    import sqlite3

    with suppress(sqlite3.Error), closing(open_for_reading(path, ignore_log=True)) as database:
        return int(database.execute("SELECT coalesce(sequence, 0) FROM run").fetchone()[0])
    return 0


def _is_unwritable(folder: Path) -> bool:
    """Whether a process cannot create files in a folder, which may not exist yet."""
    existing = next(one for one in (folder, *folder.parents) if one.exists())
    return not os.access(existing, os.W_OK)


def _is_locked(path: Path) -> bool:
    from filelock import FileLock, Timeout

    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a read-only folder: a process that writes gets the error
        return False


def _metadata_of(path: Path) -> RunMetadata | None:
    """The metadata of a journal; None if it cannot be read."""
    try:
        with Journal.for_reading(path) as journal:
            return journal.metadata
    except SescliError:
        return None


def _name_of(path: Path) -> str:
    run = path.name.removesuffix(SUFFIX)
    match = _RUN.fullmatch(run)
    return match["name"] if match else run


def _stamp(path: Path) -> str:
    """The creation time in the ID of a run, to sort runs of different names."""
    match = re.search(r"-(\d{8}T\d{6}Z)(?:-(\d+))?$", path.name.removesuffix(SUFFIX))
    return f"{match[1]}-{int(match[2] or 1):06d}" if match else ""
