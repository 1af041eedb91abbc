"""`sescli bulk`: many recipients from a batch file, with a journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sescli.cli.decorator import command, group
from sescli.errors import UsageError
from sescli.exits import ExitCode
from sescli.groups.bulk.commands import journals
from sescli.groups.bulk.views import report as reports
from sescli.groups.bulk.views import summary as faces
from sescli.groups.bulk.views.summary import JournalPath
from sescli.output.results import Details, Done, Listing
from sescli.runtime import Runtime

app = group("bulk", "Send to many from a YAML batch file, with a journal.")

Spec = Annotated[str, typer.Argument(metavar="BATCH_FILE", help="The batch file; - is standard input.")]
Run = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="A run's id, or its name; the newest run of this place otherwise.",
        autocompletion=faces.run_names,
    ),
]
Recipients = Annotated[
    Path | None,
    typer.Option(
        "--recipients", metavar="PATH", help="A recipients file, in place of the one that is named."
    ),
]
SkipInvalid = Annotated[
    bool, typer.Option("--skip-invalid", help="Leave out bad rows, by name, and send to the others.")
]
SkipSuppressed = Annotated[
    bool, typer.Option("--skip-suppressed", help="Leave out recipients on the suppression list.")
]
Again = Annotated[
    bool, typer.Option("--again", help="Send although a run of this name exists: a second mailing.")
]


@command(
    app,
    "init",
    examples=["sescli bulk init", "sescli bulk init news.yaml --name news --from news@example.com"],
)
def init(
    rt: Runtime,
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="The file to write.")] = Path("batch.yaml"),
    name: Annotated[str | None, typer.Option(help="The name of the run.", metavar="NAME")] = None,
    sender: Annotated[str | None, typer.Option("--from", help="The sender.", metavar="ADDRESS")] = None,
    template: Annotated[str | None, typer.Option(help="A template stored in SES.", metavar="NAME")] = None,
    recipients: Annotated[
        str | None, typer.Option(help="A file of recipients beside it.", metavar="FILE")
    ] = None,
    to: Annotated[str | None, typer.Option(help="The column of the address.", metavar="COLUMN")] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Write the JSON Schema beside it, for editors.")
    ] = False,
) -> Done:
    """Write a commented batch file to begin with.

    On a terminal it asks for what matters; options answer beforehand. The file is valid as it is written:
    'bulk validate' says what is still missing in SES.
    """
    from sescli.groups.bulk.service import init as bulk_init

    given = {"name": name, "sender": sender, "template": template, "recipients": recipients, "to": to}
    starter = bulk_init.build_starter(path, {key: value for key, value in given.items() if value is not None})
    if rt.asks and not rt.settings.yes:
        from sescli.groups.bulk import wizard

        starter = wizard.ask(rt.prompter, starter)
        rt.output.note("The same without questions:")
        rt.output.step(starter.command())
    if planned := rt.dry_run_result(f"write {path}"):
        return planned
    if path.exists():
        rt.confirm("Overwrite it?", consequence=f"{path} exists")
    written = bulk_init.write(path, starter, schema_too=schema)
    return Done(
        f"Written: {', '.join(map(str, written))}.",
        {"path": str(path), "name": starter.name},
        next=f"sescli bulk validate {path}",
    )


@command(app, "validate", examples=["sescli bulk validate examples/bulk/order-confirmation.yaml"])
def validate(
    rt: Runtime,
    spec: Spec,
    recipients: Recipients = None,
    journal: JournalPath = None,
    skip_invalid: SkipInvalid = False,
    skip_suppressed: SkipSuppressed = False,
    again: Again = False,
) -> Details:
    """Check a batch file and every recipient; send nothing.

    All problems at once, with their rows: addresses, duplicates, variables that the template needs, the
    sender, the sandbox, the suppression list, the quota, an earlier run of the name. Then the plan: calls,
    minutes, cost. Exit code 3 when 'bulk run' with the same options would not start.
    """
    from sescli.groups.bulk.service import validate as bulk_check

    batch = faces.batch(rt, spec, recipients)
    choices = bulk_check.Choices(skip_invalid, skip_suppressed, again)
    known = faces.runs(rt, journal)
    report = bulk_check.validate(
        rt.aws, batch, known, choices, environ=rt.world.environ, stdin=faces.standard_input(rt)
    )
    next_step = reports.run_command(spec, recipients, journal, choices) if report.ok else None
    return reports.report(rt, report, next_step, ExitCode.OK if report.ok else ExitCode.CHECK_FAILED)


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
    spec: Spec,
    recipients: Recipients = None,
    journal: JournalPath = None,
    skip_invalid: SkipInvalid = False,
    skip_suppressed: SkipSuppressed = False,
    again: Again = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run of this name where there is one (for CI).")
    ] = False,
) -> Details | None:
    """Send a batch: at most one mail to each recipient, whatever happens.

    Every recipient is in a journal before the first call, and has its outcome there after it, so the run can
    be stopped at any instant and gone on with by 'bulk resume'. With --resume the same command begins a run
    and goes on with it. Nothing is sent while a row is bad. Exit code 0 only when every recipient is sent or
    was skipped on purpose, else 3; 6 when the quota is used up; 130 after Ctrl-C.
    """
    from sescli.groups.bulk.service import run as bulk_run
    from sescli.groups.bulk.service import validate as bulk_check

    if resume and again:
        raise UsageError("--resume goes on with a run, and --again begins a second one: give one of them")
    batch = faces.batch(rt, spec, recipients)
    choices = bulk_check.Choices(skip_invalid, skip_suppressed, again, faces.send_timeout(rt), resume)
    with faces.run_context(rt) as context:
        ended = bulk_run.run(
            rt.aws,
            batch,
            faces.runs(rt, journal),
            choices,
            context,
            confirm=lambda report: reports.confirm_plan(rt, report, batch.limits.max_recipients),
            environ=rt.world.environ,
        )
    if isinstance(ended, bulk_check.Report):
        return reports.report(rt, ended, None, ExitCode.OK)
    return faces.ended(rt, ended, journal)


@command(app, "list", examples=["sescli bulk list"])
def list_runs(
    rt: Runtime,
    limit: Annotated[int | None, typer.Option(help="Stop after so many.", metavar="N", min=1)] = None,
) -> Listing:
    """List the runs on this machine, the newest first."""
    from itertools import islice

    from sescli.groups.bulk.service import listing

    found = listing.summaries(faces.runs(rt, None), rt.output.warn)
    return Listing(islice(found, limit), faces.RUN, empty="There is no run yet: sescli bulk run BATCH_FILE")


@command(app, "show", examples=["sescli bulk show"])
def show(rt: Runtime, run: Run = None, journal: JournalPath = None) -> Details:
    """Show how a run stands: recipients by state, and the reasons of what was not sent.

    It may be called while another process sends.
    """
    from sescli.groups.bulk.service import listing

    found = listing.show(faces.runs(rt, journal), run, faces.place(rt))
    return faces.summary(found, ExitCode.OK, journal)


@command(app, "resume", examples=["sescli bulk resume", "sescli bulk resume --resend-unknown"])
def resume(
    rt: Runtime,
    run: Run = None,
    journal: JournalPath = None,
    resend_unknown: Annotated[
        bool,
        typer.Option(
            "--resend-unknown", help="Send again to those whose outcome is unknown: some may get two."
        ),
    ] = False,
) -> Details | None:
    """Go on with a run that was stopped: what is pending is sent, and nothing else.

    The journal holds all that is needed: the batch file and its sources are not read again. What was under
    way when sescli died is unknown, and is not sent again by itself. A finished run gives its summary. It
    asks nothing and needs no --yes: the run was agreed to when it began (--resend-unknown does ask).
    """
    from sescli.groups.bulk.service import resume as bulk_resume

    timeout = faces.send_timeout(rt)
    with faces.run_context(rt) as context:
        ended = bulk_resume.resume(
            rt.aws,
            faces.runs(rt, journal),
            run,
            timeout,
            context,
            resend_unknown=resend_unknown,
            confirm=lambda text: rt.confirm("Send to them again?", consequence=text),
        )
    return faces.ended(rt, ended, journal)


@command(app, "retry", examples=["sescli bulk retry", "sescli bulk retry --code MESSAGE_REJECTED"])
def retry(
    rt: Runtime,
    run: Run = None,
    journal: JournalPath = None,
    code: Annotated[
        list[str] | None, typer.Option("--code", help="Only what failed with this code.", metavar="CODE")
    ] = None,
) -> Details | None:
    """Send again to those who failed for a reason that may have passed.

    SES refused these, so nobody gets two. 'bulk show' lists the codes; with --code any of them can be tried.
    What is pending stays so, for 'bulk resume'. As 'resume', it needs no --yes.
    """
    from sescli.groups.bulk.service import resume as bulk_resume

    timeout = faces.send_timeout(rt)
    with faces.run_context(rt) as context:
        ended = bulk_resume.retry(rt.aws, faces.runs(rt, journal), run, timeout, context, codes=code)
    return faces.ended(rt, ended, journal)


@command(
    app,
    "results",
    examples=["sescli bulk results", "sescli bulk results --state failed --state unknown -o csv"],
)
def results(
    rt: Runtime,
    run: Run = None,
    journal: JournalPath = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only recipients in this state.", metavar="STATE")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Stop after so many.", metavar="N", min=1)] = None,
) -> Listing:
    """List what became of every recipient, in the order of the batch file.

    A narrow terminal leaves out the message IDs: -o json and -o csv have them.
    """
    from itertools import islice

    from sescli.groups.bulk.model.entries import STATES
    from sescli.groups.bulk.service import listing

    unknown: Any = next((one for one in state or () if one not in STATES), None)
    if unknown:
        raise UsageError(f"--state {unknown!r} is none of: {', '.join(STATES)}")
    found = listing.results(faces.runs(rt, journal), run, faces.place(rt), state or STATES)
    shown = map(faces.row, islice(found, limit))
    return Listing(shown, faces.result_columns(rt), empty="No recipient is in such a state.")


journals.add_to(app)
