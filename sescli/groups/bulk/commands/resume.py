"""`sescli bulk resume`: continue a run that stopped."""

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

ResendUnknown = Annotated[
    bool,
    typer.Option(
        "--resend-unknown",
        help="Also send to recipients whose result is unknown; some may get a second message.",
    ),
]


@command(app, "resume", examples=["sescli bulk resume", "sescli bulk resume --resend-unknown"])
def resume(
    rt: Runtime,
    run: RunName = None,
    journal: JournalPath = None,
    resend_unknown: ResendUnknown = False,
    accept_changes: AcceptChanges = False,
) -> Details | Lines:
    """Continue a run that stopped: send to the pending recipients, and to no others.

    The journal contains everything that the run needs; sescli does not read the batch file and the recipients
    file again. If sescli was killed during a call, the result of this call is unknown, and sescli does not
    send to these recipients again. For a finished run the command shows the summary.

    It does not ask for confirmation and does not need --yes, because you confirmed the run when it started.
    Only --resend-unknown asks.
    """
    from sescli.groups.bulk.service import resume as bulk_resume

    timeout = send_timeout(rt)
    with run_context(rt) as context:
        ended = bulk_resume.resume(
            rt.aws,
            find_runs(rt, journal),
            run,
            timeout,
            context,
            resend_unknown=resend_unknown,
            accept_changes=accept_changes,
            confirm=lambda consequence: rt.confirm("Send to them again?", consequence=consequence),
        )
    return run_result(rt, ended, journal)
