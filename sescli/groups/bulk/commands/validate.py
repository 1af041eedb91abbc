"""`sescli bulk validate`: check a batch without sending it."""

from __future__ import annotations

import typer

from sescli.cli.decorator import command
from sescli.exits import ExitCode
from sescli.groups.bulk.commands.context import find_runs, read_batch, standard_input
from sescli.groups.bulk.commands.options import BatchOptions
from sescli.groups.bulk.views.report import report_details, run_command
from sescli.output.results import Details
from sescli.runtime import Runtime

app = typer.Typer()


@command(app, "validate", examples=["sescli bulk validate examples/bulk/order-confirmation.yaml"])
def validate(rt: Runtime, options: BatchOptions) -> Details:
    """Check a batch file and all its recipients. Sends nothing.

    Reports all problems at once, with their rows: addresses, duplicates, missing template variables, sender, sandbox,
    suppression list, quota, and an earlier run of the same name. Then shows the plan: API calls, minutes, cost. Exits
    with code 3 if 'bulk run' with the same options would not start.
    """
    from sescli.groups.bulk.service import validate as bulk_check

    batch = read_batch(rt, options)
    choices = bulk_check.RunOptions(options.skip_invalid, options.skip_suppressed, options.again)
    report = bulk_check.validate(
        rt.aws,
        batch,
        find_runs(rt, options.journal),
        choices,
        environ=rt.world.environ,
        stdin=standard_input(rt),
    )
    next_step = run_command(options.spec, options.recipients, options.journal, choices)
    exit_code = ExitCode.OK if report.ok else ExitCode.CHECK_FAILED
    return report_details(report, next_step if report.ok else None, exit_code)
