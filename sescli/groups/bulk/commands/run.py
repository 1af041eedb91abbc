"""`sescli bulk run`: send a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.errors import UsageError
from sescli.exits import ExitCode
from sescli.groups.bulk.commands.context import find_runs, read_batch, run_context, send_timeout
from sescli.groups.bulk.commands.options import AcceptChanges, BatchOptions
from sescli.groups.bulk.views.report import plan_text, report_details
from sescli.groups.bulk.views.summary import run_result
from sescli.output.results import Details, Lines
from sescli.runtime import Runtime
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from sescli.groups.bulk.service.validate import BatchReport

app = typer.Typer()

Resume = Annotated[
    bool, typer.Option("--resume", help="Continue the run of this name if there is one (for CI).")
]


@command(
    app,
    "run",
    examples=[
        "sescli bulk run examples/bulk/order-confirmation.yaml --yes",
        "sescli bulk run examples/bulk/demo.yaml --yes -o jsonl",
    ],
)
def run(
    rt: Runtime,
    options: BatchOptions,
    *,
    resume: Resume = False,
    accept_changes: AcceptChanges = False,
) -> Details | Lines:
    """Send a batch: at most one message to each recipient.

    sescli writes every recipient to a journal before the first API call, and then the result of each call. So
    you can stop a run at any time and continue it with 'bulk resume'. With --resume, the same command starts a run or
    continues it. Nothing is sent while a row is invalid.

    Exit code 0: SES accepted a message for every recipient that was not skipped on purpose. 3: some
    recipients failed, are unknown or are still pending. 6: the quota is used up. 130: interrupted with
    Ctrl-C.
    """
    from sescli.groups.bulk.service import run as bulk_run
    from sescli.groups.bulk.service import validate as bulk_check

    if resume and options.again:
        raise UsageError("--resume continues a run and --again starts a second one; use only one of them")
    batch, runs = read_batch(rt, options), find_runs(rt, options.journal)
    choices = bulk_check.RunOptions(
        options.skip_invalid, options.skip_suppressed, options.again, send_timeout(rt), resume, accept_changes
    )

    def confirm(report: BatchReport) -> None:
        _confirm_plan(rt, report, batch.limits.max_recipients)

    with run_context(rt) as context:
        ended = bulk_run.run(rt.aws, batch, runs, choices, context, confirm=confirm, environ=rt.world.environ)
    if isinstance(ended, bulk_check.BatchReport):
        return report_details(ended, None, ExitCode.OK)
    return run_result(rt, ended, options.journal)


def _confirm_plan(rt: Runtime, report: BatchReport, max_recipients: int | None) -> None:
    """Show the plan and ask. Without a terminal: require --yes, and for many recipients a limit in the batch file.

    Raises `UsageError` where the run may not start.
    """
    from sescli.groups.bulk.service.run import MANY

    for finding in report.findings:
        rt.output.warn(finding.message)
    if rt.settings.dry_run:
        rt.output.note(f"This would send {plan_text(report)}.")
        return
    recipients = report.plan.recipients
    if recipients > MANY and max_recipients is None and not rt.asks:
        raise UsageError(
            f"{counted(recipients, 'recipient')}, but there is no terminal to confirm this number",
            hint=f"set a limit in the batch file: limits: {{max_recipients: {recipients}}}",
            code="MaxRecipients",
        )
    if rt.settings.yes:
        rt.output.note(f"Sending {plan_text(report)}.")
    rt.confirm("Send now?", consequence=f"This sends {plan_text(report)}")
