"""Refuses to send a name twice: each target can have one run of a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.errors import UsageError
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.summary import FINISHED, summarize

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sescli.groups.bulk.journal.run_metadata import RunMetadata, RunTarget
    from sescli.groups.bulk.journal.runs import RunRepository

# The variables for the attempt of a CI job: our own for any CI system comes before that of GitHub.
_ATTEMPT = ("SESCLI_RUN_ATTEMPT", "GITHUB_RUN_ATTEMPT")


def rerun_error(
    runs: RunRepository, name: str, target: RunTarget, environ: Mapping[str, str], *, again: bool
) -> UsageError | None:
    """Why a run of this name cannot start, or None if it can.

    Checks the journal that the user named and the folder of runs. `again` allows a second run, but not in a journal
    that already has one.
    """
    if runs.journal is not None and runs.journal.exists():
        return _journal_in_use(runs.journal, name, target, again=again)
    if again:
        return None
    known = next(runs.with_name(name, target), None)
    if known is not None:
        return _run_exists(known, name, name)
    return _journal_missing(runs, name, environ) or _registered_elsewhere(runs, name, target)


def earlier_run(runs: RunRepository, name: str, target: RunTarget) -> Path | None:
    """The journal to resume: the one that the user named, or the newest of this name; None if there is none.

    Raises `UsageError` if the named journal belongs to another run.
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
    """The error if an earlier attempt of a CI job may have sent, and its journal is missing."""
    variable, attempt = _attempt(environ)
    if attempt == 1:
        return None
    missing = f" ({runs.journal} not found)" if runs.journal else ""
    return UsageError(
        f"this is attempt {attempt} of the job ({variable}), but the journal of the earlier attempt is"
        f" missing{missing}: '{name}' may already be sent",
        hint="keep the journal between attempts (docs/bulk-in-ci.md); to send to all recipients, add --again",
        code="JournalMissing",
    )


def _registered_elsewhere(runs: RunRepository, name: str, target: RunTarget) -> UsageError | None:
    """The error if a run of this name was started with another file of --journal."""
    known = runs.registered(name, target)
    if known is None:
        return None
    if known.path.exists():
        return _run_exists(known.path, name, "--journal", known.journal)
    if not known.started:  # it ended while it loaded the batch: nothing was sent
        return None
    return UsageError(
        f"'{name}' was started with --journal {known.journal}, but this file is missing: it may already be sent",
        hint="restore the file; to send to all recipients, add --again",
        code="JournalMissing",
    )


def _attempt(environ: Mapping[str, str]) -> tuple[str, int]:
    """The variable with the attempt of a CI job, and its number; 1 if no variable is set.

    Raises `UsageError` for a value that is not a number: it must not count as the first attempt.
    """
    for variable in _ATTEMPT:
        text = environ.get(variable, "")
        if not text:
            continue
        if not (text.isascii() and text.isdecimal() and int(text)):
            raise UsageError(f"{variable} is {text!r}, but must be the number of the attempt, from 1")
        return variable, int(text)
    return _ATTEMPT[0], 1


def _journal_in_use(path: Path, name: str, target: RunTarget, *, again: bool) -> UsageError:
    with Journal.for_reading(path) as journal:
        metadata = journal.metadata
    if again or (metadata.name, metadata.target) != (name, target):
        return _journal_taken(path, metadata)
    return _run_exists(path, name, "--journal", str(path))


def _journal_taken(path: Path, metadata: RunMetadata) -> UsageError:
    return UsageError(
        f"{path} already has a run: '{metadata.name}' in {metadata.target}",
        hint="use another file: --journal PATH",
        code="JournalTaken",
    )


def _run_exists(path: Path, name: str, *target: str) -> UsageError:
    with Journal.for_reading(path) as journal:
        state = summarize(journal, running=False).state
    hint = (
        Advice(
            "see its results: ",
            NextCommand("bulk", "show", *target),
            "; to send to all recipients again, add --again or use another name",
        )
        if state == FINISHED
        else Advice("resume it: ", NextCommand("bulk", "resume", *target))
    )
    return UsageError(f"'{name}' was already run ({state})", hint=hint, code="RunExists")
