"""SPF of the MAIL FROM domain (RFC 7208): the record must be valid, include SES and stay within the lookup limits."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND
from sescli.dns.findings import DUPLICATE, MISMATCH, OK, RecordFinding, join_reasons

if TYPE_CHECKING:
    from sescli.dns.domain_view import DomainView
    from sescli.dns.records import Record

SES = "amazonses.com"
_INCLUDE_SES = f"include:{SES}"
# The limits of RFC 7208 4.6.4: DNS lookups, and lookups that find nothing.
MAX_LOOKUPS, MAX_VOID_LOOKUPS = 10, 2
# Counting stops here, so that no record makes this program send an unlimited number of queries.
_MAX_RECORDS = 30

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


def is_spf(text: str) -> bool:
    """Whether a TXT value is an SPF record, valid or not (RFC 7208 4.5): the version, then a space or the end."""
    return text.lower().split(" ", 1)[0] == "v=spf1"


def permits_ses(text: str) -> bool:
    """Whether an SPF record includes SES."""
    return any(term.lower().lstrip("+") == _INCLUDE_SES for term in text.split())


def with_ses(text: str) -> str:
    """Add SES to an SPF record, before the term that ends its evaluation (`all`, `redirect=`; RFC 7208 4.6)."""
    terms = text.split()
    last = next((index for index, term in enumerate(terms) if _is_final(term)), len(terms))
    return " ".join([*terms[:last], _INCLUDE_SES, *terms[last:]])


def _is_final(term: str) -> bool:
    return term.lower().lstrip("+-~?") == "all" or term.lower().startswith("redirect=")


@dataclass(frozen=True)
class SpfRecord:
    """An SPF record. `invalid` has the terms that are not valid; a record with such a term has no effect.

    `lookups` is the number of terms that need a DNS lookup. `includes` has the domains of terms that refer to
    another record, `hosts` the domains of `a` and `mx` terms with the record type to query. Terms after `all`
    (`ending`) have no effect and are not counted.
    """

    text: str
    lookups: int
    includes: tuple[str, ...]
    hosts: tuple[tuple[str, str], ...]
    redirect: str | None
    invalid: tuple[str, ...]
    ending: str | None


def parse_spf(text: str) -> SpfRecord:
    """Parse an SPF record."""
    terms = [(term, _match_term(term)) for term in text.split()[1:]]
    valid = [match for _, match in terms if match]
    last = next((index for index, match in enumerate(valid) if match["all"]), len(valid))
    ending = f"{valid[last]['sign'] or '+'}all" if last < len(valid) else None
    # RFC 7208 6.1: a record with an all ignores redirect.
    redirects = [_host(match["redirect"]) for match in valid if match["redirect"]] if ending is None else []
    effective = valid[:last]
    lookups = sum(
        bool(match["include"] or match["exists"] or match["host"] or match["ptr"]) for match in effective
    )
    return SpfRecord(
        text,
        lookups=lookups + len(redirects),
        includes=tuple(_host(match["included"]) for match in effective if match["include"]),
        hosts=tuple((match["host"].upper(), _host(match["of"])) for match in effective if match["of"]),
        redirect=redirects[0] if redirects else None,
        invalid=tuple(term for term, match in terms if not match),
        ending=ending,
    )


def _match_term(term: str) -> re.Match[str] | None:
    match = _TERM.fullmatch(term)
    if match and match["network"]:
        try:
            network = ipaddress.ip_network(match["network"], strict=False)
        except ValueError:
            return None
        return match if str(network.version) == match["version"] else None
    return match


def _host(domain: str) -> str:
    return domain.lower().removesuffix(".")


def judge_spf(_record: Record, values: tuple[str, ...]) -> RecordFinding:
    """Check the record itself. `check_lookups` counts its DNS lookups."""
    texts = [each for each in values if is_spf(each)]
    if not texts:
        return _no_spf(values)
    if len(texts) > 1:
        reason = (
            f"the name has {len(texts)} SPF records: receivers ignore all of them if there is more than one"
        )
        fix = "combine what you need into one record, and remove the others"
        return RecordFinding(DUPLICATE, "several_spf", reason, fix, values)
    spf = parse_spf(texts[0])
    if spf.invalid:
        reason = f"{' '.join(spf.invalid[:3])} is not valid in SPF, so receivers ignore the record"
        return RecordFinding(MISMATCH, "spf_syntax", reason, "correct that term", values)
    return _judge_includes_ses(spf, values)


def _no_spf(values: tuple[str, ...]) -> RecordFinding:
    if any("spf1" in each.lower() for each in values):
        reason = "the record does not begin with v=spf1 and a space, so it is not an SPF record"
        fix = "enter the value exactly, without quotation marks or other text before it"
        return RecordFinding(MISMATCH, "spf_syntax", reason, fix, values)
    reason = "the name has TXT records, but no SPF record"
    return RecordFinding(MISMATCH, "no_spf", reason, "add this record", values)


def _judge_includes_ses(spf: SpfRecord, values: tuple[str, ...]) -> RecordFinding:
    if SES in {*spf.includes, spf.redirect}:
        note = "+all allows every server to send: use ~all instead" if spf.ending == "+all" else ""
        return RecordFinding(OK, "ok", note, found=values)
    if _INCLUDE_SES in spf.text.lower():
        reason = f"{_INCLUDE_SES} is after {spf.ending}, so receivers ignore it"
        return RecordFinding(MISMATCH, "spf_unreached", reason, f"move {_INCLUDE_SES} before it", values)
    reason, fix = "the SPF record does not allow SES to send", f"add {_INCLUDE_SES} before the all"
    return RecordFinding(MISMATCH, "spf_without_ses", reason, fix, values)


@dataclass
class LookupCount:
    """The DNS lookups so far (RFC 7208 4.6.4).

    `fault` has the cause and the reason why receivers ignore the record. `unknown` has domains whose lookup failed.
    """

    lookups: int = 0
    void: int = 0
    records: int = 0
    fault: tuple[str, str] | None = None
    unknown: list[str] = field(default_factory=list)


async def check_lookups(view: DomainView, name: str, finding: RecordFinding) -> RecordFinding:
    """Follow the includes of a record that is valid itself, and return a finding if one of them breaks it."""
    texts = [text for text in finding.found if is_spf(text)]
    count = LookupCount()
    await _count(view, parse_spf(texts[0]), count, (name,))
    if count.lookups > MAX_LOOKUPS:
        reason = (
            f"SPF requires {_at_least(count)} DNS lookups, but the limit is {MAX_LOOKUPS}, "
            f"so receivers ignore the record"
        )
        fix = (
            "remove includes that this name does not need. The MAIL FROM domain needs only the include of SES"
        )
        return RecordFinding(MISMATCH, "spf_lookups", reason, fix, finding.found)
    if count.fault:
        return RecordFinding(MISMATCH, *count.fault, "remove or correct it", finding.found)
    if count.void > MAX_VOID_LOOKUPS:
        reason = f"{count.void} SPF terms find nothing in DNS, but the limit is {MAX_VOID_LOOKUPS} (RFC 7208 4.6.4)"
        fix = "remove the terms with names that do not exist"
        return RecordFinding(MISMATCH, "spf_void", reason, fix, finding.found)
    if count.unknown:
        note = f"not checked, because the DNS lookup failed: {', '.join(count.unknown[:3])}"
        return replace(finding, reason=join_reasons(finding.reason, note))
    return finding


def _at_least(count: LookupCount) -> str:
    return f"more than {count.lookups - 1}" if count.records >= _MAX_RECORDS else str(count.lookups)


async def _count(view: DomainView, spf: SpfRecord, count: LookupCount, path: tuple[str, ...]) -> None:
    """Count a record and the records that it refers to. The record of SES is known to have only addresses."""
    count.lookups += spf.lookups
    await _count_void(view, spf, count)
    references = (*spf.includes, *((spf.redirect,) if spf.redirect else ()))
    domains = [domain for domain in references if domain != SES and "%" not in domain][: MAX_LOOKUPS + 1]
    await asyncio.gather(
        *(view.recursive(domain, "TXT") for domain in domains)
    )  # fills the cache in parallel
    for domain in domains:
        if count.fault:
            return
        if domain in path:
            count.fault = ("spf_loop", f"the SPF includes form a loop: {' → '.join((*path, domain))}")
            return
        if count.records >= _MAX_RECORDS or count.lookups > _MAX_RECORDS:
            return
        count.records += 1
        inner = await _fetch(view, domain, count)
        if inner is not None:
            await _count(view, inner, count, (*path, domain))


async def _fetch(view: DomainView, domain: str, count: LookupCount) -> SpfRecord | None:
    answer = await view.recursive(domain, "TXT")
    if answer.state not in CONCLUSIVE:
        count.unknown.append(domain)
        return None
    texts = [text for text in answer.values if is_spf(text)]
    problem = f"{len(texts)} SPF records" if texts else "no SPF record"
    spf = parse_spf(texts[0]) if len(texts) == 1 else None
    if spf is None or spf.invalid:
        problem = "an SPF record that is not valid" if spf else problem
        reason = f"SPF includes {domain}, which has {problem}, so receivers ignore the record"
        count.fault = ("spf_include", reason)
    return spf


async def _count_void(view: DomainView, spf: SpfRecord, count: LookupCount) -> None:
    queries = [(kind, host) for kind, host in spf.hosts if "%" not in host][:MAX_LOOKUPS]
    answers = await asyncio.gather(*(view.recursive(host, kind) for kind, host in queries))
    count.void += sum(answer.state in CONCLUSIVE and answer.state != FOUND for answer in answers)
