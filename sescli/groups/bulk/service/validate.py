"""Checking a batch before anything is sent: every row, and the account that it would be sent from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.errors import CheckFailedError, NotFoundError, UsageError
from sescli.groups.bulk.batch import sources
from sescli.groups.bulk.batch.plan import SendPlan, effective_rate, make_plan
from sescli.groups.bulk.batch.rows import RowValidator
from sescli.groups.bulk.journal.loading import JournalLoader, LoadedCounts, ProblemGroup, ReasonGroup
from sescli.groups.bulk.service import preflight
from sescli.groups.bulk.service.preflight import BatchFinding, BatchPreflight
from sescli.groups.bulk.service.rerun_guard import rerun_error
from sescli.groups.bulk.service.send import run_target
from sescli.groups.send.service.preflight import quota_warning
from sescli.text.plurals import counted, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.journal.runs import RunRepository
    from sescli.groups.bulk.model.spec import Batch

# How many rows of each kind of problem are named; the others are counted.
_EXAMPLES = 20


@dataclass(frozen=True)
class Report:
    """What a check of a batch found. `ok` is whether a run would start as things stand."""

    name: str
    ok: bool
    rows: int
    ready: int
    invalid: int
    skipped: int
    plan: SendPlan
    findings: list[BatchFinding]
    problems: list[ProblemGroup]


@dataclass(frozen=True)
class Choices:
    """What the user chose on the command line."""

    skip_invalid: bool = False
    skip_suppressed: bool = False
    again: bool = False
    timeout: float | None = None
    resume: bool = False


def validate(
    aws: Gateway,
    batch: Batch,
    runs: RunRepository,
    choices: Choices,
    *,
    environ: Mapping[str, str],
    stdin: IO[bytes] | None = None,
) -> Report:
    """Check a whole batch without keeping or sending anything; a name that has been run already is a finding.

    Raises `InputFileError` for an unreadable source.
    """
    with JournalLoader(None) as loading:
        report = load(aws, batch, choices, loading, stdin)
    refused = rerun_error(runs, batch.name, run_target(aws), environ, again=choices.again)
    if refused is None:
        return report
    finding = BatchFinding("error", refused.code or "RunExists", refused.message, refused.hint)
    return replace(report, ok=False, findings=[finding, *report.findings])


def load(
    aws: Gateway, batch: Batch, choices: Choices, loading: JournalLoader, stdin: IO[bytes] | None
) -> Report:
    """Read, check and keep every row of a batch; gives what was found."""
    checks = preflight.check_batch(aws, batch.mailing)
    recipient_problem = checks.recipient_problem if checks.identities is not None else None
    check = RowValidator(batch.mailing, batch.default_data, checks.template, recipient_problem)
    loading.add(check.rows(sources.read(batch.recipients, stdin=stdin)))
    if batch.duplicates != "allow":
        loading.mark_duplicates(skip=batch.duplicates == "first")
    ready = loading.totals().ready
    findings = [
        *checks.findings,
        *_about_empty(check),
        *preflight.mark_suppressed(aws, loading, ready, skip=choices.skip_suppressed),
    ]
    return _report(batch, choices, checks, loading, findings)


def _report(
    batch: Batch,
    choices: Choices,
    checks: BatchPreflight,
    loading: JournalLoader,
    findings: list[BatchFinding],
) -> Report:
    loaded = loading.totals()
    allowed = checks.quota.max_send_rate if checks.quota else None
    rate = effective_rate(batch.limits.rate, allowed)
    planned = make_plan(loaded.ready, loaded.weight, rate, one_call_each=batch.mailing.one_call_each)
    findings = findings + list(_about_numbers(batch, checks, loaded))
    blocked = any(one.level == "error" for one in findings) or (loaded.invalid and not choices.skip_invalid)
    return Report(
        name=batch.name,
        ok=not blocked and loaded.ready > 0,
        rows=loaded.rows,
        ready=loaded.ready,
        invalid=loaded.invalid,
        skipped=loaded.skipped,
        plan=planned,
        findings=findings,
        problems=loading.problems(_EXAMPLES),
    )


def _about_empty(check: RowValidator) -> Iterator[BatchFinding]:
    for empty in check.empty.values():
        if empty.count:
            have = "has" if empty.count == 1 else "have"
            yield BatchFinding(
                "warning",
                "EmptyValue",
                f"{counted(empty.count, 'row')} {have} an empty '{empty.name}': {rows(empty.count, empty.first)}",
                "fill it in, or the mail has nothing in that place",
            )


def _about_numbers(batch: Batch, checks: BatchPreflight, loaded: LoadedCounts) -> Iterator[BatchFinding]:
    most = batch.limits.max_recipients
    if most is not None and loaded.weight > most:
        yield BatchFinding(
            "error",
            "TooMany",
            f"{counted(loaded.weight, 'recipient')}, and limits.max_recipients is {most:,}",
            None,
        )
    if warning := quota_warning(checks.quota, loaded.weight):
        hint = Advice("the run stops there; when there is quota again: ", NextCommand("bulk", "resume"))
        yield BatchFinding("warning", "Quota", warning, hint)


def refuse_unfit(report: Report) -> None:
    """Raise for a report that lets nothing be sent: the error of its first and gravest finding."""
    errors = [one for one in report.findings if one.level == "error"]
    if errors:
        first = errors[0]
        message = "\n".join([*(one.message for one in errors), "nothing was sent"])
        if first.code == "TemplateNotFound":
            raise NotFoundError(message, hint=first.hint, code=first.code)
        raise CheckFailedError(message, hint=first.hint, code=first.code)
    if not report.ok:
        raise UsageError(_bad_rows(report), hint=_way_out(report), code="BadRows")


def _bad_rows(report: Report) -> str:
    if not report.ready and not report.invalid:
        return "nobody is left to send to; nothing was sent"
    lines = [f"{report.invalid:,} of {counted(report.rows, 'row')} cannot be sent, so nothing was sent"]
    for kind in report.problems:
        lines += [f"{which(same)}: {same.reason}" for same in kind.reasons]
        told = sum(same.count for same in kind.reasons)
        if kind.count > told:
            lines.append(f"… and {kind.count - told:,} more with {kind.code}")
    return "\n".join(lines)


def which(same: ReasonGroup) -> str:
    """The rows that a reason is about; one that stands alone with its line and its address."""
    if same.count > 1:
        return rows(same.count, [one.row for one in same.first])
    one = same.first[0]
    line = f" (line {one.line})" if one.line else ""
    return f"row {one.row}{line}: {one.to or '(no address)'}"


def way_out(kind: ProblemGroup) -> str | None:
    """What helps against a kind of problem, where more can be said than to mend the row."""
    if kind.code == "MissingVariable":
        return (
            "add the column; or name it, recipients: {data: {VARIABLE: COLUMN}};"
            " or give all rows one value, default_data: {VARIABLE: VALUE}"
        )
    return None


def _way_out(report: Report) -> str:
    mend = next((way for kind in report.problems if (way := way_out(kind))), "mend the rows")
    return f"{mend}; or send to the others: --skip-invalid" if report.ready else mend
