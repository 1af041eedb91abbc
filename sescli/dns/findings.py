"""Verdicts on a record: what one server's answer comes to, several servers' answers together, and the whole check."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sescli.dns.answers import NXDOMAIN, SERVFAIL, DnsAnswer
from sescli.dns.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.dns.answers import Soa
    from sescli.dns.zones import Zone

OK, MISSING, MISMATCH = "ok", "missing", "mismatch"
TRUNCATED, DUPLICATE, ERROR = "truncated", "duplicate", "error"
# From the least to the worst: what several servers say of one record comes to the worst of it.
ORDER = (OK, ERROR, MISSING, MISMATCH, TRUNCATED, DUPLICATE)


@dataclass(frozen=True)
class RecordFinding:
    """A verdict. `cause` names the reason for scripts, `reason` and `fix` are for people."""

    verdict: str
    cause: str
    reason: str = ""
    fix: str = ""
    found: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What one server answers about a name: to the wanted type, and to others that explain it."""

    answer: DnsAnswer
    others: Mapping[str, DnsAnswer] = field(default_factory=dict)

    def values(self, kind: str) -> tuple[str, ...]:
        """The values of another type that the name has itself, not through an alias."""
        answer = self.others.get(kind)
        return answer.values if answer and not answer.aliases else ()

    def fails(self, kind: str) -> bool:
        """Whether the server fails when it is asked for another type."""
        return kind in self.others and self.others[kind].state == SERVFAIL


def missing(answer: DnsAnswer) -> RecordFinding:
    """Nothing is there: the name itself, or only this type of it."""
    fix = "publish this record at the domain's DNS host"
    if answer.state == NXDOMAIN:
        return RecordFinding(MISSING, "nxdomain", "the name does not exist", fix)
    return RecordFinding(MISSING, "nodata", f"the name exists, but has no {answer.type} record", fix)


_HOUR, _MINUTE = 3600, 60


@dataclass(frozen=True)
class JudgedAnswer:
    """A server's answer and the verdict by it."""

    answer: DnsAnswer
    finding: RecordFinding

    @property
    def is_conclusive(self) -> bool:
        """Whether the answer leaves nothing open."""
        return self.finding.verdict != ERROR

    @property
    def is_ok(self) -> bool:
        """Whether the record is right there."""
        return self.finding.verdict == OK


def merge_findings(own: Sequence[JudgedAnswer], seen: JudgedAnswer) -> RecordFinding:
    """The zone's own servers decide, each of them; the recursive one only where they cannot be asked.

    Where the recursive one fails although they answer, others fail too: that is an error.
    """
    told = [each for each in own if each.is_conclusive]
    unfit = [each for each in own if each.finding.cause == "txt_servfail"]
    if unfit and all(each.is_ok for each in told):
        return unfit[0].finding
    if not told:
        return seen.finding
    worst = max(told, key=lambda each: ORDER.index(each.finding.verdict)).finding
    if worst.verdict != OK:
        return _not_right(worst, told, seen)
    if seen.is_ok:
        return worst
    if not seen.is_conclusive:
        return _resolver_fails(worst, seen)
    reason = f"published; {seen.answer.server.host} still has the earlier answer{_for_at_most(seen)}"
    return replace(worst, cause="not_seen_yet", reason=_joined(reason, worst.reason))


def wait(seen: JudgedAnswer) -> int | None:
    """For how many seconds the recursive server may keep an answer that is not the right one."""
    if seen.is_ok or not seen.is_conclusive:
        return None
    if seen.finding.verdict == MISSING:
        return seen.answer.soa.wait if seen.answer.soa else None
    return seen.answer.ttl


def format_duration(seconds: int) -> str:
    """A length of time for people."""
    if seconds >= _HOUR:
        minutes = seconds % _HOUR // _MINUTE
        return f"{seconds // _HOUR} h {minutes} min" if minutes else f"{seconds // _HOUR} h"
    return f"{seconds // _MINUTE} min" if seconds >= _MINUTE else f"{seconds} s"


def _not_right(worst: RecordFinding, told: Sequence[JudgedAnswer], seen: JudgedAnswer) -> RecordFinding:
    right = [each.answer.server.host for each in told if each.is_ok]
    if right:
        wrong = [each.answer.server.host for each in told if not each.is_ok]
        reason = f"the name servers differ: {', '.join(right)} has it right, but {', '.join(wrong)}: {worst.reason}"
        fix = "wait until the DNS host has copied the zone to all its servers; if it stays so, tell the host"
        return replace(worst, cause="servers_differ", reason=reason, fix=fix)
    if seen.is_ok:
        where = f"{seen.answer.server.host} has it right: from a cache, or from a zone that only your network sees"
        return replace(worst, reason=f"{worst.reason}; {where}")
    return worst


def _resolver_fails(worst: RecordFinding, seen: JudgedAnswer) -> RecordFinding:
    told = f"{seen.answer.server.host} {seen.answer.detail}"
    if seen.answer.state != SERVFAIL:
        return replace(worst, reason=_joined(worst.reason, f"asked of the zone's own servers alone: {told}"))
    return RecordFinding(
        ERROR,
        "resolver_servfail",
        f"the zone's own servers have it right, but {told}",
        "see that all name servers of the zone answer, and that its DNSSEC holds",
        worst.found,
    )


def _for_at_most(seen: JudgedAnswer) -> str:
    seconds = wait(seen)
    return "" if seconds is None else f", for at most {format_duration(seconds)}"


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


@dataclass(frozen=True)
class ServerAnswer:
    """What one server answered for a record. `role` is `authoritative` or `recursive`, `state` is `found`,
    `nodata`, `nxdomain`, or why there is no answer; `ttl` is in seconds.
    """

    server: str
    role: str
    state: str
    values: tuple[str, ...]
    ttl: int | None
    verdict: str


@dataclass(frozen=True)
class CheckedRecord(Record):
    """A wanted record and what was found.

    `verdict` is `ok`, `missing`, `mismatch`, `truncated`, `duplicate` or `error`; `cause` names the reason for
    scripts (docs/identity-check.md lists them); `reason` and `fix` are for people, and may be empty when the
    verdict is ok. `published` is whether the zone's own servers have it right, None where none could be asked;
    `wait` is for how many seconds others may still see what was there before.
    """

    verdict: str
    found: tuple[str, ...]
    reason: str
    fix: str
    cause: str
    published: bool | None
    wait: int | None
    answers: tuple[ServerAnswer, ...]


@dataclass(frozen=True)
class DnsCheck:
    """What DNS says of a domain at one moment. `warnings` are about the zone and its servers.

    `soas` are the start of authority that each of those gives. `verified` is whether SES has found it all already.
    """

    domain: str
    zone: Zone
    records: tuple[CheckedRecord, ...]
    warnings: tuple[str, ...] = ()
    soas: tuple[Soa, ...] = ()
    verified: bool = False

    @property
    def ok(self) -> bool:
        """Whether every required record is right."""
        return not self.failing

    @property
    def failing(self) -> tuple[CheckedRecord, ...]:
        """The required records that are not."""
        return tuple(each for each in self.records if each.required and each.verdict != OK)

    @property
    def unknown(self) -> bool:
        """Whether a required record could not be looked up, so that asking later may tell."""
        return any(each.verdict == ERROR for each in self.failing)
