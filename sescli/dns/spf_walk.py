"""How many DNS look-ups an SPF record costs, with all that it includes (RFC 7208 4.6.4)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sescli.dns.answers import FOUND, TOLD
from sescli.dns.findings import MISMATCH, Finding
from sescli.dns.spf import SES, Policy, parse
from sescli.dns.spf_record import is_spf

if TYPE_CHECKING:
    from sescli.dns.domain_view import View

MOST_LOOKUPS, MOST_VOID = 10, 2
# Where the counting ends, however much is included: no record shall make this program ask the world.
_MOST_RECORDS = 30


@dataclass
class Cost:
    """What was counted so far. `fault` is what makes the whole record void, `unknown` what could not be asked."""

    lookups: int = 0
    void: int = 0
    records: int = 0
    fault: tuple[str, str] | None = None
    unknown: list[str] = field(default_factory=list)


async def counted(view: View, name: str, finding: Finding) -> Finding:
    """The finding of a record that is right by itself, or what its includes make of it."""
    texts = [text for text in finding.found if is_spf(text)]
    cost = Cost()
    await _walk(view, parse(texts[0]), cost, (name,))
    if cost.lookups > MOST_LOOKUPS:
        return Finding(
            MISMATCH,
            "spf_lookups",
            f"SPF takes {_at_least(cost)} look-ups of DNS, and {MOST_LOOKUPS} is the limit: the whole record is void",
            "take out includes that this name does not need; the MAIL FROM name needs SES's alone",
            finding.found,
        )
    if cost.fault:
        return Finding(MISMATCH, *cost.fault, "take it out or correct it", finding.found)
    if cost.void > MOST_VOID:
        reason = (
            f"{cost.void} terms of SPF find nothing in DNS, and {MOST_VOID} is the limit (RFC 7208 4.6.4)"
        )
        return Finding(
            MISMATCH, "spf_void", reason, "take out the terms whose names do not exist", finding.found
        )
    if cost.unknown:
        note = f"not looked into, since DNS fails for it: {', '.join(cost.unknown[:3])}"
        return replace(finding, reason="; ".join(part for part in (finding.reason, note) if part))
    return finding


def _at_least(cost: Cost) -> str:
    return f"more than {cost.lookups - 1}" if cost.records >= _MOST_RECORDS else str(cost.lookups)


async def _walk(view: View, policy: Policy, cost: Cost, path: tuple[str, ...]) -> None:
    """Count a record and what it leads to. SES's own is known: addresses alone."""
    cost.lookups += policy.lookups
    await _count_void(view, policy, cost)
    leads = (*policy.includes, *((policy.redirect,) if policy.redirect else ()))
    asked = [domain for domain in leads if domain != SES and "%" not in domain][: MOST_LOOKUPS + 1]
    await asyncio.gather(*(view.seen(domain, "TXT") for domain in asked))  # the answers are kept
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


async def _fetched(view: View, domain: str, cost: Cost) -> Policy | None:
    answer = await view.seen(domain, "TXT")
    if answer.state not in TOLD:
        cost.unknown.append(domain)
        return None
    texts = [text for text in answer.values if is_spf(text)]
    if len(texts) != 1:
        count = f"{len(texts)} SPF records" if texts else "no SPF record"
        cost.fault = ("spf_include", f"SPF includes {domain}, which has {count}: the whole record is void")
        return None
    policy = parse(texts[0])
    if policy.broken:
        cost.fault = (
            "spf_include",
            f"SPF includes {domain}, whose record is broken: the whole record is void",
        )
    return policy


async def _count_void(view: View, policy: Policy, cost: Cost) -> None:
    asked = [(kind, host) for kind, host in policy.hosts if "%" not in host][:MOST_LOOKUPS]
    answers = await asyncio.gather(*(view.seen(host, kind) for kind, host in asked))
    cost.void += sum(answer.state in TOLD and answer.state != FOUND for answer in answers)
