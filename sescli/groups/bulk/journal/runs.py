"""The runs on this machine: where their journals are, which is meant, and who may write to one."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sescli.errors import LocalError, NotFoundError, SescliError, UsageError
from sescli.groups.bulk.journal.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sescli.groups.bulk.journal.run_metadata import RunMetadata, RunTarget

SUFFIX = ".journal"
_LOADING, _LOCK = ".loading", ".lock"
# How long a look at a lock may hold up its owner-to-be, in seconds.
_PATIENCE = 0.5
# How long the name of a new journal may be waited for, in seconds: it takes a rename and two fsyncs.
_NAMING = 30
_RUN = re.compile(r"(?P<name>.+)-\d{8}T\d{6}Z(-\d+)?")


@dataclass(frozen=True)
class RunRepository:
    """The journals in a folder; or, with `journal`, the one that the user named."""

    folder: Path
    journal: Path | None = None

    def find(self, wanted: str | None, here: Callable[[RunMetadata], bool]) -> Path:
        """The journal of a run: by its id, by its name (the newest of that name), or the newest of all.

        Of several those come first that are `here`. Raises `NotFoundError` with what there is.
        """
        if self.journal is not None:
            if not self.journal.exists():
                raise NotFoundError(f"there is no journal {self.journal}", hint="sescli bulk run makes one")
            return self.journal
        if wanted is not None and (exact := self.folder / f"{wanted}{SUFFIX}").exists():
            return exact
        found = [path for path in self.newest_first() if wanted is None or _name_of(path) == wanted]
        if not found:
            what = f"no run is called '{wanted}'" if wanted else "there is no run yet"
            raise NotFoundError(what, hint="sescli bulk list" if wanted else "sescli bulk run BATCH_FILE")
        return next((path for path in found if (metadata := _metadata_of(path)) and here(metadata)), found[0])

    def has_run(self, wanted: str) -> bool:
        """Whether a run has this id or this name."""
        return any(wanted in {path.name.removesuffix(SUFFIX), _name_of(path)} for path in self.newest_first())

    def newest_first(self) -> list[Path]:
        """All journals, the newest first. What is still being loaded is no run."""
        paths = [path for path in self.folder.glob(f"*{SUFFIX}") if not path.name.startswith(".")]
        return sorted(paths, key=lambda path: (_stamp(path), path.name), reverse=True)

    def with_name(self, name: str, target: RunTarget) -> Iterator[Path]:
        """The journals in the folder of a name at a site, the newest first. Raises `LocalError`."""
        for path in self.newest_first():
            if _name_of(path) == name:
                with Journal.for_reading(path) as journal:
                    if journal.metadata.target != target:
                        continue
                yield path

    def new_run(self, name: str, now: float) -> tuple[str, Path]:
        """An id for a new run, and where its journal goes."""
        run = base = f"{name}-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}"
        number = 1
        while (self.folder / f"{run}{SUFFIX}").exists():
            number += 1
            run = f"{base}-{number}"
        return run, self.journal or self.folder / f"{run}{SUFFIX}"

    def naming_lock(self) -> AbstractContextManager[object]:
        """From `new` until the journal lies there: two sites may begin runs of a name in the same second."""
        if self.journal is not None:
            return nullcontext()
        from filelock import FileLock

        return FileLock(self.folder / ".naming.lock", timeout=_NAMING, mode=0o600)

    def loading_path(self, name: str, target: RunTarget) -> Path:
        """Where a journal of this name is filled before it becomes a run."""
        if self.journal is not None:
            return self.journal.with_name(f".{self.journal.name}{_LOADING}")
        return self.folder / f".{name}.{target.slug}{_LOADING}"

    def lock_path(self, name: str, target: RunTarget) -> Path:
        """The file whose lock says that a process sends this run, or starts one of its name.

        A journal has one such lock, whichever way it is named: by its run, by its path, by a link.
        """
        beside = self._lock_beside_journal()
        if beside is not None and beside.parent != self.folder.resolve():
            return beside
        return self.folder / f".{name}.{target.slug}{_LOCK}"

    def _lock_beside_journal(self) -> Path | None:
        if self.journal is None:
            return None
        journal = self.journal.resolve()
        return journal.with_name(f".{journal.name}{_LOCK}")

    def incomplete_loads(self) -> Iterator[tuple[Path, str]]:
        """What a crash left of loadings that never became runs, each with its name."""
        for path in sorted(self.folder.glob(f".*{_LOADING}")):
            if not _is_locked(path.with_suffix(_LOCK)):
                yield path, path.name[1:].partition(".")[0]  # a name holds no dot

    @contextmanager
    def lock(self, name: str, target: RunTarget) -> Iterator[None]:
        """Be the only process that works on runs of this name at this site, and on the journal that the user named.

        The lock is the operating system's: when its owner dies, it is free. Raises `UsageError` where another
        process holds it.
        """
        with ExitStack() as stack:
            lock, beside = self.lock_path(name, target), self._lock_beside_journal()
            stack.enter_context(self.lock_file(lock, name))
            if beside is not None and beside != lock:
                stack.enter_context(self.lock_file(beside, name))
            yield

    @contextmanager
    def lock_file(self, path: Path, name: str) -> Iterator[None]:
        """Hold a lock of this name; as `lock`."""
        from filelock import FileLock, Timeout

        lock = FileLock(path, timeout=_PATIENCE, mode=0o600)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise UsageError(
                f"another process is sending '{name}' right now",
                hint=f"watch it: sescli bulk show {name}",
                code="RunInUse",
            ) from error
        except OSError as error:
            raise LocalError(
                f"the journal's folder {path.parent} cannot be written: {error.strerror or error}",
                hint="check its permissions, or name a journal elsewhere: --journal PATH",
                code="Journal",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def is_locked(self, name: str, target: RunTarget) -> bool:
        """Whether a process works on a run of this name at this site now."""
        return _is_locked(self.lock_path(name, target))

    def open_all(self, warn: Callable[[str], None]) -> Iterator[Journal]:
        """Every run's journal, the newest first, open to look; one that cannot be read is named and passed over."""
        for path in self.newest_first():
            try:
                journal = Journal.for_reading(path)
            except SescliError as error:
                warn(error.message)
                continue
            with journal:
                yield journal


def _is_locked(path: Path) -> bool:
    from filelock import FileLock, Timeout

    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that may only be read: whoever wants to write is told so
        return False


def _metadata_of(path: Path) -> RunMetadata | None:
    """What a journal is; None for one that cannot be read."""
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
    """When a run was made, as its id says; the ids of different names sort by it too."""
    match = re.search(r"-(\d{8}T\d{6}Z)(?:-(\d+))?$", path.name.removesuffix(SUFFIX))
    return f"{match[1]}-{int(match[2] or 1):06d}" if match else ""
