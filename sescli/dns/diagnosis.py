"""Find out with more queries why a record is missing or wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sescli.dns.answers import CONCLUSIVE, FOUND
from sescli.dns.dmarc_checks import check_inherited_policy, check_report_destinations
from sescli.dns.findings import DUPLICATE, MISMATCH, MISSING, OK, Evidence, RecordFinding
from sescli.dns.verdicts import judge

if TYPE_CHECKING:
    from sescli.dns.domain_view import DomainView
    from sescli.dns.records import Record

# Causes that a wildcard record or a mistyped name can explain.
_UNEXPLAINED = frozenset(
    {"nxdomain", "nodata", "other_value", "no_spf", "no_dmarc", "cname_in_the_way", "proxied", "flattened"}
)
# No zone has this label, so only a wildcard record answers for it.
_UNUSED_LABEL = "sescli-wildcard-test"
# The type that was found instead of the expected one.
_FOUND_TYPE = {"proxied": "A", "flattened": "TXT"}


async def diagnose(view: DomainView, record: Record, finding: RecordFinding) -> RecordFinding:
    """Return a more specific finding if there is one, or else `finding`."""
    if finding.cause in {"resolver_servfail", "servfail"}:
        return await _diagnose_dnssec(view, record, finding)
    if record.purpose == "dmarc" and finding.verdict == OK:
        return await check_report_destinations(view, finding, view.domain)
    if finding.cause not in _UNEXPLAINED:
        return finding
    wildcard, misplaced = await asyncio.gather(
        _find_wildcard(view, record, finding), _find_misplaced(view, record)
    )
    better = misplaced or wildcard or finding
    if record.purpose == "dmarc" and better.verdict == MISSING:
        return await check_inherited_policy(view, view.domain, better)
    return better


async def _diagnose_dnssec(view: DomainView, record: Record, finding: RecordFinding) -> RecordFinding:
    """If the server answers only without validation, DNSSEC is broken (RFC 4035 3.2.2)."""
    server = view.client.sources.recursive[0]
    answer = await view.client.ask(server, record.name, record.type, validate=False)
    if answer.state not in CONCLUSIVE:
        return finding
    return replace(
        finding,
        cause="dnssec",
        reason=f"DNSSEC is broken: {server.host} gets an answer from the zone, but cannot validate it",
        fix="correct the DS record at the registrar so that it matches the zone's keys, or remove it",
    )


async def _find_misplaced(view: DomainView, record: Record) -> RecordFinding | None:
    """Look for the record under names that a DNS control panel can make from the correct name."""
    zone = (await view.zone()).apex or view.domain
    places = _misplacements(record, zone, view.domain)
    answers = await asyncio.gather(*(view.best_answer(place.name, record.type) for place in places))
    for place, answer in zip(places, answers, strict=True):
        if answer.state != FOUND or not _is_correct(record, Evidence(answer)):
            continue
        if await _answers_any_name(view, place.name.partition(".")[2], record.type, answer.values):
            continue
        name = "@, or leave it empty" if record.name == zone else record.name.removesuffix(f".{zone}")
        fix = f"enter the name as {name}. Then remove the record at {place.name}"
        found = tuple(f"{place.name}: {value}" for value in answer.values)
        return RecordFinding(
            DUPLICATE, place.cause, f"the record is at {place.name}, {place.reason}", fix, found
        )
    return None


class _Misplacement(NamedTuple):
    name: str
    cause: str
    reason: str


def _misplacements(record: Record, zone: str, domain: str) -> list[_Misplacement]:
    appended = "because the DNS provider appended the zone to the full name"
    places = [
        _Misplacement(f"{record.name}.{suffix}", "zone_appended", appended)
        for suffix in dict.fromkeys((zone, domain))
    ]
    # Other records can be there for the domain above, correctly.
    if record.purpose in {"dkim", "verification"} and domain != zone:
        inside = record.name.removesuffix(f".{domain}")
        places.append(_Misplacement(f"{inside}.{zone}", "wrong_place", f"which is outside {domain}"))
    return places


def _is_correct(record: Record, evidence: Evidence) -> bool:
    return judge(record, evidence).verdict == OK


async def _find_wildcard(view: DomainView, record: Record, finding: RecordFinding) -> RecordFinding | None:
    """Check whether a wildcard record gives the same answer for any name."""
    if finding.verdict != MISMATCH and finding.cause != "no_dmarc":
        return None
    if record.name == (await view.zone()).apex:
        return None
    above = record.name.partition(".")[2]
    kind = _FOUND_TYPE.get(finding.cause, record.type)
    if not await _answers_any_name(view, above, kind, finding.found):
        return None
    return replace(
        finding,
        cause="wildcard",
        reason=f"a wildcard record at {above} or above answers for the name, which has no record of its own",
        fix="publish this record: it takes precedence over the wildcard",
    )


async def _answers_any_name(view: DomainView, above: str, kind: str, values: tuple[str, ...]) -> bool:
    """Whether an unused name has the same answer."""
    answer = await view.best_answer(f"{_UNUSED_LABEL}.{above}", kind)
    found = (*(f"CNAME {each}" for each in answer.aliases), *answer.values)
    return bool(found) and set(answer.values or found) <= set(values)
