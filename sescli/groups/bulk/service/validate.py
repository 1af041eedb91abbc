"""Check a batch before anything is sent: every row, and the account that sends it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.errors import CheckFailedError, NotFoundError, UsageError
from sescli.groups.bulk.batch import sources
from sescli.groups.bulk.batch.plan import SendPlan, effective_rate, make_plan
from sescli.groups.bulk.batch.rows import RowValidator
from sescli.groups.bulk.journal.loading import JournalLoader, LoadedCounts, ProblemGroup, ReasonGroup
from sescli.groups.bulk.model.spec import InlineRecipients
from sescli.groups.bulk.service import preflight
from sescli.groups.bulk.service.batch_digest import batch_digest, message_digest
from sescli.groups.bulk.service.preflight import BatchFinding, BatchPreflight
from sescli.groups.bulk.service.rerun_guard import rerun_error
from sescli.groups.bulk.service.send import run_target
from sescli.groups.send.service.preflight import quota_warning
from sescli.text.plurals import counted, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.journal.runs import RunRepository
    from sescli.groups.bulk.model.spec import Batch, RecipientsFile

# Rows that are listed for each kind of problem; the others are only counted.
_EXAMPLES = 20
# Addresses that a warning names.
_SHOWN_ADDRESSES = 3


@dataclass(frozen=True)
class BatchReport:
    """What the check of a batch found. `ok` says whether a run would start.

    `digest` stands for the recipients, the message, the target and the counts (`batch_digest`).
    """

    name: str
    ok: bool
    rows: int
    ready: int
    invalid: int
    skipped: int
    plan: SendPlan
    findings: list[BatchFinding]
    problems: list[ProblemGroup]
    digest: str = ""


@dataclass(frozen=True)
class RunOptions:
    """The options of `bulk validate` and `bulk run`; `timeout` is in seconds per API call."""

    skip_invalid: bool = False
    skip_suppressed: bool = False
    again: bool = False
    timeout: float | None = None
    resume: bool = False
    accept_changes: bool = False
    expect: str | None = None


def validate(
    aws: Gateway,
    batch: Batch,
    runs: RunRepository,
    options: RunOptions,
    *,
    environ: Mapping[str, str],
    stdin: IO[bytes] | None = None,
) -> BatchReport:
    """Check a batch without storing or sending anything. A run of the same name is a finding.

    Raises `InputFileError` for a recipients file that is not readable.
    """
    with JournalLoader(None) as loading:
        report = load(aws, batch, options, loading, stdin)
    refused = rerun_error(runs, batch.name, run_target(aws), environ, again=options.again)
    if refused is None:
        return report
    finding = BatchFinding("error", refused.code or "RunExists", refused.message, refused.hint)
    return replace(report, ok=False, findings=[finding, *report.findings])


def load(
    aws: Gateway, batch: Batch, options: RunOptions, loading: JournalLoader, stdin: IO[bytes] | None
) -> BatchReport:
    """Read and check every row of a batch, and store the rows in `loading`."""
    checks = preflight.check_batch(aws, batch.mailing)
    recipient_problem = checks.recipient_problem if checks.identities is not None else None
    check = RowValidator(batch.mailing, batch.default_data, checks.template, recipient_problem)
    loading.add(check.rows(sources.read_recipients(_with_template(batch, checks), stdin=stdin)))
    if batch.duplicates != "allow":
        loading.mark_duplicates(skip=batch.duplicates == "first")
    loading.template = preflight.template_digest(checks.template)
    ready = loading.totals().ready
    findings = [
        *checks.findings,
        *_empty_value_findings(check),
        *_shared_address_findings(batch, loading),
        *_data_findings(check),
        *preflight.mark_suppressed(aws, loading, ready, skip=options.skip_suppressed),
    ]
    report = _report(batch, options, checks, loading, findings)
    counts = (report.rows, report.ready, report.invalid, report.skipped, report.plan.recipients)
    parts = (loading.digest.text, message_digest(batch.mailing, loading.template), run_target(aws), counts)
    return replace(report, digest=batch_digest(*parts))


def _with_template(batch: Batch, checks: BatchPreflight) -> RecipientsFile | InlineRecipients:
    """The recipients, with the variables of the template: a column that it reads is data, even that of the address."""
    recipients, template = batch.recipients, checks.template
    if isinstance(recipients, InlineRecipients):
        return recipients
    names = (
        None if template is None else frozenset(re.split(r"[.\[]", name)[0] for name in template.variables)
    )
    return replace(recipients, columns=replace(recipients.columns, template_names=names))


def _report(
    batch: Batch,
    options: RunOptions,
    checks: BatchPreflight,
    loading: JournalLoader,
    findings: list[BatchFinding],
) -> BatchReport:
    loaded = loading.totals()
    allowed = checks.quota.max_send_rate if checks.quota else None
    rate = effective_rate(batch.limits.rate, allowed)
    planned = make_plan(loaded.ready, loaded.weight, rate, one_call_each=batch.mailing.one_call_each)
    findings = findings + list(_limit_findings(batch, checks, loaded))
    blocked = any(one.level == "error" for one in findings) or (loaded.invalid and not options.skip_invalid)
    return BatchReport(
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


def _data_findings(check: RowValidator) -> Iterator[BatchFinding]:
    """Warnings about data whose result in SES is not known, with the rows."""
    for found in check.notes.values():
        have = "has" if found.count == 1 else "have"
        message = f"{counted(found.count, 'row')} {have} {found.note.what}: {rows(found.count, found.first)}"
        yield BatchFinding("warning", found.note.code, message, found.note.hint)


def _empty_value_findings(check: RowValidator) -> Iterator[BatchFinding]:
    for empty in check.empty.values():
        if empty.count:
            have = "has" if empty.count == 1 else "have"
            yield BatchFinding(
                "warning",
                "EmptyValue",
                f"{counted(empty.count, 'row')} {have} an empty '{empty.name}': {rows(empty.count, empty.first)}",
                "fill in the value; otherwise the message is blank there",
            )


def _shared_address_findings(batch: Batch, loading: JournalLoader) -> Iterator[BatchFinding]:
    if batch.duplicates == "allow":
        return
    count, first = loading.shared_addresses(_SHOWN_ADDRESSES)
    if count:
        more = f" and {count - len(first):,} more" if count > len(first) else ""
        have = "has" if count == 1 else "have"
        yield BatchFinding(
            "warning",
            "SharedAddress",
            f"{count:,} {'address' if count == 1 else 'addresses'} {have} several ids and will get a message for each:"
            f" {', '.join(first)}{more}",
            "give these rows the same id if they are duplicates",
        )


def _limit_findings(batch: Batch, checks: BatchPreflight, loaded: LoadedCounts) -> Iterator[BatchFinding]:
    most = batch.limits.max_recipients
    if most is not None and loaded.weight > most:
        yield BatchFinding(
            "error",
            "TooMany",
            f"{counted(loaded.weight, 'recipient')}, but limits.max_recipients is {most:,}",
        )
    if warning := quota_warning(checks.quota, loaded.weight):
        hint = Advice("the run stops there; to continue it later: ", NextCommand("bulk", "resume"))
        yield BatchFinding("warning", "Quota", warning, hint)


def raise_if_blocked(report: BatchReport) -> None:
    """Raise the error of a report that does not allow a run, with the code of its first finding."""
    errors = [one for one in report.findings if one.level == "error"]
    if errors:
        first = errors[0]
        message = "\n".join([*(one.message for one in errors), "nothing was sent"])
        if first.code == "TemplateNotFound":
            raise NotFoundError(message, hint=first.hint, code=first.code)
        raise CheckFailedError(message, hint=first.hint, code=first.code)
    if not report.ok:
        raise UsageError(_bad_rows(report), hint=_fix(report), code="BadRows")


def _bad_rows(report: BatchReport) -> str:
    if not report.ready and not report.invalid:
        return "no recipients left; nothing was sent"
    lines = [
        f"{report.invalid:,} of {counted(report.rows, 'row')} {'is' if report.invalid == 1 else 'are'} invalid; nothing was sent"
    ]
    for kind in report.problems:
        lines += [f"{rows_text(same)}: {same.reason}" for same in kind.reasons]
        shown = sum(same.count for same in kind.reasons)
        if kind.count > shown:
            lines.append(f"… and {kind.count - shown:,} more with {kind.code}")
    return "\n".join(lines)


def rows_text(same: ReasonGroup) -> str:
    """The rows that have a reason; a single row with its line and its address."""
    if same.count > 1:
        return rows(same.count, [one.row for one in same.first])
    one = same.first[0]
    line = f" (line {one.line})" if one.line else ""
    return f"row {one.row}{line}: {one.to or '(no address)'}"


def problem_fix(kind: ProblemGroup) -> str | None:
    """How to fix a kind of problem; None where the reason says enough."""
    if kind.code == "MissingVariable":
        return (
            "add the column; or map it: recipients: {data: {VARIABLE: COLUMN}};"
            " or set one value for all rows: default_data: {VARIABLE: VALUE}"
        )
    if kind.code == "Sandbox":
        return "verify each recipient, or request production access"
    return None


def _fix(report: BatchReport) -> str:
    fix = next((text for kind in report.problems if (text := problem_fix(kind))), "fix the rows")
    return f"{fix}; or send to the others: --skip-invalid" if report.ready else fix
