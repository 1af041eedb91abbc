"""The limits of SPF (RFC 7208 4.6.4), for a sender that no term matches: every term is evaluated."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND
from sescli.dns.rfc7208.evaluation import (
    MAX_HOSTS,
    MAX_LOOKUPS,
    MAX_VOID_LOOKUPS,
    TEMPERROR,
    SpfFault,
    fetch_record,
)
from sescli.dns.rfc7208.macros import MacroValues, expand, has_macro_of_sender, is_queryable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.rfc7208.evaluation import Lookup
    from sescli.dns.rfc7208.grammar import SpfRecord, SpfTerm

# Counting stops here, so that no record makes this program send an unlimited number of queries.
_MAX_RECORDS = 30
_QUERIED = {"a": "A", "mx": "MX", "exists": "A"}


@dataclass
class SpfLimits:
    """What a record needs. `fault` has the cause and the reason why receivers ignore it, `fix` how to correct it.

    `unknown` has domains whose lookup failed.
    """

    lookups: int = 0
    void: int = 0
    records: int = 0
    fault: tuple[str, str] | None = None
    fix: str = "remove or correct it"
    unknown: list[str] = field(default_factory=list)

    @property
    def note(self) -> str:
        """What could not be checked."""
        failed = f"not checked, because the DNS lookup failed: {', '.join(self.unknown[:3])}"
        return failed if self.unknown else ""


async def judge_limits(lookup: Lookup, name: str, record: SpfRecord) -> SpfLimits:
    """Follow the includes of a record that is valid itself, and say whether a limit or an included record breaks it.

    Mechanisms after one that matches are not evaluated, so email of SES can pass although a limit is exceeded. But
    receivers that evaluate the full record, and for other senders, ignore it.
    """
    limits = SpfLimits()
    await _count(lookup, record, limits, (name,))
    if limits.lookups > MAX_LOOKUPS:
        most = f"more than {limits.lookups - 1}" if limits.records >= _MAX_RECORDS else str(limits.lookups)
        reason = (
            f"SPF requires {most} DNS lookups, but the limit is {MAX_LOOKUPS}, "
            "so receivers ignore the record when they reach it"
        )
        limits.fault = ("spf_lookups", reason)
        limits.fix = (
            "remove includes that this name does not need. The MAIL FROM domain needs only the include of SES"
        )
    elif limits.fault is None and limits.void > MAX_VOID_LOOKUPS:
        reason = f"{limits.void} SPF terms find nothing in DNS, but the limit is {MAX_VOID_LOOKUPS} (RFC 7208 4.6.4)"
        limits.fault = ("spf_void", reason)
        limits.fix = "remove the terms with names that do not exist"
    return limits


async def _count(lookup: Lookup, record: SpfRecord, limits: SpfLimits, path: tuple[str, ...]) -> None:
    """Count a record and the records that it refers to."""
    limits.lookups += record.lookups
    references = [term.domain or "" for term in record.effective if term.name == "include"]
    references += [record.reached_redirect] if record.reached_redirect else []
    domains = _known_names(references, path[-1])[: MAX_LOOKUPS + 1]
    # Fills the cache in parallel.
    await asyncio.gather(
        _count_hosts(lookup, record, limits, path[-1]), *(lookup(domain, "TXT") for domain in domains)
    )
    for domain in domains:
        if limits.fault:
            return
        if domain in path:
            limits.fault = ("spf_loop", f"the SPF includes form a loop: {' → '.join((*path, domain))}")
            return
        if limits.records >= _MAX_RECORDS or limits.lookups > _MAX_RECORDS:
            return
        limits.records += 1
        inner = await _fetch(lookup, domain, limits)
        if inner is not None:
            await _count(lookup, inner, limits, (*path, domain))


def _known_names(texts: Sequence[str], domain: str) -> list[str]:
    """Expand the names that do not depend on the sender."""
    values = MacroValues("", domain, "0.0.0.0", "")  # noqa: S104 - a value for macros, not an address to bind
    names = [expand(text, values).lower() for text in texts if not has_macro_of_sender(text)]
    return [name for name in names if is_queryable(name)]


async def _fetch(lookup: Lookup, domain: str, limits: SpfLimits) -> SpfRecord | None:
    try:
        record = await fetch_record(lookup, domain)
    except SpfFault as fault:
        if fault.result == TEMPERROR:
            limits.unknown.append(domain)
        else:
            limits.fault = (
                "spf_include",
                f"an included record is wrong: {fault.text}, so receivers ignore this record",
            )
        return None
    if record is None:
        limits.fault = (
            "spf_include",
            f"SPF includes {domain}, which has no SPF record, so receivers ignore the record",
        )
    return record


async def _count_hosts(lookup: Lookup, record: SpfRecord, limits: SpfLimits, domain: str) -> None:
    terms = [
        (term, name) for term in record.effective if term.name in _QUERIED for name in _name(term, domain)
    ]
    terms = terms[:MAX_LOOKUPS]
    answers = await asyncio.gather(*(lookup(name, _QUERIED[term.name]) for term, name in terms))
    for (term, name), answer in zip(terms, answers, strict=True):
        limits.void += answer.state in CONCLUSIVE and answer.state != FOUND
        if term.name == "mx" and len(answer.values) > MAX_HOSTS and not limits.fault:
            reason = f"{term.text}: {name} has {len(answer.values)} MX records, but SPF allows {MAX_HOSTS} for one term"
            limits.fault = ("spf_hosts", f"{reason}, so receivers ignore the record")


def _name(term: SpfTerm, domain: str) -> list[str]:
    return _known_names([term.domain], domain) if term.domain else [domain]
