"""What the check of a batch found, and the plan of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import NextCommand
from sescli.output.results import Column, Details, Listing
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from pathlib import Path

    from sescli.advice import Hint
    from sescli.exits import ExitCode
    from sescli.groups.bulk.journal.loading import ProblemGroup
    from sescli.groups.bulk.service.validate import BatchReport, RunOptions

_FINDING_COLUMNS = (
    Column("level", "level", "status"),
    Column("finding", "message"),
    Column("how to fix", "hint"),
)


def run_command(spec: str, recipients: Path | None, journal: Path | None, options: RunOptions) -> NextCommand:
    """The `bulk run` command with the options of this check."""
    paths = (("--recipients", recipients), ("--journal", journal))
    flags = (
        ("--skip-invalid", options.skip_invalid),
        ("--skip-suppressed", options.skip_suppressed),
        ("--again", options.again),
    )
    argv = ["bulk", "run", spec]
    for name, path in paths:
        argv += [name, str(path)] if path else []
    return NextCommand(*argv, *(name for name, is_given in flags if is_given))


def plan_text(report: BatchReport) -> str:
    """The plan of a run in one line: messages, recipients, API calls, duration and cost."""
    plan = report.plan
    skipped = [
        counted(report.invalid, "invalid row") if report.invalid else "",
        f"{report.skipped:,} skipped" if report.skipped else "",
    ]
    without = ", ".join(part for part in skipped if part)
    return (
        f"{counted(plan.mails, 'message')} to {counted(plan.recipients, 'recipient')}"
        f"{f' (without: {without})' if without else ''}"
        f" in {counted(plan.calls, 'API call')}: {_duration(plan.minutes)} at {plan.rate:g}/s,"
        f" about ${plan.cost_usd:.2f}"
    )


def _duration(minutes: float) -> str:
    seconds = minutes * 60
    if seconds < 1:
        return "less than a second"
    return f"{minutes:.0f} min" if minutes >= 1 else f"{seconds:.0f} s"


def report_details(report: BatchReport, next_step: Hint | None, exit_code: ExitCode) -> Details:
    """The counts of rows, the plan, the findings and the problems of a batch."""
    plan = report.plan
    fields = (
        ("rows", report.rows),
        ("ready to send", report.ready),
        ("invalid", report.invalid),
        ("skipped", report.skipped),
        ("recipients", plan.recipients),
        ("API calls", plan.calls),
        ("rate", f"{plan.rate:g}/s"),
        ("duration", _duration(plan.minutes)),
        ("cost", f"${plan.cost_usd:.2f}"),
        ("digest", report.digest),
    )
    tables = [Listing(report.findings, _FINDING_COLUMNS)] if report.findings else []
    tables += map(_problem_table, report.problems)
    verdict = "is ready to send" if report.ok else "cannot be sent yet"
    title = f"{report.name} {verdict}"
    return Details(report, fields, tables, title=title, next=next_step, exit_code=exit_code)


def _problem_table(kind: ProblemGroup) -> Listing:
    from sescli.groups.bulk.service.validate import problem_fix, rows_text

    shown = sum(same.count for same in kind.reasons)
    more = f", first {shown:,}" if shown < kind.count else ""
    fix = problem_fix(kind)
    title = f"{kind.code}: {counted(kind.count, 'row')}{more}" + (f". To fix: {fix}" if fix else "")
    return Listing(kind.reasons, (Column("rows", rows_text), Column("problem", "reason")), title=title)
