"""Whether a name has been run already: one name is one mailing, at each site."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.summary import FINISHED, summarise

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sescli.groups.bulk.journal.run_metadata import Head
    from sescli.groups.bulk.journal.runs import Runs
    from sescli.groups.bulk.journal.target import Site

# Which attempt of a job this is: a variable of our own, for any CI system and before what GitHub says.
_ATTEMPT = ("SESCLI_RUN_ATTEMPT", "GITHUB_RUN_ATTEMPT")


def refusal(
    runs: Runs, name: str, site: Site, environ: Mapping[str, str], *, again: bool
) -> UsageError | None:
    """Why a run of this name may not start, with the way out; None when it may.

    A journal that the user names is looked into, and the folder of runs as well: a run there is known on
    this machine. `again` allows a second mailing, though not into a journal that holds a run.
    """
    if runs.journal is not None and runs.journal.exists():
        return _into(runs.journal, name, site, again=again)
    if again:
        return None
    known = next(runs.of_name(name, site), None)
    if known is not None:
        return _known(known, name, name)
    return _lost(runs, name, environ)


def earlier(runs: Runs, name: str, site: Site) -> Path | None:
    """The journal of the run to go on with: the one that the user named, or the newest of this name; else None.

    Raises `UsageError` where the journal that was named holds another run.
    """
    if runs.journal is None:
        return next(runs.of_name(name, site), None)
    if not runs.journal.exists():
        return None
    with Journal.for_reading(runs.journal) as journal:
        head = journal.head
    if (head.name, head.site) != (name, site):
        raise _taken(runs.journal, head)
    return runs.journal


def _lost(runs: Runs, name: str, environ: Mapping[str, str]) -> UsageError | None:
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


def _into(path: Path, name: str, site: Site, *, again: bool) -> UsageError:
    with Journal.for_reading(path) as journal:
        head = journal.head
    if again or (head.name, head.site) != (name, site):
        return _taken(path, head)
    return _known(path, name, f"--journal {shlex.quote(str(path))}")


def _taken(path: Path, head: Head) -> UsageError:
    return UsageError(
        f"{path} holds a run already: '{head.name}' at {head.site}",
        hint="name another file: --journal PATH",
        code="JournalTaken",
    )


def _known(path: Path, name: str, which: str) -> UsageError:
    with Journal.for_reading(path) as journal:
        state = summarise(journal, running=False).state
    way = (
        f"its outcome: sescli bulk show {which}; a second mailing to everybody: --again, or another name"
        if state == FINISHED
        else f"go on with it: sescli bulk resume {which}"
    )
    return UsageError(f"'{name}' has been run already ({state})", hint=way, code="RunExists")
