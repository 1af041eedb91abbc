"""The next command after a run, by how the run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand

if TYPE_CHECKING:
    from pathlib import Path

    from sescli.advice import Hint
    from sescli.groups.bulk.journal.summary import RunSummary


def next_step(run: RunSummary, journal: Path | None) -> Hint:
    """The command that continues from here; `journal` is the file of --journal."""
    target = (run.run,) if journal is None else ("--journal", str(journal))
    if run.state == "unfinished":
        return _resume(run, target)
    if run.state == "running":
        return NextCommand("bulk", "show", *target)
    if run.failed:
        return _after_failures(run, target)
    if run.unknown:
        return Advice(
            NextCommand("bulk", "reconcile", *target, "EVENTS"),
            " with the events that SES published; or send again, which may give some a second message: ",
            NextCommand("bulk", "resume", *target, "--resend-unknown"),
        )
    return NextCommand(
        "bulk", "results", *target, *(("--state", "invalid") if run.invalid else ("-o", "csv"))
    )


def _resume(run: RunSummary, target: tuple[str, ...]) -> Hint:
    """First fix what stopped the run; otherwise it would stop again."""
    resume = NextCommand("bulk", "resume", *target)
    if run.stop_code == "FailureRate":
        return Advice("find out why so many failed: ", _failed(target), "; then continue: ", resume)
    if run.stop_code == "EqualRefusals":
        return Advice(
            "fix the reason, and retry those that failed: ",
            NextCommand("bulk", "retry", *target),
            "; or continue with the others: ",
            resume,
        )
    if run.stop_code == "UnknownRate":
        reconcile = NextCommand("bulk", "reconcile", *target, "EVENTS")
        return Advice("find out the unknown results: ", reconcile, "; then continue: ", resume)
    return Advice(run.remedy, "; then continue: ", resume) if run.remedy else resume


def _after_failures(run: RunSummary, target: tuple[str, ...]) -> Hint:
    from sescli.groups.bulk.engine.outcome import RETRYABLE

    retryable = sum(one.count for one in run.by_reason if one.state == "failed" and one.code in RETRYABLE)
    if not retryable:
        return _failed(target)
    retry = NextCommand("bulk", "retry", *target)
    others = run.failed - retryable
    return Advice(retry, f"; for the other {others:,}: ", _failed(target)) if others else retry


def _failed(target: tuple[str, ...]) -> NextCommand:
    return NextCommand("bulk", "results", *target, "--state", "failed")
