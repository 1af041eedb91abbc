"""Whether a name has been run already: one name is one mailing, at each site."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.summary import FINISHED, summarize

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sescli.groups.bulk.journal.run_metadata import RunMetadata, RunTarget
    from sescli.groups.bulk.journal.runs import RunRepository

# Which attempt of a job this is: a variable of our own, for any CI system and before what GitHub says.
_ATTEMPT = ("SESCLI_RUN_ATTEMPT", "GITHUB_RUN_ATTEMPT")


def rerun_error(
    runs: RunRepository, name: str, target: RunTarget, environ: Mapping[str, str], *, again: bool
) -> UsageError | None:
    """Why a run of this name may not start, with the way out; None when it may.

    A journal that the user names is looked into, and the folder of runs as well: a run there is known on
    this machine. `again` allows a second mailing, though not into a journal that holds a run.
    """
    if runs.journal is not None and runs.journal.exists():
        return _journal_in_use(runs.journal, name, target, again=again)
    if again:
        return None
    known = next(runs.with_name(name, target), None)
    if known is not None:
        return _run_exists(known, name, name)
    return _journal_missing(runs, name, environ)


def earlier(runs: RunRepository, name: str, target: RunTarget) -> Path | None:
    """The journal of the run to go on with: the one that the user named, or the newest of this name; else None.

    Raises `UsageError` where the journal that was named holds another run.
    """
    if runs.journal is None:
        return next(runs.with_name(name, target), None)
    if not runs.journal.exists():
        return None
    with Journal.for_reading(runs.journal) as journal:
        metadata = journal.metadata
    if (metadata.name, metadata.target) != (name, target):
        raise _journal_taken(runs.journal, metadata)
    return runs.journal


def _journal_missing(runs: RunRepository, name: str, environ: Mapping[str, str]) -> UsageError | None:
    """An earlier attempt of a CI job may have sent, and its journal is not here."""
    variable, attempt = _attempt(environ)
    if attempt == 1:
        return None
    looked = f" ({runs.journal} is not there)" if runs.journal else ""
    return UsageError(
        f"this is attempt {attempt} of a job ({variable}), and the journal of an earlier one did not"
        f" come along{looked}: '{name}' may have been sent",
        hint="keep the journal from one attempt to the next (docs/bulk-in-ci.md); to send to everybody: --again",
        code="JournalMissing",
    )


def _attempt(environ: Mapping[str, str]) -> tuple[str, int]:
    """Which attempt of a CI job this is, and the variable that says so; 1 where none does.

    Raises `UsageError` for what is no number: it must not pass for a first attempt.
    """
    for variable in _ATTEMPT:
        text = environ.get(variable, "")
        if not text:
            continue
        if not (text.isascii() and text.isdecimal() and int(text)):
            raise UsageError(f"{variable} is {text!r}: it takes the number of the attempt, from 1")
        return variable, int(text)
    return _ATTEMPT[0], 1


def _journal_in_use(path: Path, name: str, target: RunTarget, *, again: bool) -> UsageError:
    with Journal.for_reading(path) as journal:
        metadata = journal.metadata
    if again or (metadata.name, metadata.target) != (name, target):
        return _journal_taken(path, metadata)
    return _run_exists(path, name, f"--journal {shlex.quote(str(path))}")


def _journal_taken(path: Path, metadata: RunMetadata) -> UsageError:
    return UsageError(
        f"{path} holds a run already: '{metadata.name}' at {metadata.target}",
        hint="name another file: --journal PATH",
        code="JournalTaken",
    )


def _run_exists(path: Path, name: str, which: str) -> UsageError:
    with Journal.for_reading(path) as journal:
        state = summarize(journal, running=False).state
    way = (
        f"its outcome: sescli bulk show {which}; a second mailing to everybody: --again, or another name"
        if state == FINISHED
        else f"go on with it: sescli bulk resume {which}"
    )
    return UsageError(f"'{name}' has been run already ({state})", hint=way, code="RunExists")
