"""SPF of the MAIL FROM domain: evaluate whether the record lets SES send, and stays within the limits (RFC 7208)."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND, DnsAnswer
from sescli.dns.findings import DUPLICATE, ERROR, MISMATCH, OK, RecordFinding, join_reasons
from sescli.dns.query_client import QueryClient
from sescli.dns.rfc7208.evaluation import (
    NEUTRAL,
    PASS,
    PERMERROR,
    TEMPERROR,
    PartialMatch,
    SpfClient,
    SpfEvaluation,
    SpfOutcome,
)
from sescli.dns.rfc7208.grammar import LOOKUPS, SpfRecord, is_spf, parse_spf
from sescli.dns.rfc7208.hints import explain_invalid, explain_no_version, explain_suspicious
from sescli.dns.spf_limits import judge_limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.records import Record
    from sescli.dns.rfc7208.evaluation import Lookup
    from sescli.dns.rfc7208.grammar import IpNetwork, SpfTerm
    from sescli.dns.sources import Sources

__all__ = ["check_spf_text", "evaluate_spf", "is_spf", "judge_spf", "parse_spf", "permits_ses", "with_ses"]

SES = "amazonses.com"
_INCLUDE_SES = f"include:{SES}"
_GREETING = f"smtp-out.{SES}"
# If the record of SES cannot be looked up, this reserved address (RFC 1112 4) represents SES.
_PLACEHOLDER = ipaddress.ip_network("240.0.0.1/32")
# The networks of SES are divided where a record allows only a part of one. Enough for any real record.
_MAX_PARTS = 64


def with_ses(text: str) -> str:
    """Add SES to an SPF record, before the term that ends its evaluation (`all`, `redirect=`; RFC 7208 4.6).

    An include of SES with a qualifier, or after that term, is replaced.
    """
    terms = [term for term in text.split() if term.lower().lstrip("+-~?") != _INCLUDE_SES]
    last = next((index for index, term in enumerate(terms) if _is_final(term)), len(terms))
    return " ".join([*terms[:last], _INCLUDE_SES, *terms[last:]])


def _is_final(term: str) -> bool:
    return term.lower().lstrip("+-~?") == "all" or term.lower().startswith("redirect=")


def permits_ses(text: str) -> bool:
    """Whether a valid record itself includes SES, without looking up other records."""
    record = parse_spf(text)
    terms = record.effective
    names_ses = any(
        term.name == "include" and term.qualifier == "+" and _names_ses(term.domain) for term in terms
    )
    return names_ses or _names_ses(record.reached_redirect)


def _names_ses(domain: str | None) -> bool:
    return (domain or "").lower().removesuffix(".") == SES


def judge_spf(_record: Record | None, values: tuple[str, ...]) -> RecordFinding:
    """Check the text of the record. `evaluate_spf` looks up what it refers to."""
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
        return RecordFinding(MISMATCH, "spf_syntax", *explain_invalid(spf), values)
    note = ""
    if spf.ending and spf.ending.qualifier == "+":
        note = "+all allows every server to send: use ~all instead"
    return RecordFinding(OK, "ok", note, found=values)


def _no_spf(values: tuple[str, ...]) -> RecordFinding:
    similar = next((each for each in values if "spf1" in each.lower()), None)
    if similar is not None:
        return RecordFinding(MISMATCH, "spf_syntax", *explain_no_version(similar), values)
    if any(each.lower().startswith("spf2.0") for each in values):
        reason = "the name has a Sender ID record (spf2.0), which receivers do not use, but no SPF record"
        return RecordFinding(MISMATCH, "no_spf", reason, "add this record", values)
    reason = "the name has TXT records, but no SPF record"
    return RecordFinding(MISMATCH, "no_spf", reason, "add this record", values)


async def evaluate_spf(lookup: Lookup, name: str, finding: RecordFinding) -> RecordFinding:
    """Evaluate a record that is valid itself for the addresses of SES, and check its limits.

    `finding` is that of `judge_spf`. The answer of `lookup` for the record of SES says which addresses it has.
    """
    record = parse_spf(next(text for text in finding.found if is_spf(text)))
    known = _KnownSes(lookup)
    limits, outcome = await asyncio.gather(
        judge_limits(known.look_up, name, record), _evaluate(known, name, record)
    )
    if outcome.result == TEMPERROR and outcome.fault:
        reason = f"could not check whether SPF lets SES send: {outcome.fault.text}"
        fix = "run the check again. If it still fails, the DNS of that name must be fixed"
        return RecordFinding(ERROR, "spf_unknown", reason, fix, finding.found)
    if outcome.result not in {PASS, PERMERROR}:
        return await _not_allowed(known, record, outcome, finding)
    if limits.fault and (suspicious := explain_suspicious(record)):
        return RecordFinding(MISMATCH, limits.fault[0], *suspicious, finding.found)
    if limits.fault:
        return RecordFinding(MISMATCH, *limits.fault, limits.fix, finding.found)
    if outcome.fault:
        reason = f"receivers ignore the record: {outcome.fault.text}"
        return RecordFinding(MISMATCH, "spf_include", reason, "correct or remove that term", finding.found)
    if not permits_ses(record.text) and (via := _way(outcome.path)):
        finding = replace(finding, reason=join_reasons(f"SES may send through {via}", finding.reason))
    return replace(finding, reason=join_reasons(finding.reason, limits.note))


def check_spf_text(name: str, text: str, sources: Sources) -> RecordFinding:
    """Check a record of a name, and look up what it refers to with the recursive server."""
    finding = judge_spf(None, (text,))
    if finding.verdict != OK:
        return finding

    async def evaluate() -> RecordFinding:
        return await evaluate_spf(QueryClient(sources).resolve, name, finding)

    return asyncio.run(evaluate())


class _KnownSes:
    """A lookup that has a record of SES even if DNS does not answer for it, as a server of one zone does."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self.failure: DnsAnswer | None = None

    async def look_up(self, name: str, kind: str) -> DnsAnswer:
        answer = await self._lookup(name, kind)
        if kind != "TXT" or not _names_ses(name) or _networks(answer):
            return answer
        self.failure = answer
        text = f"v=spf1 ip4:{_PLACEHOLDER} -all"
        return replace(answer, state=FOUND, values=(text,), aliases=())

    async def networks(self) -> tuple[IpNetwork, ...]:
        """The networks from which SES sends."""
        return _networks(await self.look_up(SES, "TXT"))


def _networks(answer: DnsAnswer) -> tuple[IpNetwork, ...]:
    texts = [text for text in answer.values if is_spf(text)]
    terms = parse_spf(texts[0]).effective if len(texts) == 1 else ()
    return tuple(term.network for term in terms if term.network and term.qualifier == "+")


async def _evaluate(known: _KnownSes, name: str, record: SpfRecord) -> SpfOutcome:
    """Return the outcome for every address of SES: the first that is not pass, or else pass."""
    waiting: list[IpNetwork] = list(await known.networks())
    outcome = SpfOutcome(NEUTRAL)
    for _ in range(len(waiting) + _MAX_PARTS):
        if not waiting:
            break
        network = waiting.pop(0)
        client = SpfClient(network, f"bounce@{name}", _GREETING)
        try:
            outcome = await SpfEvaluation(known.look_up, client).check_record(name, record)
        except PartialMatch as partial:
            waiting[:0] = [partial.part, *_exclude(network, partial.part)]
            continue
        if outcome.result != PASS:
            return outcome
    return outcome


def _exclude(network: IpNetwork, part: IpNetwork) -> Sequence[IpNetwork]:
    return list(network.address_exclude(part))  # type: ignore[arg-type]


async def _not_allowed(
    known: _KnownSes, record: SpfRecord, outcome: SpfOutcome, finding: RecordFinding
) -> RecordFinding:
    """Explain why SES gets another result than pass."""
    suspicious = explain_suspicious(record)
    if suspicious:
        return RecordFinding(MISMATCH, "spf_without_ses", *suspicious, finding.found)
    term = outcome.path[0] if outcome.path else None
    if term and term.name not in {"all", "redirect"}:
        change = (
            f"change {term.text} to {_INCLUDE_SES}"
            if _names_ses(term.domain)
            else f"put {_INCLUDE_SES} before it"
        )
        reason = f"{term.text} gives SES the result {outcome.result}, not pass"
        return RecordFinding(MISMATCH, "spf_qualifier", reason, change, finding.found)
    if _INCLUDE_SES in record.text.lower() and record.ending:
        ending = f"{record.ending.qualifier}all"
        reason = f"{_INCLUDE_SES} is after {ending}, so receivers ignore it"
        return RecordFinding(
            MISMATCH, "spf_unreached", reason, f"move {_INCLUDE_SES} before it", finding.found
        )
    if known.failure is not None and known.failure.state not in CONCLUSIVE and _has_addresses(record):
        reason = f"could not compare SPF with the addresses of SES: the lookup of {SES} failed"
        fix = f"run the check again, or add {_INCLUDE_SES} before the all"
        return RecordFinding(ERROR, "spf_unknown", reason, fix, finding.found)
    reason = f"the SPF record does not allow SES to send (its result is {outcome.result})"
    return RecordFinding(
        MISMATCH, "spf_without_ses", reason, f"add {_INCLUDE_SES} before the all", finding.found
    )


def _has_addresses(record: SpfRecord) -> bool:
    """Whether terms can allow addresses of SES that are unknown now."""
    return record.reached_redirect is not None or any(
        term.name in {*LOOKUPS, "ip4", "ip6"} for term in record.effective
    )


def _way(path: Sequence[SpfTerm]) -> str:
    """The terms that lead to the addresses of SES, outermost first."""
    return " → ".join(term.text for term in path)
