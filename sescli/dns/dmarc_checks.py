"""Checks of a DMARC policy beyond its own record: alignment, the policy of a domain above, consent to reports."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND
from sescli.dns.dmarc import DmarcRecord, is_dmarc, parse_dmarc, tree_walk
from sescli.dns.dmarc_policy import external_report_domains
from sescli.dns.findings import ERROR, OK, RecordFinding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.dns.answers import DnsAnswer
    from sescli.dns.domain_view import DomainView
    from sescli.dns.findings import CheckedRecord


def note_alignment(records: Sequence[CheckedRecord], domain: str) -> list[CheckedRecord]:
    """The records, the one of DMARC with a word on what it leans on."""
    return [_with_word(record, records, domain) if _policy_of(record) else record for record in records]


def _policy_of(record: CheckedRecord) -> str | None:
    if record.purpose != "dmarc" or record.verdict != OK:
        return None
    return next((text for text in record.found if is_dmarc(text)), None)


def _with_word(record: CheckedRecord, records: Sequence[CheckedRecord], domain: str) -> CheckedRecord:
    word = _word(record, records, domain)
    return replace(record, reason="; ".join(part for part in (record.reason, word) if part))


def _word(record: CheckedRecord, records: Sequence[CheckedRecord], domain: str) -> str:
    tags = parse_dmarc(_policy_of(record) or "").tags
    mail_from = [each for each in records if each.purpose in {"mail_from_mx", "mail_from_spf"}]
    if not mail_from:
        return "without a MAIL FROM domain it passes by DKIM alone"
    name = mail_from[0].name
    if tags.get("aspf", "r").lower() == "s" and name != domain:
        return f"aspf=s: SPF of {name} does not count for {domain}, so it passes by DKIM alone"
    if any(each.verdict != OK for each in mail_from):
        return "until the MAIL FROM records are right it passes by DKIM alone"
    return ""


async def check_inherited_policy(view: DomainView, domain: str, finding: RecordFinding) -> RecordFinding:
    """The finding for a domain without a policy of its own."""
    above = tree_walk(domain)
    answers = await asyncio.gather(*(view.recursive(f"_dmarc.{name}", "TXT") for name in above))
    found = {name: policy for name, answer in zip(above, answers, strict=True) if (policy := _policy(answer))}
    source = organizational_domain(domain, found)
    if source is None:
        return _none(finding, answers)
    policy = found[source]
    if policy.invalid_parts():
        return finding
    told = (
        f"none of its own, and needs none: {source} has a policy, which asks {policy.for_subdomains} for it"
    )
    return RecordFinding(OK, "inherited", told, found=(policy.text,))


def organizational_domain(domain: str, found: Mapping[str, DmarcRecord]) -> str | None:
    """Of the domains above that have a policy, the one whose policy counts. `found` has the closest first."""
    for name, policy in found.items():
        kind = policy.tags.get("psd", "u").lower()
        if kind == "n":
            return name
        if kind == "y":
            # A public suffix: the organisation is the name below it, and has it for want of its own.
            return _below(name, domain, found) or name
    return list(found)[-1] if found else None


def _below(suffix: str, domain: str, found: Mapping[str, DmarcRecord]) -> str | None:
    labels = domain.split(".")
    name = ".".join(labels[-len(suffix.split(".")) - 1 :])
    return name if name in found else None


def _policy(answer: DnsAnswer) -> DmarcRecord | None:
    """Several are as good as none."""
    texts = [text for text in answer.values if is_dmarc(text)] if answer.state == FOUND else []
    return parse_dmarc(texts[0]) if len(texts) == 1 else None


def _none(finding: RecordFinding, answers: Sequence[DnsAnswer]) -> RecordFinding:
    failing = [answer for answer in answers if answer.state not in CONCLUSIVE]
    if not failing:
        return finding
    told = f"none of its own; whether a domain above has one is not known: {failing[0].server.host} {failing[0].detail}"
    return replace(finding, verdict=ERROR, cause=failing[0].state, reason=told)


_MOST_ASKED = 5


async def check_report_destinations(view: DomainView, finding: RecordFinding) -> RecordFinding:
    """The finding of a policy, with a word on reports to other domains that will not come."""
    policy = next((parse_dmarc(text) for text in finding.found if is_dmarc(text)), None)
    others = external_report_domains(view.domain, _addresses(policy))[:_MOST_ASKED] if policy else []
    taking = await asyncio.gather(*(_accepts_reports(view, other) for other in others))
    silent = [other for other, takes in zip(others, taking, strict=True) if not takes]
    if not silent:
        return finding
    word = f"no reports will come to {', '.join(silent)}, which does not say that it takes those of {view.domain}"
    return replace(finding, reason="; ".join(part for part in (finding.reason, word) if part))


def _addresses(policy: DmarcRecord) -> list[str]:
    """Those of `rua`; behind a ! stood a limit of size, before RFC 9990."""
    uris = (uri.strip().partition("!")[0] for uri in policy.tags.get("rua", "").split(","))
    return [uri.removeprefix("mailto:") for uri in uris if uri.startswith("mailto:") and "@" in uri]


async def _accepts_reports(view: DomainView, other: str) -> bool:
    """Unless DNS says that it does not."""
    answer = await view.recursive(f"{view.domain}._report._dmarc.{other}", "TXT")
    return answer.state not in CONCLUSIVE or any(is_dmarc(text) for text in answer.values)
