"""What a check of a batch found, as it is shown; and the question before the sending."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.output.results import Column, Details, Listing
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from pathlib import Path

    from sescli.exits import ExitCode
    from sescli.groups.bulk.journal.loading import ProblemGroup
    from sescli.groups.bulk.service.validate import Choices, Report
    from sescli.runtime import Runtime


def run_command(spec: str, recipients: Path | None, journal: Path | None, choices: Choices) -> str:
    """The `bulk run` that does what was checked with these options."""
    paths = (("--recipients", recipients), ("--journal", journal))
    flags = (
        ("--skip-invalid", choices.skip_invalid),
        ("--skip-suppressed", choices.skip_suppressed),
        ("--again", choices.again),
    )
    words = ["sescli", "bulk", "run", spec]
    for name, path in paths:
        words += [name, str(path)] if path else []
    return shlex.join(words + [name for name, given in flags if given])


def confirm_plan(rt: Runtime, report: Report, max_recipients: int | None) -> None:
    """Show the plan and ask. Off a terminal: --yes, and for many recipients a limit in the batch file.

    Raises `UsageError` where it may not start.
    """
    from sescli.groups.bulk.service.run import MANY

    for finding in report.findings:
        rt.output.warn(finding.message)
    if rt.settings.dry_run:
        rt.output.note(f"This would be: {_plan(report)}.")
        return
    many = report.plan.recipients > MANY and max_recipients is None
    if many and not rt.asks:
        raise UsageError(
            f"{counted(report.plan.recipients, 'recipient')}, and nobody to ask whether that is meant",
            hint=f"say so in the batch file: limits: {{max_recipients: {report.plan.recipients}}}",
            code="MaxRecipients",
        )
    if rt.settings.yes:
        rt.output.note(f"{_plan(report)}.")
    rt.confirm("Send now?", consequence=_plan(report))


def _plan(report: Report) -> str:
    plan = report.plan
    left_out = [
        counted(report.invalid, "bad row") if report.invalid else "",
        f"{report.skipped:,} skipped" if report.skipped else "",
    ]
    without = ", ".join(part for part in left_out if part)
    return (
        f"{counted(plan.mails, 'mail')} to {counted(plan.recipients, 'recipient')}"
        f"{f' (left out: {without})' if without else ''}"
        f" in {counted(plan.calls, 'call')}: {_span(plan.minutes)} at {plan.rate:g} a second,"
        f" for about {plan.cost_usd:.2f} USD"
    )


def _span(minutes: float) -> str:
    seconds = minutes * 60
    if seconds < 1:
        return "less than a second"
    return f"{minutes:.0f} min" if minutes >= 1 else f"{seconds:.0f} s"


def report(rt: Runtime, found: Report, next_step: str | None, exit_code: ExitCode) -> Details:
    """What a check found."""
    plan = found.plan
    fields = (
        ("rows", found.rows),
        ("to be sent", found.ready),
        ("bad", found.invalid),
        ("skipped", found.skipped),
        ("recipients, as SES counts", plan.recipients),
        ("calls", plan.calls),
        ("rate", f"{plan.rate:g} recipients a second"),
        ("time", _span(plan.minutes)),
        ("cost", f"{plan.cost_usd:.2f} USD"),
    )
    tables = []
    if found.findings:
        tables.append(Listing(found.findings, _findings(rt)))
    tables += map(_problem, found.problems)
    verdict = "can be sent" if found.ok else "cannot be sent as it is"
    return Details(
        found, fields, tables, title=f"{found.name} {verdict}", next=next_step, exit_code=exit_code
    )


def _findings(rt: Runtime) -> tuple[Column, ...]:
    return (
        Column("level", "level", "status"),
        Column("finding", "message"),
        Column("way out", lambda one: one.hint and rt.output.with_context_options(one.hint)),
    )


def _problem(kind: ProblemGroup) -> Listing:
    from sescli.groups.bulk.service.validate import way_out, which

    told = sum(same.count for same in kind.reasons)
    more = f", the first {told:,}" if told < kind.count else ""
    way = way_out(kind)
    title = f"{kind.code}: {counted(kind.count, 'row')}{more}" + (f". To mend it, {way}" if way else "")
    return Listing(kind.reasons, (Column("rows", which), Column("problem", "reason")), title=title)
