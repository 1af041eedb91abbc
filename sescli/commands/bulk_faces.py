"""How batches, runs and their ends are shown, and what every bulk command needs."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

import typer

from sescli.errors import UsageError
from sescli.exits import ExitCode, classify
from sescli.output.results import Column, Details, Listing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sescli.bulk.entries import Result
    from sescli.bulk.runs import Runs
    from sescli.bulk.spec import Batch
    from sescli.bulk.summary import Summary
    from sescli.runtime import Runtime
    from sescli.services.bulk_check import Report
    from sescli.services.bulk_sending import Bench, Ended

RUN = (
    Column("run", "run"),
    Column("state", "state", "status"),
    Column("recipients", "recipients", "number"),
    Column("sent", "sent", "number"),
    Column("failed", "failed", "number"),
    Column("unknown", "unknown", "number"),
    Column("pending", lambda run: run.pending + run.sending, "number"),
    Column("started", "started_at", "time"),
)
RESULT = (
    Column("row", "row", "number"),
    Column("to", "to"),
    Column("state", "state", "status"),
    Column("message id", "message_id"),
    Column("code", "code"),
    Column("reason", "reason"),
)
_PROBLEM = (
    Column("row", "row", "number"),
    Column("line", "line", "number"),
    Column("to", "to"),
    Column("problem", "reason"),
)
_FINDING = (Column("level", "level", "status"), Column("finding", "message"), Column("way out", "hint"))
_STATE = (
    Column("state", "state", "status"),
    Column("reason", "code"),
    Column("count", "count", "number"),
    Column("example", "example"),
)


@dataclass(frozen=True)
class Row:
    """The outcome of one recipient."""

    row: int
    id: str | None
    to: str
    state: str
    message_id: str | None
    code: str | None
    reason: str | None
    attempts: int
    at: datetime | None


def row(result: Result) -> Row:
    """A recipient's outcome, its time as a time."""
    moment = None if result.at is None else datetime.fromtimestamp(result.at, UTC)
    return Row(*result[:-1], moment)


def batch(rt: Runtime, path: str, recipients: Path | None) -> Batch:
    """Read a batch file. Raises `InputFileError` with file, line, column and key."""
    from sescli.bulk.batch_file import load

    return load(path, stdin=rt.world.stdin, recipients=recipients)


def standard_input(rt: Runtime) -> IO[bytes] | None:
    """Standard input as bytes, for recipients that come from there."""
    return getattr(rt.world.stdin, "buffer", None)


def runs(rt: Runtime, journal: Path | None) -> Runs:
    """The runs of this machine, or the one whose journal was named."""
    from sescli.bulk.runs import Runs

    return Runs(rt.state_folder / "runs", journal)


def run_names(incomplete: str) -> list[str]:
    """The runs that begin so, for completion: by the names of their files alone."""
    from sescli.settings import state_folder

    names = [path.name.removesuffix(".journal") for path in (state_folder() / "runs").glob("*.journal")]
    return sorted(name for name in names if name.startswith(incomplete))


def send_timeout(rt: Runtime) -> float | None:
    """SESCLI_SEND_TIMEOUT: how many seconds a call may take; over the batch file's `limits.timeout`."""
    text = rt.world.environ.get("SESCLI_SEND_TIMEOUT", "")
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"SESCLI_SEND_TIMEOUT is {text!r}: it takes seconds, above 0")
    return seconds


@contextmanager
def bench(rt: Runtime) -> Iterator[Bench]:
    """What a sending works with: real time and chance, and an onlooker that fits the output."""
    import random
    import time

    from sescli.bulk.engine import Clock
    from sescli.output.bulk_progress import watching
    from sescli.services.bulk_sending import Bench

    clock = Clock(time.monotonic, rt.world.clock, random.SystemRandom().random)
    with watching(rt.output, row) as observer:
        yield Bench(clock, observer, stdin=standard_input(rt))


def agree(rt: Runtime, report: Report, max_recipients: int | None) -> None:
    """Show the plan and ask. Off a terminal: --yes, and for many recipients a limit in the batch file.

    Raises `UsageError` where it may not start.
    """
    from sescli.services.bulk_run import MANY

    for finding in report.findings:
        rt.output.warn(finding.message)
    many = report.plan.recipients > MANY and max_recipients is None
    if many and not rt.asks:
        raise UsageError(
            f"{report.plan.recipients:,} recipients, and nobody to ask whether that is meant",
            hint=f"say so in the batch file: limits: {{max_recipients: {report.plan.recipients}}}",
            code="MaxRecipients",
        )
    if rt.settings.yes:
        rt.output.note(f"{_plan(report)}.")
    rt.confirm("Send now?", consequence=_plan(report))


def _plan(report: Report) -> str:
    plan = report.plan
    left_out = [
        f"{report.invalid:,} bad rows" if report.invalid else "",
        f"{report.skipped:,} skipped" if report.skipped else "",
    ]
    without = ", ".join(part for part in left_out if part)
    return (
        f"{_many(plan.mails, 'mail')} to {_many(plan.recipients, 'recipient')}"
        f"{f' ({without} are left out)' if without else ''}"
        f" in {_many(plan.calls, 'call')}: {_span(plan.minutes)} at {plan.rate:g} a second,"
        f" for about {plan.cost_usd:.2f} USD"
    )


def _span(minutes: float) -> str:
    seconds = minutes * 60
    if seconds < 1:
        return "less than a second"
    return f"{minutes:.0f} min" if minutes >= 1 else f"{seconds:.0f} s"


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def report(found: Report, next_step: str | None, exit_code: ExitCode) -> Details:
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
        tables.append(Listing(found.findings, _FINDING))
    for kind in found.problems:
        more = kind.count - len(kind.first)
        title = f"{kind.code}: {kind.count:,} rows" + (f", the first {len(kind.first)}" if more else "")
        tables.append(Listing(kind.first, _PROBLEM, title=title))
    verdict = "can be sent" if found.ok else "cannot be sent as it is"
    return Details(
        found, fields, tables, title=f"{found.name} {verdict}", next=next_step, exit_code=exit_code
    )


def ended(rt: Runtime, end: Ended, journal: Path | None) -> Details | None:
    """How a run stands after the sending; with `-o jsonl` its records have been written already."""
    if end.stop is not None:
        rt.output.warn(f"stopped before the end: {end.stop.reason}")
    exit_code = _exit_code(end)
    if rt.output.style == "jsonl" and rt.output.query is None and not rt.settings.dry_run:
        raise typer.Exit(exit_code)
    return summary(end.summary, exit_code, journal)


def _exit_code(end: Ended) -> ExitCode:
    """130 after an interrupt, then 6, then 4 for lost permissions, then 3 for whoever was not sent to."""
    stopped = classify(end.stop.error)[0] if end.stop else ExitCode.OK
    if stopped in {ExitCode.INTERRUPTED, ExitCode.TRY_LATER, ExitCode.ACCESS}:
        return stopped
    return ExitCode.OK if end.summary.complete else ExitCode.NO


def summary(found: Summary, exit_code: ExitCode, journal: Path | None) -> Details:
    """A run; `journal` is its file where the user named one, for the next command."""
    fields = (
        ("state", found.state, "status"),
        ("recipients", found.recipients),
        (
            "calls",
            f"{found.calls:,}" + (f", {found.throttled:,} of them throttled" if found.throttled else ""),
        ),
        ("time", f"{found.seconds:.1f} s, {found.emails_per_second:g} mails a second"),
        ("started", found.started_at, "time"),
        ("journal", found.journal),
        *((("stopped", found.stop_reason),) if found.stop_reason else ()),
    )
    counts = Listing(list(_counts(found)), _STATE)
    return Details(found, fields, [counts], title=found.run, next=_next(found, journal), exit_code=exit_code)


def _counts(found: Summary) -> Iterator[dict[str, object]]:
    for state in ("sent", "pending", "sending"):
        if count := getattr(found, state):
            yield {"state": state, "code": "", "count": count, "example": ""}
    for reason in found.by_reason:
        yield {
            "state": reason.state,
            "code": reason.code,
            "count": reason.count,
            "example": reason.example or "",
        }


def _next(found: Summary, journal: Path | None) -> str:
    from sescli.bulk.outcome import RETRYABLE

    which = found.run if journal is None else f"--journal {shlex.quote(str(journal))}"
    if found.state == "unfinished":
        return f"sescli bulk resume {which}"
    if found.state == "running":
        return f"sescli bulk show {which}"
    if any(one.state == "failed" and one.code in RETRYABLE for one in found.by_reason):
        return f"sescli bulk retry {which}"
    for state in ("failed", "unknown", "invalid"):
        if getattr(found, state):
            return f"sescli bulk results {which} --state {state}"
    return f"sescli bulk results {which} -o csv"
