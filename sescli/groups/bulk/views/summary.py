"""How runs are shown: in a list, one in detail, and at the end of the sending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import Advice
from sescli.exits import ExitCode, classify
from sescli.groups.bulk.journal.run_metadata import RunTarget
from sescli.groups.bulk.views.next_step import next_step
from sescli.output.results import Column, Details, Lines, Listing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sescli.groups.bulk.journal.summary import RunSummary
    from sescli.groups.bulk.service.send import RunResult
    from sescli.runtime import Runtime

_NOT_SENT = ("failed", "unknown", "sending", "pending", "invalid", "skipped")


def _not_sent(run: RunSummary) -> str:
    return ", ".join(f"{count:,} {state}" for state in _NOT_SENT if (count := getattr(run, state)))


RUN_COLUMNS = (
    Column("run", "run"),
    Column("region", lambda run: str(RunTarget(run.place, run.region))),
    Column("state", "state", "status"),
    Column("rows", "recipients", "number"),
    Column("sent", "sent", "number"),
    Column("not sent", _not_sent),
)
_STATE_COLUMNS = (
    Column("state", "state", "status"),
    Column("reason", "code"),
    Column("count", "count", "number"),
    Column("example", "example"),
)


def run_result(rt: Runtime, end: RunResult, journal: Path | None) -> Details | Lines:
    """The state of a run after the sending. With `-o jsonl` the records are already written, so nothing more is."""
    if end.note:
        rt.output.note(end.note)
    if end.stop is not None:
        stopped = f"the run stopped: {end.stop.reason}"
        # In a table, the next command is below the summary.
        is_table = rt.output.for_people
        rt.output.warn(stopped if is_table else Advice(f"{stopped}. Next: ", next_step(end.summary, journal)))
    exit_code = ExitCode.OK if rt.settings.dry_run else _exit_code(end)
    if rt.output.style == "jsonl" and rt.output.query is None and not rt.settings.dry_run:
        return Lines((), exit_code)
    return summary_details(end.summary, exit_code, journal)


def _exit_code(end: RunResult) -> ExitCode:
    """130 after an interrupt, then 6, then 4 for lost permissions, then 3 if a recipient was not sent to."""
    stopped = classify(end.stop.error)[0] if end.stop else ExitCode.OK
    if stopped in {ExitCode.INTERRUPTED, ExitCode.TRY_LATER, ExitCode.ACCESS}:
        return stopped
    return ExitCode.OK if end.summary.complete else ExitCode.CHECK_FAILED


def summary_details(run: RunSummary, exit_code: ExitCode, journal: Path | None) -> Details:
    """One run; `journal` is the file of --journal, for the next command."""
    throttled = f", {run.throttled:,} of them throttled" if run.throttled else ""
    fields = (
        ("state", run.state, "status"),
        ("recipients", run.recipients),
        ("API calls", f"{run.calls:,}{throttled}"),
        ("duration", f"{run.seconds:.1f} s, {run.emails_per_second:g} messages/s"),
        ("started", run.started_at, "time"),
        ("journal", run.journal),
        *((("problem", run.problem),) if run.problem else ()),
        *((("stopped", run.stop_reason),) if run.stop_reason else ()),
    )
    counts = Listing(list(_counts(run)), _STATE_COLUMNS)
    next_command = next_step(run, journal)
    return Details(run, fields, [counts], title=run.run, next=next_command, exit_code=exit_code)


def _counts(run: RunSummary) -> Iterator[dict[str, object]]:
    for state in ("sent", "pending", "sending"):
        if count := getattr(run, state):
            yield {"state": state, "code": "", "count": count, "example": ""}
    for reason in run.by_reason:
        example = reason.example or ""
        yield {"state": reason.state, "code": reason.code, "count": reason.count, "example": example}
