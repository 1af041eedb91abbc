"""The records that a domain wants, held against what DNS answers now.

The zone's own name servers and a recursive one are asked side by side: what is published at the DNS host but
not yet seen by others is told apart from what is not published.
"""

from __future__ import annotations

import asyncio
from dataclasses import fields
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND, DnsAnswer
from sescli.dns.diagnosis import diagnose
from sescli.dns.dmarc_checks import note_alignment
from sescli.dns.domain_view import DomainView
from sescli.dns.findings import (
    CheckedRecord,
    DnsCheck,
    Evidence,
    JudgedAnswer,
    RecordFinding,
    ServerAnswer,
    merge_findings,
    wait,
)
from sescli.dns.query_client import QueryClient
from sescli.dns.records import Record
from sescli.dns.verdicts import judge
from sescli.dns.zone_warnings import warnings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.sources import Sources


# What may stand beside a CNAME, and what may stand in its place.
_BESIDE = ("TXT", "MX")
_IN_PLACE = ("TXT", "A", "AAAA")


def check_records(records: Sequence[Record], domain: str, sources: Sources) -> DnsCheck:
    """Look at every record of a domain, all at once, in at most `sources.timeout` seconds.

    Raises nothing for what DNS says, or does not say: that is a verdict.
    """
    return asyncio.run(_check(records, domain, sources))


async def _check(records: Sequence[Record], domain: str, sources: Sources) -> DnsCheck:
    view = DomainView(QueryClient(sources), domain)
    (told, soas), checked = await asyncio.gather(
        warnings(view), asyncio.gather(*(_checked(view, record) for record in records))
    )
    return DnsCheck(
        domain, await view.zone(), tuple(note_alignment(checked, domain)), tuple(told), tuple(soas)
    )


async def _checked(view: DomainView, record: Record) -> CheckedRecord:
    # Answers are kept, so what will be needed beside is asked for at once.
    kinds = (record.type, *(_BESIDE if record.type == "CNAME" else ()))

    async def own() -> list[JudgedAnswer]:
        answers, *_ = await asyncio.gather(*(view.authoritative(record.name, kind) for kind in kinds))
        return list(await asyncio.gather(*(_judged(view, record, answer) for answer in answers)))

    async def others() -> JudgedAnswer:
        answer, *_ = await asyncio.gather(*(view.recursive(record.name, kind) for kind in kinds))
        return await _judged(view, record, answer)

    published, seen = await asyncio.gather(own(), others())
    finding = await diagnose(view, record, merge_findings(published, seen))
    return _record(record, finding, published, seen)


async def _judged(view: DomainView, record: Record, answer: DnsAnswer) -> JudgedAnswer:
    kinds: tuple[str, ...] = ()
    if record.type == "CNAME" and answer.state in CONCLUSIVE:
        kinds = _BESIDE if answer.state == FOUND else _IN_PLACE
    found = await asyncio.gather(*(view.client.ask(answer.server, record.name, kind) for kind in kinds))
    return JudgedAnswer(answer, judge(record, Evidence(answer, dict(zip(kinds, found, strict=True)))))


def _record(
    record: Record, finding: RecordFinding, own: Sequence[JudgedAnswer], seen: JudgedAnswer
) -> CheckedRecord:
    given = {each.name: getattr(record, each.name) for each in fields(Record)}
    told = [each for each in (*own, *((seen,) if seen.answer.is_authoritative else ())) if each.is_conclusive]
    return CheckedRecord(
        **given,
        verdict=finding.verdict,
        found=finding.found,
        reason=finding.reason,
        fix=finding.fix,
        cause=finding.cause,
        published=all(each.is_ok for each in told) if told else None,
        wait=wait(seen),
        answers=tuple(map(_seen, (*own, seen))),
    )


def _seen(judged: JudgedAnswer) -> ServerAnswer:
    answer = judged.answer
    values = (*(f"CNAME {each}" for each in answer.aliases), *answer.values)
    return ServerAnswer(
        answer.server.host, answer.server.role, answer.state, values, answer.ttl, judged.finding.verdict
    )
