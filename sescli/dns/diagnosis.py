"""Why a record is not as it should be: what a second question or two can tell."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sescli.dns.answers import CONCLUSIVE, FOUND
from sescli.dns.dmarc_checks import check_inherited_policy, check_report_destinations
from sescli.dns.findings import DUPLICATE, MISMATCH, MISSING, OK, Evidence, RecordFinding
from sescli.dns.spf import check_lookups
from sescli.dns.verdicts import judge

if TYPE_CHECKING:
    from sescli.dns.domain_view import DomainView
    from sescli.dns.records import Record

# What a wildcard, or a name typed wrong, may be behind.
_UNEXPLAINED = frozenset(
    {"nxdomain", "nodata", "other_value", "no_spf", "no_dmarc", "cname_in_the_way", "proxied", "flattened"}
)
# A label that no zone has, so that only a wildcard answers for it.
_NOBODY = "sescli-asks-for-a-name-that-nobody-has"
# The type that was found in the place of the wanted one.
_SEEN_AS = {"proxied": "A", "flattened": "TXT"}


async def diagnose(view: DomainView, record: Record, finding: RecordFinding) -> RecordFinding:
    """The finding, or a better one."""
    if finding.cause in {"resolver_servfail", "servfail"}:
        return await _by_dnssec(view, record, finding)
    if record.purpose == "mail_from_spf" and finding.verdict == OK:
        return await check_lookups(view, record.name, finding)
    if record.purpose == "dmarc" and finding.verdict == OK:
        return await check_report_destinations(view, finding)
    if finding.cause not in _UNEXPLAINED:
        return finding
    wildcard, misplaced = await asyncio.gather(_wildcard(view, record, finding), _misplaced(view, record))
    better = misplaced or wildcard or finding
    if record.purpose == "dmarc" and better.verdict == MISSING:
        return await check_inherited_policy(view, view.domain, better)
    return better


async def _by_dnssec(view: DomainView, record: Record, finding: RecordFinding) -> RecordFinding:
    """An answer that comes only when nothing is validated is held back by DNSSEC (RFC 4035 3.2.2)."""
    server = view.client.sources.recursive[0]
    answer = await view.client.ask(server, record.name, record.type, validate=False)
    if answer.state not in CONCLUSIVE:
        return finding
    return replace(
        finding,
        cause="dnssec",
        reason=f"DNSSEC is broken: {server.host} gets an answer from the zone, and does not trust it",
        fix="make the DS record at the registrar fit the zone's keys, or remove it until DNSSEC is set up",
    )


async def _misplaced(view: DomainView, record: Record) -> RecordFinding | None:
    """The same record under a name that a DNS editor has made of the right one."""
    zone = (await view.zone()).apex or view.domain
    places = _places(record, zone, view.domain)
    answers = await asyncio.gather(*(view.best_answer(place.name, record.type) for place in places))
    for place, answer in zip(places, answers, strict=True):
        if answer.state != FOUND or not _right(record, Evidence(answer)):
            continue
        if await _answers_anything(view, place.name.partition(".")[2], record.type, answer.values):
            continue
        typed = "@, or leave it empty" if record.name == zone else record.name.removesuffix(f".{zone}")
        fix = f"enter the name as {typed}; and remove the one at {place.name}"
        found = tuple(f"{place.name}: {value}" for value in answer.values)
        return RecordFinding(DUPLICATE, place.cause, f"it stands at {place.name}, {place.reason}", fix, found)
    return None


class _Place(NamedTuple):
    name: str
    cause: str
    reason: str


def _places(record: Record, zone: str, domain: str) -> list[_Place]:
    appended = "since the DNS editor has appended the zone to the whole name"
    places = [
        _Place(f"{record.name}.{suffix}", "zone_appended", appended)
        for suffix in dict.fromkeys((zone, domain))
    ]
    # Of the others the same may stand there for the domain above, and rightly.
    if record.purpose in {"dkim", "verification"} and domain != zone:
        inside = record.name.removesuffix(f".{domain}")
        places.append(_Place(f"{inside}.{zone}", "wrong_place", f"which is outside {domain}"))
    return places


def _right(record: Record, evidence: Evidence) -> bool:
    return judge(record, evidence).verdict == OK


async def _wildcard(view: DomainView, record: Record, finding: RecordFinding) -> RecordFinding | None:
    """Whether what was found would be found at any name."""
    if finding.verdict != MISMATCH and finding.cause != "no_dmarc":
        return None
    if record.name == (await view.zone()).apex:
        return None
    above = record.name.partition(".")[2]
    kind = _SEEN_AS.get(finding.cause, record.type)
    if not await _answers_anything(view, above, kind, finding.found):
        return None
    return replace(
        finding,
        cause="wildcard",
        reason=f"a wildcard record of {above} or above answers for the name; it has no record of its own",
        fix="publish this record: it stands before the wildcard",
    )


async def _answers_anything(view: DomainView, above: str, kind: str, values: tuple[str, ...]) -> bool:
    """Whether a name that nobody has made answers the same."""
    answer = await view.best_answer(f"{_NOBODY}.{above}", kind)
    found = (*(f"CNAME {each}" for each in answer.aliases), *answer.values)
    return bool(found) and set(answer.values or found) <= set(values)
