"""How batches, runs and their ends are shown, and what every bulk command needs."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from sescli.errors import UsageError
from sescli.exits import ExitCode, classify
from sescli.groups.bulk.journal.run_metadata import RunTarget, place_of
from sescli.output.plain import iso
from sescli.output.results import Column, Details, Listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.groups.bulk.journal.runs import RunRepository
    from sescli.groups.bulk.journal.summary import RunSummary
    from sescli.groups.bulk.model.entries import RecipientResult
    from sescli.groups.bulk.model.spec import Batch
    from sescli.groups.bulk.service.send import RunContext, RunResult
    from sescli.runtime import Runtime

JournalPath = Annotated[
    Path | None,
    typer.Option(
        "--journal", metavar="PATH", help="The journal's file, in place of the folder of runs (for CI)."
    ),
]
_NOT_SENT = ("failed", "unknown", "sending", "pending", "invalid", "skipped")
# From so many columns on there is room for the message ID, of 60 characters, beside the rest.
_WIDE = 140


def _not_sent(run: RunSummary) -> str:
    return ", ".join(f"{count:,} {state}" for state in _NOT_SENT if (count := getattr(run, state)))


RUN = (
    Column("run", "run"),
    Column("place", lambda run: str(RunTarget(run.place, run.region))),
    Column("state", "state", "status"),
    Column("rows", "recipients", "number"),
    Column("sent", "sent", "number"),
    Column("not sent", _not_sent),
)
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


_RECORD = tuple(part.name for part in fields(Row))


def row(result: RecipientResult) -> Row:
    """A recipient's outcome, its time as a time."""
    moment = None if result.at is None else datetime.fromtimestamp(result.at, UTC)
    return Row(*result[:-1], moment)


def record(result: RecipientResult) -> dict[str, object]:
    """The same as plain data: twenty thousand a second are written while a run goes."""
    at = None if result.at is None else iso(datetime.fromtimestamp(result.at, UTC))
    return dict(zip(_RECORD, (*result[:-1], at), strict=True))


def batch(rt: Runtime, path: str, recipients: Path | None) -> Batch:
    """Read a batch file. Raises `InputFileError` with file, line, column and key."""
    from sescli.groups.bulk.batch.batch_file import load

    return load(path, stdin=rt.world.stdin, recipients=recipients)


def standard_input(rt: Runtime) -> IO[bytes] | None:
    """Standard input as bytes, for recipients that come from there."""
    return getattr(rt.world.stdin, "buffer", None)


def runs(rt: Runtime, journal: Path | None) -> RunRepository:
    """The runs of this machine, or the one whose journal was named."""
    from sescli.groups.bulk.journal.runs import RunRepository

    return RunRepository(rt.state_folder / "runs", journal)


def place(rt: Runtime) -> str:
    """The place that this call is about; of several runs of a name its own comes first."""
    return place_of(rt.settings.endpoint_url, local=rt.settings.local)


def result_columns(rt: Runtime) -> tuple[Column, ...]:
    """The columns of recipients; a terminal shows the message ID where there is room for it."""
    wide = not rt.terminal.stdout_is_tty or rt.terminal.width >= _WIDE
    return (
        Column("row", "row", "number"),
        Column("to", "to"),
        Column("state", "state", "status"),
        *([Column("message id", "message_id")] if wide else []),
        Column("reason", lambda one: ": ".join(part for part in (one.code, one.reason) if part)),
    )


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
def run_context(rt: Runtime) -> Iterator[RunContext]:
    """What a sending works with: real time and chance, and an onlooker that fits the output."""
    import random
    import time

    from sescli.groups.bulk.engine.engine import RunClock
    from sescli.groups.bulk.service.send import RunContext
    from sescli.groups.bulk.views.progress import watching

    clock = RunClock(time.monotonic, rt.world.clock, random.SystemRandom().random)
    with watching(rt.output, record) as observer:
        yield RunContext(clock, observer, stdin=standard_input(rt), warn=rt.output.warn)


def ended(rt: Runtime, end: RunResult, journal: Path | None) -> Details | None:
    """How a run stands after the sending; with `-o jsonl` its records have been written already."""
    if end.note:
        rt.output.note(rt.output.with_context_options(end.note))
    if end.stop is not None:
        # For people the next command stands below the summary.
        way = "" if rt.output.for_people else f". Next: {next_step(end.summary, journal)}"
        rt.output.warn(rt.output.with_context_options(f"stopped before the end: {end.stop.reason}{way}"))
    exit_code = ExitCode.OK if rt.settings.dry_run else _exit_code(end)
    if rt.output.style == "jsonl" and rt.output.query is None and not rt.settings.dry_run:
        raise typer.Exit(exit_code)
    return summary(end.summary, exit_code, journal)


def _exit_code(end: RunResult) -> ExitCode:
    """130 after an interrupt, then 6, then 4 for lost permissions, then 3 for whoever was not sent to."""
    stopped = classify(end.stop.error)[0] if end.stop else ExitCode.OK
    if stopped in {ExitCode.INTERRUPTED, ExitCode.TRY_LATER, ExitCode.ACCESS}:
        return stopped
    return ExitCode.OK if end.summary.complete else ExitCode.CHECK_FAILED


def summary(found: RunSummary, exit_code: ExitCode, journal: Path | None) -> Details:
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
    return Details(
        found, fields, [counts], title=found.run, next=next_step(found, journal), exit_code=exit_code
    )


def _counts(found: RunSummary) -> Iterator[dict[str, object]]:
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


def which(found: RunSummary, journal: Path | None) -> str:
    """A run as the next command names it."""
    return found.run if journal is None else f"--journal {shlex.quote(str(journal))}"


def next_step(found: RunSummary, journal: Path | None) -> str:
    """The command that goes on from here."""
    run = which(found, journal)
    if found.state == "unfinished":
        return f"{_first(found, run)}sescli bulk resume {run}"
    if found.state == "running":
        return f"sescli bulk show {run}"
    if found.failed:
        return _after_failures(found, run)
    if found.unknown:
        return (
            f"sescli bulk reconcile {run} EVENTS, where SES's events of these mails are kept;"
            f" or sescli bulk resume {run} --resend-unknown, and some may get two"
        )
    return f"sescli bulk results {run} {'--state invalid' if found.invalid else '-o csv'}"


def _first(found: RunSummary, run: str) -> str:
    """What is to be done before it can go on: without it, it would stop again."""
    if found.stop_code == "FailureRate":
        return f"find out why so many fail (sescli bulk results {run} --state failed), then "
    return f"{found.remedy}, then " if found.remedy else ""


def _after_failures(found: RunSummary, run: str) -> str:
    from sescli.groups.bulk.engine.outcome import RETRYABLE

    passing = sum(one.count for one in found.by_reason if one.state == "failed" and one.code in RETRYABLE)
    look = f"sescli bulk results {run} --state failed"
    if not passing:
        return look
    others = f"; the other {found.failed - passing:,}: {look}" if passing < found.failed else ""
    return f"sescli bulk retry {run}{others}"
