"""An identity that is waited for, on the screen: each DNS record and each of SES's statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.exits import ExitCode
from sescli.output.live_view import WatchedItem, WatchedState, live_view
from sescli.output.results import Column, Done, Listing

if TYPE_CHECKING:
    from sescli.dns.findings import CheckedRecord
    from sescli.groups.identity.service.waiting import Look, Wait
    from sescli.runtime import Runtime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def watched(rt: Runtime, wait: Wait) -> Look:
    """Wait for an identity, show how it stands, and give the last look."""
    from sescli.groups.identity.service import waiting

    last: Look | None = None
    with live_view(rt.output, f"Waiting for {wait.name} in {rt.aws.region}") as watcher:
        for look in waiting.looks(rt.aws, wait, sleep=rt.world.sleep, clock=rt.world.clock):
            last = look
            if not _is_record_of_the_end(rt, look):
                watcher.show(_scene(rt, look), look.told())
    assert last is not None  # there is always one
    return last


def looked(rt: Runtime, wait: Wait) -> Look:
    """How an identity stands, without waiting for it."""
    from sescli.groups.identity.service import waiting

    return next(waiting.looks(rt.aws, wait, sleep=rt.world.sleep, clock=rt.world.clock))


def ended(look: Look, timeout: str) -> Done:
    """What came of the wait: exit code 3 where the identity is not verified, with why and how to go on."""
    from sescli.groups.identity.service import advice, waiting

    name, identity = look.identity.identity, look.identity
    if look.outcome == waiting.VERIFIED:
        return Done(f"{name} is verified in {look.region}.", look.told(), next=sending(name))
    why = [each for each in advice.meanings(identity) if "SUCCESS" not in each.partition(":")[0]]
    tables = [Listing(why, [Column("what this means", str)])]
    if look.outcome == waiting.FAILED:
        return Done(
            f"{name} is not verified in {look.region}: SES has given up.",
            look.told(),
            tables,
            next=advice.next_step(identity),
            exit_code=ExitCode.CHECK_FAILED,
        )
    return Done(
        f"{name} is not verified in {look.region} after {timeout}.",
        look.told(waiting.TIMED_OUT),
        tables,
        next=_going_on(look),
        exit_code=ExitCode.CHECK_FAILED,
    )


def _going_on(look: Look) -> str:
    """At the time-out: DNS first, where it lacks something."""
    name = look.identity.identity
    wait = f"sescli identity wait {name}"
    lacking = any(record.required and record.verdict != "ok" for record in look.records)
    return f"see what DNS lacks: sescli identity check {name}; then {wait}" if lacking else wait


def sending(name: str) -> str:
    """The command that sends a first mail from a verified identity."""
    sender = name if "@" in name else f"hello@{name}"
    return (
        f"sescli send email --from {sender} --to success@simulator.amazonses.com --subject Hello --text Hello"
    )


def _is_record_of_the_end(rt: Runtime, look: Look) -> bool:
    """With `-o jsonl` the last look is the result, and is not said twice."""
    return rt.output.style == "jsonl" and look.outcome != "waiting"


def _scene(rt: Runtime, look: Look) -> WatchedState:
    from sescli.groups.identity.service import advice

    records = tuple(WatchedItem(_what(record, look), record.verdict, _why(record)) for record in look.records)
    statuses = tuple(WatchedItem(f"SES {name}", status) for name, status in look.statuses.items())
    looked, error = look.identity.verification_info.last_checked, advice.last_look(look.identity)

    def foot() -> str:
        lines = []
        if looked is not None:
            lines.append(f"SES looked {_ago(rt.world.clock() - looked.timestamp())}")
        lines += [line for line in (error, look.trouble and f"not asked this time: {look.trouble}") if line]
        return "\n".join(lines)

    return WatchedState(tuple(group for group in (records, statuses) if group), foot)


def _what(record: CheckedRecord, look: Look) -> str:
    optional = "" if record.required else " (not required)"
    domain = look.identity.identity.rpartition("@")[2]
    name = record.name.removesuffix(f".{domain}") if record.name != domain else "@"
    return f"{record.type:<5} {name}{optional}"


def _why(record: CheckedRecord) -> str:
    if record.verdict == "ok":
        if record.cause != "not_seen_yet" or not record.wait:
            return ""
        return f"at the DNS host; others may see it in {_span(record.wait)}"
    # What is missing is what everybody waits for: its line would only be in the way.
    return "" if record.verdict == "missing" else f"{record.reason}; {record.fix}"


def _ago(seconds: float) -> str:
    return "just now" if seconds < 1 else f"{_span(int(seconds))} ago"


def _span(seconds: int) -> str:
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
