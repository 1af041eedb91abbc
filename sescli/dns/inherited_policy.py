"""A DMARC policy that a domain has from a domain above it (RFC 9989 4.10, the tree walk)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.dns.answers import FOUND, TOLD
from sescli.dns.dmarc import Dmarc, is_dmarc, parse, walk
from sescli.dns.findings import ERROR, OK, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.dns.answers import Answer
    from sescli.dns.domain_view import View


async def inherited(view: View, domain: str, finding: Finding) -> Finding:
    """The finding for a domain without a policy of its own."""
    above = walk(domain)
    answers = await asyncio.gather(*(view.seen(f"_dmarc.{name}", "TXT") for name in above))
    found = {name: policy for name, answer in zip(above, answers, strict=True) if (policy := _policy(answer))}
    source = organisational(domain, found)
    if source is None:
        return _none(finding, answers)
    policy = found[source]
    if policy.wrong():
        return finding
    told = (
        f"none of its own, and needs none: {source} has a policy, which asks {policy.for_subdomains} for it"
    )
    return Finding(OK, "inherited", told, found=(policy.text,))


def organisational(domain: str, found: Mapping[str, Dmarc]) -> str | None:
    """Of the domains above that have a policy, the one whose policy counts. `found` has the closest first."""
    for name, policy in found.items():
        kind = policy.tags.get("psd", "u").lower()
        if kind == "n":
            return name
        if kind == "y":
            # A public suffix: the organisation is the name below it, and has it for want of its own.
            return _below(name, domain, found) or name
    return list(found)[-1] if found else None


def _below(suffix: str, domain: str, found: Mapping[str, Dmarc]) -> str | None:
    labels = domain.split(".")
    name = ".".join(labels[-len(suffix.split(".")) - 1 :])
    return name if name in found else None


def _policy(answer: Answer) -> Dmarc | None:
    """Several are as good as none."""
    texts = [text for text in answer.values if is_dmarc(text)] if answer.state == FOUND else []
    return parse(texts[0]) if len(texts) == 1 else None


def _none(finding: Finding, answers: Sequence[Answer]) -> Finding:
    failing = [answer for answer in answers if answer.state not in TOLD]
    if not failing:
        return finding
    told = f"none of its own; whether a domain above has one is not known: {failing[0].server.host} {failing[0].detail}"
    return replace(finding, verdict=ERROR, cause=failing[0].state, reason=told)
