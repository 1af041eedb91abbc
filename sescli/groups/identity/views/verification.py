"""The wait for a verification on the terminal: each DNS record and each SES status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.exits import ExitCode
from sescli.groups.identity.service.next_steps import next_step, send_test_email
from sescli.output.live_view import WatchedItem, WatchedState, live_view
from sescli.output.results import Column, Done, Listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.advice import Hint
    from sescli.dns.findings import CheckedRecord
    from sescli.groups.identity.service.waiting import VerificationPoll, VerificationWait
    from sescli.runtime import Runtime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def wait_until_verified(rt: Runtime, wait: VerificationWait) -> VerificationPoll:
    """Wait for an identity, show its status, and return the last poll."""
    from sescli.groups.identity.service import waiting

    last: VerificationPoll | None = None
    with live_view(rt.output, f"Waiting for {wait.name} in {rt.aws.region}") as watcher:
        for poll in waiting.poll_verification(rt.aws, wait, sleep=rt.world.sleep, clock=rt.world.clock):
            last = poll
            if not _is_final_json_line(rt, poll):
                watcher.show(_scene(rt, poll), poll.to_data())
    assert last is not None  # there is always one
    return last


def poll_once(rt: Runtime, wait: VerificationWait) -> VerificationPoll:
    """The status of an identity, without waiting."""
    from sescli.groups.identity.service import waiting

    return next(waiting.poll_verification(rt.aws, wait, sleep=rt.world.sleep, clock=rt.world.clock))


def wait_result(poll: VerificationPoll, timeout: str) -> Done:
    """The result of the wait. Exit code 3 if the identity is not verified, with the reasons and the next step."""
    from sescli.groups.identity.service import status_meanings, waiting

    name, identity = poll.identity.identity, poll.identity
    if poll.outcome == waiting.VERIFIED:
        return Done(f"{name} is verified in {poll.region}.", poll.to_data(), next=send_test_email(name))
    reasons = [each for each in status_meanings.explain(identity) if "SUCCESS" not in each.partition(":")[0]]
    tables = [Listing(reasons, [Column("meaning", str)])]
    if poll.outcome == waiting.FAILED:
        return Done(
            f"{name} is not verified in {poll.region}: SES stopped looking for the records.",
            poll.to_data(),
            tables,
            next=next_step(identity),
            exit_code=ExitCode.CHECK_FAILED,
        )
    return Done(
        f"{name} is not verified in {poll.region} after {timeout}.",
        poll.to_data(waiting.TIMED_OUT),
        tables,
        next=_next_step_after_timeout(poll),
        exit_code=ExitCode.CHECK_FAILED,
    )


def _next_step_after_timeout(poll: VerificationPoll) -> Hint:
    """Wait again, after a check if a required record is wrong."""
    name = poll.identity.identity
    wait = NextCommand("identity", "wait", name)
    if any(record.required and record.verdict != "ok" for record in poll.records):
        check = NextCommand("identity", "check", name)
        return Advice("find the wrong records: ", check, "; then wait again: ", wait)
    return wait


def _is_final_json_line(rt: Runtime, poll: VerificationPoll) -> bool:
    """With `-o jsonl`, the last poll is the result of the command and must not be written twice."""
    return rt.output.style == "jsonl" and poll.outcome != "waiting"


def _scene(rt: Runtime, poll: VerificationPoll) -> WatchedState:
    from sescli.groups.identity.service.status_meanings import explain_last_check

    records = tuple(
        WatchedItem(_label(record, poll), record.verdict, reason)
        for record, reason in zip(poll.records, _reasons(poll.records), strict=True)
    )
    statuses = tuple(WatchedItem(f"SES {name}", status) for name, status in poll.statuses.items())
    last_checked, error = poll.identity.verification_info.last_checked, explain_last_check(poll.identity)

    def foot() -> str:
        checked = (
            last_checked and f"last DNS check by SES: {_ago(rt.world.clock() - last_checked.timestamp())}"
        )
        failure = poll.failure and f"SES could not be reached this time: {poll.failure}"
        return "\n".join(line for line in (checked, error, failure) if line)

    return WatchedState(tuple(group for group in (records, statuses) if group), foot)


def _label(record: CheckedRecord, poll: VerificationPoll) -> str:
    optional = "" if record.required else " (optional)"
    domain = poll.identity.identity.rpartition("@")[2]
    name = record.name.removesuffix(f".{domain}") if record.name != domain else "@"
    return f"{record.type:<5} {name}{optional}"


def _reasons(records: Sequence[CheckedRecord]) -> Iterator[str]:
    """The reason and the fix of each record. A reason and a fix that several records have are shown once."""
    shown: set[str] = set()
    for record in records:
        parts = [part for part in _reason(record) if part and part not in shown]
        shown.update(parts if record.verdict != "ok" else ())
        yield "; ".join(parts)


def _reason(record: CheckedRecord) -> tuple[str, ...]:
    if record.verdict == "ok":
        if record.cause != "not_seen_yet" or not record.wait:
            return ()
        return (f"published; other resolvers may need up to {_span(record.wait)}",)
    # A missing record is the normal state during the wait and needs no reason.
    return () if record.verdict == "missing" else (record.reason, record.fix)


def _ago(seconds: float) -> str:
    return "just now" if seconds < 1 else f"{_span(int(seconds))} ago"


def _span(seconds: int) -> str:
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
