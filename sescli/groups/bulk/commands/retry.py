"""`sescli bulk retry`: send again to recipients that failed."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.groups.bulk.commands.context import find_runs, run_context, send_timeout
from sescli.groups.bulk.commands.options import AcceptChanges, JournalPath, RunName
from sescli.groups.bulk.views.summary import run_result
from sescli.output.results import Details, Lines
from sescli.runtime import Runtime

app = typer.Typer()

Codes = Annotated[
    list[str] | None,
    typer.Option("--code", help="Only recipients that failed with this code. Repeatable.", metavar="CODE"),
]


@command(app, "retry", examples=["sescli bulk retry", "sescli bulk retry --code MESSAGE_REJECTED"])
def retry(
    rt: Runtime,
    run: RunName = None,
    journal: JournalPath = None,
    code: Codes = None,
    accept_changes: AcceptChanges = False,
) -> Details | Lines:
    """Send again to recipients that failed for a temporary reason.

    SES rejected these messages, so no recipient gets two. 'bulk show' lists the codes; with --code you can retry any of
    them. Pending recipients stay pending; use 'bulk resume' for them. Like 'bulk resume', this needs no --yes.
    """
    from sescli.groups.bulk.service import resume as bulk_resume

    timeout = send_timeout(rt)
    with run_context(rt) as context:
        ended = bulk_resume.retry(
            rt.aws, find_runs(rt, journal), run, timeout, context, codes=code, accept_changes=accept_changes
        )
    return run_result(rt, ended, journal)
