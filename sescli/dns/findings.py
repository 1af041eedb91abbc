"""Findings about a record: from one server, merged from several servers, and the result of the whole check."""

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
TRUNCATED, DUPLICATE, ERROR, UNVERIFIED = "truncated", "duplicate", "error", "unverified"
# From best to worst. If servers differ, the worst verdict counts.
ORDER = (OK, UNVERIFIED, ERROR, MISSING, MISMATCH, TRUNCATED, DUPLICATE)

_HOUR, _MINUTE = 3600, 60


@dataclass(frozen=True)
class RecordFinding:
    """A verdict. `cause` names the reason for scripts; `reason` and `fix` explain it to the user."""

    verdict: str
    cause: str
    reason: str = ""
    fix: str = ""
    found: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """One server's answers about a name: for the expected type, and for other types that explain it."""

    answer: DnsAnswer
    others: Mapping[str, DnsAnswer] = field(default_factory=dict)

    def values(self, kind: str) -> tuple[str, ...]:
        """Return the values of another type that the name has itself, not through a CNAME."""
        answer = self.others.get(kind)
        return answer.values if answer and not answer.aliases else ()

    def fails(self, kind: str) -> bool:
        """Whether the server fails to answer a query for another type."""
        return kind in self.others and self.others[kind].state == SERVFAIL


@dataclass(frozen=True)
class JudgedAnswer:
    """A server's answer and the finding that follows from it."""

    answer: DnsAnswer
    finding: RecordFinding

    @property
    def is_conclusive(self) -> bool:
        """Whether the answer says what the name has."""
        return self.finding.verdict != ERROR

    @property
    def is_ok(self) -> bool:
        """Whether the server has the expected record."""
        return self.finding.verdict == OK


@dataclass(frozen=True)
class ServerAnswer:
    """What one server answered for a record.

    `role` is `authoritative` or `recursive`. `state` is `found`, `nodata`, `nxdomain`, or why there is no answer.
    `ttl` is in seconds.
    """

    server: str
    role: str
    state: str
    values: tuple[str, ...]
    ttl: int | None
    verdict: str


@dataclass(frozen=True)
class CheckedRecord(Record):
    """An expected record and what DNS has.

    `verdict` is `ok`, `missing`, `mismatch`, `truncated`, `duplicate`, `error` or `unverified`. `cause` names the reason for
    scripts (docs/identity-check.md lists the causes). `reason` and `fix` are text for the user, and can be empty
    if the verdict is `ok`. `published` says whether the zone's name servers have the expected record; None if none
    of them answered. Others may see the previous record for `wait` more seconds.
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
    """The DNS state of a domain at one moment.

    `warnings` are about the zone and its name servers. `soas` has the start of authority from each of them.
    `verified` says whether SES has already verified the identity. `only_server` is the one server that was queried,
    if one was given.
    """

    domain: str
    zone: Zone
    records: tuple[CheckedRecord, ...]
    warnings: tuple[str, ...] = ()
    soas: tuple[Soa, ...] = ()
    verified: bool = False
    only_server: str | None = None

    @property
    def ok(self) -> bool:
        """Whether every required record is correct."""
        return not self.failing

    @property
    def failing(self) -> tuple[CheckedRecord, ...]:
        """The required records that are not correct."""
        return tuple(each for each in self.records if each.required and each.verdict != OK)

    @property
    def unknown(self) -> bool:
        """Whether a required record could not be looked up, so that a retry can help."""
        return any(each.verdict == ERROR for each in self.failing)


def missing(answer: DnsAnswer) -> RecordFinding:
    """Return the finding for a name that does not exist, or that lacks the record type."""
    fix = "publish this record at the domain's DNS provider"
    if answer.aliases:
        target = answer.aliases[-1]
        lacks = "does not exist" if answer.state == NXDOMAIN else f"has no {answer.type} record"
        reason = f"the name is a CNAME to {target}, which {lacks}"
        fix = f"publish the {answer.type} record at {target}, or remove the CNAME and publish the record here"
        return RecordFinding(
            MISSING, "dangling_alias", reason, fix, tuple(f"CNAME {each}" for each in answer.aliases)
        )
    if answer.state == NXDOMAIN:
        return RecordFinding(MISSING, "nxdomain", "the name does not exist", fix)
    return RecordFinding(MISSING, "nodata", f"the name exists, but has no {answer.type} record", fix)


def merge_findings(own: Sequence[JudgedAnswer], seen: JudgedAnswer, zone: Zone | None) -> RecordFinding:
    """Merge the answers of the zone's name servers (`own`) and of the recursive server (`seen`).

    The worst answer of the zone's servers counts. If none of them answers, or if it is unknown whether the parent
    delegates `zone` to them, nothing shows that SES sees a correct record: the finding is `unverified`. `zone` is
    None if only the given server is queried, which then decides. If the zone's servers are correct and the recursive
    server fails, the finding is an error, because other resolvers fail too.
    """
    conclusive = [each for each in own if each.is_conclusive]
    unfit = [each for each in own if each.finding.cause == "txt_servfail"]
    if unfit and all(each.is_ok for each in conclusive):
        return unfit[0].finding
    if not conclusive:
        return seen.finding if zone is None else _only_seen(own, seen, zone)
    worst = max(conclusive, key=lambda each: ORDER.index(each.finding.verdict)).finding
    if worst.verdict != OK:
        return _explain_difference(worst, conclusive, seen)
    if zone is not None and not zone.is_delegated:
        return _unverified(worst, [each.answer.server.host for each in conclusive], zone)
    if seen.is_ok:
        return worst
    if not seen.is_conclusive:
        return _recursive_server_fails(worst, seen)
    if seen.answer.is_authoritative or (zone and zone.is_split):
        reason = (
            f"published; {seen.answer.server.host} answers from another zone, which only your network sees"
        )
    else:
        reason = f"published; {seen.answer.server.host} still returns the previous answer{_for_at_most(seen)}"
    return replace(worst, cause="not_seen_yet", reason=join_reasons(reason, worst.reason))


def _only_seen(own: Sequence[JudgedAnswer], seen: JudgedAnswer, zone: Zone) -> RecordFinding:
    """The finding if only the recursive server could answer."""
    host = seen.answer.server.host
    if seen.is_ok:
        return _unverified(seen.finding, [host], zone)
    if seen.is_conclusive:
        reason = join_reasons(seen.finding.reason, f"seen only by {host}: no name server of the zone answers")
        return replace(seen.finding, reason=reason)
    failing = [f"{each.answer.server.host} {each.answer.detail}" for each in own if each.answer.detail]
    return replace(seen.finding, reason=join_reasons(seen.finding.reason, *failing[:4]))


def _unverified(finding: RecordFinding, hosts: Sequence[str], zone: Zone) -> RecordFinding:
    source = f"no name server that {zone.parent} delegates {zone.apex} to answers"
    if not zone.is_delegated:
        source = "the delegation of the domain could not be read from the zone above"
    return RecordFinding(
        UNVERIFIED,
        "internal_view",
        join_reasons(
            f"{', '.join(hosts)} has the correct record, but {source}: SES may see another zone",
            finding.reason,
        ),
        "check from another network, or name a public resolver, for example --resolver 9.9.9.9",
        finding.found,
    )


def cache_seconds(seen: JudgedAnswer) -> int | None:
    """For how many seconds the recursive server may keep a wrong answer. None if its answer is correct or unknown."""
    if seen.is_ok or not seen.is_conclusive:
        return None
    if seen.finding.verdict == MISSING:
        return seen.answer.soa.wait if seen.answer.soa else None
    return seen.answer.ttl


def join_reasons(*reasons: str) -> str:
    """Join the reasons that are not empty."""
    return "; ".join(reason for reason in reasons if reason)


def _explain_difference(
    worst: RecordFinding, conclusive: Sequence[JudgedAnswer], seen: JudgedAnswer
) -> RecordFinding:
    correct = [each.answer.server.host for each in conclusive if each.is_ok]
    if correct:
        wrong = [each.answer.server.host for each in conclusive if not each.is_ok]
        reason = f"the name servers differ: {', '.join(correct)} is correct, but {', '.join(wrong)}: {worst.reason}"
        fix = "wait until the DNS provider has copied the zone to all its servers. If they still differ, contact it"
        return replace(worst, cause="servers_differ", reason=reason, fix=fix)
    if seen.is_ok:
        where = f"{seen.answer.server.host} has the correct record: from a cache, or from a zone that only your network sees"
        return replace(worst, reason=f"{worst.reason}; {where}")
    return worst


def _recursive_server_fails(worst: RecordFinding, seen: JudgedAnswer) -> RecordFinding:
    failure = f"{seen.answer.server.host} {seen.answer.detail}"
    if seen.answer.state != SERVFAIL:
        reason = f"checked only at the name servers of the zone: {failure}"
        return replace(worst, reason=join_reasons(worst.reason, reason))
    return RecordFinding(
        ERROR,
        "resolver_servfail",
        f"the zone's name servers have the correct record, but {failure}",
        "check that all name servers of the zone answer, and that its DNSSEC is valid",
        worst.found,
    )


def _for_at_most(seen: JudgedAnswer) -> str:
    seconds = cache_seconds(seen)
    return "" if seconds is None else f", for at most {format_duration(seconds)}"


def format_duration(seconds: int) -> str:
    """Format a duration in hours and minutes, minutes, or seconds."""
    if seconds >= _HOUR:
        minutes = seconds % _HOUR // _MINUTE
        return f"{seconds // _HOUR} h {minutes} min" if minutes else f"{seconds // _HOUR} h"
    return f"{seconds // _MINUTE} min" if seconds >= _MINUTE else f"{seconds} s"
