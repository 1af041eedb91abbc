"""SPF of the MAIL FROM name (RFC 7208): SES must be in it, and it must hold together."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND
from sescli.dns.findings import DUPLICATE, MISMATCH, OK, RecordFinding

if TYPE_CHECKING:
    from sescli.dns.domain_view import DomainView
    from sescli.dns.records import Record

SES = "amazonses.com"
MOST_LOOKUPS, MOST_VOID = 10, 2
# Where the counting ends, however much is included: no record shall make this program ask the world.
_MOST_RECORDS = 30

_DOMAIN = r"[^\s/]+"
_PREFIX = r"(/\d{1,2})?(//\d{1,3})?"
_TERM = re.compile(
    rf"""(?P<sign>[+?~-]?)(?:
        (?P<all>all)
        | ip(?P<version>[46]):(?P<network>[0-9a-f:.]+(?:/\d{{1,3}})?)
        | (?P<include>include):(?P<included>{_DOMAIN})
        | (?P<exists>exists):{_DOMAIN}
        | (?P<host>a|mx)(?::(?P<of>{_DOMAIN}))?{_PREFIX}
        | (?P<ptr>ptr)(?::{_DOMAIN})?
    )
    | redirect=(?P<redirect>{_DOMAIN})
    | (?P<other>[a-z][a-z0-9._-]*)=\S*""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class SpfRecord:
    """An SPF record: `broken` are terms that no one understands, which makes the whole record void.

    `lookups` counts the terms that ask DNS; `includes` are the domains of those that lead to another record,
    `hosts` those of `a` and `mx`, by type of question. Terms after `all` are never reached and are not counted.
    """

    text: str
    lookups: int
    includes: tuple[str, ...]
    hosts: tuple[tuple[str, str], ...]
    redirect: str | None
    broken: tuple[str, ...]
    ending: str | None


def parse_spf(text: str) -> SpfRecord:
    """Read an SPF record."""
    terms = [(term, _read(term)) for term in text.split()[1:]]
    known = [found for _, found in terms if found]
    last = next((place for place, found in enumerate(known) if found["all"]), len(known))
    ending = f"{known[last]['sign'] or '+'}all" if last < len(known) else None
    # RFC 7208 6.1: where there is an all, redirect is not looked at.
    redirects = [_bare(found["redirect"]) for found in known if found["redirect"]] if ending is None else []
    reached = known[:last]
    asking = sum(
        bool(found["include"] or found["exists"] or found["host"] or found["ptr"]) for found in reached
    )
    return SpfRecord(
        text,
        lookups=asking + len(redirects),
        includes=tuple(_bare(found["included"]) for found in reached if found["include"]),
        hosts=tuple((found["host"].upper(), _bare(found["of"])) for found in reached if found["of"]),
        redirect=redirects[0] if redirects else None,
        broken=tuple(term for term, found in terms if not found),
        ending=ending,
    )


def _read(term: str) -> re.Match[str] | None:
    found = _TERM.fullmatch(term)
    if found and found["network"]:
        try:
            network = ipaddress.ip_network(found["network"], strict=False)
        except ValueError:
            return None
        return found if str(network.version) == found["version"] else None
    return found


def _bare(domain: str) -> str:
    return domain.lower().removesuffix(".")


def judge_spf(_record: Record, values: tuple[str, ...]) -> RecordFinding:
    """By the record alone; how many look-ups it costs takes DNS."""
    texts = [each for each in values if is_spf(each)]
    if not texts:
        return _none(values)
    if len(texts) > 1:
        return RecordFinding(
            DUPLICATE,
            "several_spf",
            f"{len(texts)} SPF records: with more than one none counts",
            "put what you need of them into one record, and remove the others",
            values,
        )
    policy = parse_spf(texts[0])
    if policy.broken:
        return RecordFinding(
            MISMATCH,
            "spf_syntax",
            f"SPF does not know {' '.join(policy.broken[:3])}, and so the whole record is void",
            "correct that term",
            values,
        )
    return _reaches_ses(policy, values)


def _none(values: tuple[str, ...]) -> RecordFinding:
    near = [each for each in values if "spf1" in each.lower()]
    if near:
        return RecordFinding(
            MISMATCH,
            "spf_syntax",
            "the record does not begin with v=spf1 and a space, so it is none of SPF",
            "enter the value as it is, without quotation marks or anything before it",
            values,
        )
    return RecordFinding(
        MISMATCH, "no_spf", "the name has TXT records, but none of SPF", "add this record", values
    )


def _reaches_ses(policy: SpfRecord, values: tuple[str, ...]) -> RecordFinding:
    if SES in {*policy.includes, policy.redirect}:
        note = "+all lets every server send: end it with ~all" if policy.ending == "+all" else ""
        return RecordFinding(OK, "ok", note, found=values)
    if f"include:{SES}" in policy.text.lower():
        reason = f"include:{SES} stands behind {policy.ending}, where nobody reads on"
        return RecordFinding(MISMATCH, "spf_unreached", reason, f"put include:{SES} before it", values)
    return RecordFinding(
        MISMATCH, "spf_without_ses", "SPF does not let SES send", f"add include:{SES} before the all", values
    )


def is_spf(text: str) -> bool:
    """Whether a TXT is an SPF record, right or wrong: its version, and then a space or nothing."""
    return text.lower().split(" ", 1)[0] == "v=spf1"


def permits_ses(text: str) -> bool:
    """Whether it names SES among those who may send."""
    return any(term.lower().lstrip("+") == f"include:{SES}" for term in text.split())


def with_ses(text: str) -> str:
    """The same record with SES in it, before what settles all the rest (`all`, `redirect=`)."""
    terms = text.split()
    last = next((place for place, term in enumerate(terms) if _settles(term)), len(terms))
    return " ".join([*terms[:last], f"include:{SES}", *terms[last:]])


def _settles(term: str) -> bool:
    return term.lower().lstrip("+-~?") == "all" or term.lower().startswith("redirect=")


@dataclass
class LookupCount:
    """What was counted so far. `fault` is what makes the whole record void, `unknown` what could not be asked."""

    lookups: int = 0
    void: int = 0
    records: int = 0
    fault: tuple[str, str] | None = None
    unknown: list[str] = field(default_factory=list)


async def check_lookups(view: DomainView, name: str, finding: RecordFinding) -> RecordFinding:
    """The finding of a record that is right by itself, or what its includes make of it."""
    texts = [text for text in finding.found if is_spf(text)]
    cost = LookupCount()
    await _walk(view, parse_spf(texts[0]), cost, (name,))
    if cost.lookups > MOST_LOOKUPS:
        return RecordFinding(
            MISMATCH,
            "spf_lookups",
            f"SPF takes {_at_least(cost)} look-ups of DNS, and {MOST_LOOKUPS} is the limit: the whole record is void",
            "take out includes that this name does not need; the MAIL FROM name needs SES's alone",
            finding.found,
        )
    if cost.fault:
        return RecordFinding(MISMATCH, *cost.fault, "take it out or correct it", finding.found)
    if cost.void > MOST_VOID:
        reason = (
            f"{cost.void} terms of SPF find nothing in DNS, and {MOST_VOID} is the limit (RFC 7208 4.6.4)"
        )
        return RecordFinding(
            MISMATCH, "spf_void", reason, "take out the terms whose names do not exist", finding.found
        )
    if cost.unknown:
        note = f"not looked into, since DNS fails for it: {', '.join(cost.unknown[:3])}"
        return replace(finding, reason="; ".join(part for part in (finding.reason, note) if part))
    return finding


def _at_least(cost: LookupCount) -> str:
    return f"more than {cost.lookups - 1}" if cost.records >= _MOST_RECORDS else str(cost.lookups)


async def _walk(view: DomainView, policy: SpfRecord, cost: LookupCount, path: tuple[str, ...]) -> None:
    """Count a record and what it leads to. SES's own is known: addresses alone."""
    cost.lookups += policy.lookups
    await _count_void(view, policy, cost)
    leads = (*policy.includes, *((policy.redirect,) if policy.redirect else ()))
    asked = [domain for domain in leads if domain != SES and "%" not in domain][: MOST_LOOKUPS + 1]
    await asyncio.gather(*(view.recursive(domain, "TXT") for domain in asked))  # the answers are kept
    for domain in asked:
        if cost.fault:
            return
        if domain in path:
            cost.fault = ("spf_loop", f"SPF leads in a circle: {' → '.join((*path, domain))}")
            return
        if cost.records >= _MOST_RECORDS or cost.lookups > _MOST_RECORDS:
            return
        cost.records += 1
        inner = await _fetched(view, domain, cost)
        if inner is not None:
            await _walk(view, inner, cost, (*path, domain))


async def _fetched(view: DomainView, domain: str, cost: LookupCount) -> SpfRecord | None:
    answer = await view.recursive(domain, "TXT")
    if answer.state not in CONCLUSIVE:
        cost.unknown.append(domain)
        return None
    texts = [text for text in answer.values if is_spf(text)]
    if len(texts) != 1:
        count = f"{len(texts)} SPF records" if texts else "no SPF record"
        cost.fault = ("spf_include", f"SPF includes {domain}, which has {count}: the whole record is void")
        return None
    policy = parse_spf(texts[0])
    if policy.broken:
        cost.fault = (
            "spf_include",
            f"SPF includes {domain}, whose record is broken: the whole record is void",
        )
    return policy


async def _count_void(view: DomainView, policy: SpfRecord, cost: LookupCount) -> None:
    asked = [(kind, host) for kind, host in policy.hosts if "%" not in host][:MOST_LOOKUPS]
    answers = await asyncio.gather(*(view.recursive(host, kind) for kind, host in asked))
    cost.void += sum(answer.state in CONCLUSIVE and answer.state != FOUND for answer in answers)
