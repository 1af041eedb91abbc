"""DMARC checks that need more than the record: alignment, inherited policies, and where reports may go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE
from sescli.dns.dmarc import DmarcRecord, is_dmarc, only_record, parse_dmarc, tree_walk
from sescli.dns.dmarc_policy import external_report_domains, report_addresses, report_problems
from sescli.dns.findings import ERROR, OK, RecordFinding, join_reasons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.dns.answers import DnsAnswer
    from sescli.dns.domain_view import DomainView
    from sescli.dns.findings import CheckedRecord

_MAX_REPORT_DOMAINS = 5


def add_alignment_note(records: Sequence[CheckedRecord], domain: str) -> list[CheckedRecord]:
    """Add to the DMARC record whether email passes by DKIM only: SPF must match the From domain (RFC 9989 4.4)."""
    return [_with_note(record, records, domain) if _policy_text(record) else record for record in records]


def _policy_text(record: CheckedRecord) -> str | None:
    if record.purpose != "dmarc" or record.verdict != OK:
        return None
    return next((text for text in record.found if is_dmarc(text)), None)


def _with_note(record: CheckedRecord, records: Sequence[CheckedRecord], domain: str) -> CheckedRecord:
    return replace(record, reason=join_reasons(record.reason, _alignment(record, records, domain)))


def _alignment(record: CheckedRecord, records: Sequence[CheckedRecord], domain: str) -> str:
    tags = parse_dmarc(_policy_text(record) or "").tags
    mail_from = [each for each in records if each.purpose in {"mail_from_mx", "mail_from_spf"}]
    if not mail_from:
        return "without a MAIL FROM domain, email passes DMARC by DKIM only"
    name = mail_from[0].name
    if tags.get("aspf", "r").lower() == "s" and name != domain:
        return f"aspf=s: SPF of {name} does not count for {domain}, so email passes DMARC by DKIM only"
    if any(each.verdict != OK for each in mail_from):
        return "until the MAIL FROM records are correct, email passes DMARC by DKIM only"
    return ""


async def check_inherited_policy(view: DomainView, domain: str, finding: RecordFinding) -> RecordFinding:
    """Look for the policy that a domain without its own inherits (RFC 9989 4.10, the tree walk)."""
    above = tree_walk(domain)
    answers = await asyncio.gather(*(view.recursive(f"_dmarc.{name}", "TXT") for name in above))
    records = ((name, only_record(answer.values)) for name, answer in zip(above, answers, strict=True))
    found = {name: record for name, record in records if record}
    source = organizational_domain(domain, found)
    if source is None:
        return _not_inherited(finding, answers)
    policy = found[source]
    if policy.invalid_parts():
        return finding
    reason = f"not required: the policy of {source} applies ({policy.for_subdomains} for its subdomains)"
    reason = join_reasons(reason, *report_problems(policy))
    found_above = RecordFinding(OK, "inherited", reason, found=(policy.text,))
    return await check_report_destinations(view, found_above, source)


def organizational_domain(domain: str, found: Mapping[str, DmarcRecord]) -> str | None:
    """Return the domain whose policy applies, of those above with a policy. `found` has the closest first."""
    for name, policy in found.items():
        kind = policy.tags.get("psd", "u").lower()
        if kind == "n":
            return name
        if kind == "y":
            # A public suffix: the organization is the name below it. Without a policy there, that of the suffix applies.
            return _below(name, domain, found) or name
    return list(found)[-1] if found else None


def _below(suffix: str, domain: str, found: Mapping[str, DmarcRecord]) -> str | None:
    labels = domain.split(".")
    name = ".".join(labels[-len(suffix.split(".")) - 1 :])
    return name if name in found else None


def _not_inherited(finding: RecordFinding, answers: Sequence[DnsAnswer]) -> RecordFinding:
    failing = [answer for answer in answers if answer.state not in CONCLUSIVE]
    if not failing:
        return finding
    failure = f"{failing[0].server.host} {failing[0].detail}"
    reason = f"no policy of its own. Could not check whether a domain above has one: {failure}"
    return replace(finding, verdict=ERROR, cause=failing[0].state, reason=reason)


async def check_report_destinations(view: DomainView, finding: RecordFinding, domain: str) -> RecordFinding:
    """Add the report domains that do not accept reports about the domain of the policy (RFC 9990 4)."""
    policy = next((parse_dmarc(text) for text in finding.found if is_dmarc(text)), None)
    addresses = [each for tag in ("rua", "ruf") for each in report_addresses(policy, tag)] if policy else []
    others = external_report_domains(domain, addresses)[:_MAX_REPORT_DOMAINS]
    accepting = await asyncio.gather(*(_accepts_reports(view, domain, other) for other in others))
    refusing = [other for other, accepts in zip(others, accepting, strict=True) if not accepts]
    if not refusing:
        return finding
    note = f"{', '.join(refusing)} gets no reports, because it does not authorize reports about {domain}"
    return replace(finding, reason=join_reasons(finding.reason, note))


async def _accepts_reports(view: DomainView, domain: str, other: str) -> bool:
    """Whether a domain accepts the reports. True if the lookup fails."""
    answer = await view.recursive(f"{domain}._report._dmarc.{other}", "TXT")
    return answer.state not in CONCLUSIVE or any(is_dmarc(text) for text in answer.values)
