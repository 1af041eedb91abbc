"""Whether a name has been run already: one name is one mailing, at each site."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sescli.bulk.journal import Journal
from sescli.bulk.summary import FINISHED, summarise
from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sescli.bulk.runs import Runs
    from sescli.bulk.site import Site


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
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "1")
    if attempt not in {"", "1"}:
        return UsageError(
            f"this is attempt {attempt} of a workflow, and the journal of the first did not"
            f" come along: '{name}' may have been sent",
            hint="keep the journal as an artifact (--journal PATH); to send all the same: --again",
            code="JournalMissing",
        )
    return None


def _into(path: Path, name: str, site: Site, *, again: bool) -> UsageError:
    with Journal.for_reading(path) as journal:
        head = journal.head
    if again or (head.name, head.site) != (name, site):
        return UsageError(
            f"{path} holds a run already: '{head.name}' at {head.site}",
            hint="name another file: --journal PATH",
            code="JournalTaken",
        )
    return _known(path, name, f"--journal {shlex.quote(str(path))}")


def _known(path: Path, name: str, which: str) -> UsageError:
    with Journal.for_reading(path) as journal:
        state = summarise(journal, running=False).state
    way = (
        f"its outcome: sescli bulk show {which}; a second mailing to everybody: --again, or another name"
        if state == FINISHED
        else f"go on with it: sescli bulk resume {which}"
    )
    return UsageError(f"'{name}' has been run already ({state})", hint=way, code="RunExists")
