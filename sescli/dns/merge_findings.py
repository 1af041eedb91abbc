"""What several servers say of one record, put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sescli.dns.answers import SERVFAIL, Answer
from sescli.dns.findings import ERROR, MISSING, OK, ORDER, Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOUR, _MINUTE = 3600, 60


@dataclass(frozen=True)
class Judged:
    """A server's answer and the verdict by it."""

    answer: Answer
    finding: Finding

    @property
    def told(self) -> bool:
        """Whether the answer leaves nothing open."""
        return self.finding.verdict != ERROR

    @property
    def ok(self) -> bool:
        """Whether the record is right there."""
        return self.finding.verdict == OK


def combined(own: Sequence[Judged], seen: Judged) -> Finding:
    """The zone's own servers decide, each of them; the recursive one only where they cannot be asked.

    Where the recursive one fails although they answer, others fail too: that is an error.
    """
    told = [each for each in own if each.told]
    unfit = [each for each in own if each.finding.cause == "txt_servfail"]
    if unfit and all(each.ok for each in told):
        return unfit[0].finding
    if not told:
        return seen.finding
    worst = max(told, key=lambda each: ORDER.index(each.finding.verdict)).finding
    if worst.verdict != OK:
        return _not_right(worst, told, seen)
    if seen.ok:
        return worst
    if not seen.told:
        return _resolver_fails(worst, seen)
    reason = f"published; {seen.answer.server.host} still has the earlier answer{_for_at_most(seen)}"
    return replace(worst, cause="not_seen_yet", reason=_joined(reason, worst.reason))


def wait(seen: Judged) -> int | None:
    """For how many seconds the recursive server may keep an answer that is not the right one."""
    if seen.ok or not seen.told:
        return None
    if seen.finding.verdict == MISSING:
        return seen.answer.soa.wait if seen.answer.soa else None
    return seen.answer.ttl


def spoken(seconds: int) -> str:
    """A length of time for people."""
    if seconds >= _HOUR:
        minutes = seconds % _HOUR // _MINUTE
        return f"{seconds // _HOUR} h {minutes} min" if minutes else f"{seconds // _HOUR} h"
    return f"{seconds // _MINUTE} min" if seconds >= _MINUTE else f"{seconds} s"


def _not_right(worst: Finding, told: Sequence[Judged], seen: Judged) -> Finding:
    right = [each.answer.server.host for each in told if each.ok]
    if right:
        wrong = [each.answer.server.host for each in told if not each.ok]
        reason = f"the name servers differ: {', '.join(right)} has it right, but {', '.join(wrong)}: {worst.reason}"
        fix = "wait until the DNS host has copied the zone to all its servers; if it stays so, tell the host"
        return replace(worst, cause="servers_differ", reason=reason, fix=fix)
    if seen.ok:
        where = f"{seen.answer.server.host} has it right: from a cache, or from a zone that only your network sees"
        return replace(worst, reason=f"{worst.reason}; {where}")
    return worst


def _resolver_fails(worst: Finding, seen: Judged) -> Finding:
    told = f"{seen.answer.server.host} {seen.answer.detail}"
    if seen.answer.state != SERVFAIL:
        return replace(worst, reason=_joined(worst.reason, f"asked of the zone's own servers alone: {told}"))
    return Finding(
        ERROR,
        "resolver_servfail",
        f"the zone's own servers have it right, but {told}",
        "see that all name servers of the zone answer, and that its DNSSEC holds",
        worst.found,
    )


def _for_at_most(seen: Judged) -> str:
    seconds = wait(seen)
    return "" if seconds is None else f", for at most {spoken(seconds)}"


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
