"""Compare the records that a domain requires with what DNS answers now.

The zone's name servers and a recursive server are queried in parallel. This separates a record that is published but
not yet visible to others from one that is not published.
"""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND, DnsAnswer
from sescli.dns.diagnosis import diagnose
from sescli.dns.dmarc_checks import add_alignment_note
from sescli.dns.domain_view import DomainView
from sescli.dns.findings import (
    OK,
    CheckedRecord,
    DnsCheck,
    Evidence,
    JudgedAnswer,
    RecordFinding,
    ServerAnswer,
    cache_seconds,
    merge_findings,
)
from sescli.dns.query_client import QueryClient
from sescli.dns.records import Record
from sescli.dns.verdicts import judge
from sescli.dns.zone_warnings import find_warnings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.sources import Sources


# Types that a name can wrongly have besides a CNAME, and instead of one.
_BESIDES_CNAME = ("TXT", "MX")
_INSTEAD_OF_CNAME = ("TXT", "A", "AAAA")


def check_records(records: Sequence[Record], domain: str, sources: Sources) -> DnsCheck:
    """Check every record of a domain in parallel, for at most `sources.timeout` seconds.

    DNS failures do not raise: they are verdicts.
    """
    return asyncio.run(_check(records, domain, sources))


async def _check(records: Sequence[Record], domain: str, sources: Sources) -> DnsCheck:
    view = DomainView(QueryClient(sources), domain)
    (warnings, soas), checked = await asyncio.gather(
        find_warnings(view), asyncio.gather(*(_check_record(view, record) for record in records))
    )
    noted = tuple(add_alignment_note(checked, domain))
    only = None if sources.authoritative else sources.recursive[0].host
    return DnsCheck(domain, await view.zone(), noted, tuple(warnings), tuple(soas), only_server=only)


async def _check_record(view: DomainView, record: Record) -> CheckedRecord:
    # Answers are cached, so the types that are needed later are queried at once.
    kinds = (record.type, *(_BESIDES_CNAME if record.type == "CNAME" else ()))

    async def judge_own() -> list[JudgedAnswer]:
        answers, *_ = await asyncio.gather(*(view.authoritative(record.name, kind) for kind in kinds))
        return list(await asyncio.gather(*(_judge(view, record, answer) for answer in answers)))

    async def judge_recursive() -> JudgedAnswer:
        answer, *_ = await asyncio.gather(*(view.recursive(record.name, kind) for kind in kinds))
        return await _judge(view, record, answer)

    own, seen = await asyncio.gather(judge_own(), judge_recursive())
    zone = await view.zone() if view.client.sources.authoritative else None
    finding = await diagnose(view, record, merge_findings(own, seen, zone))
    confirmed = own if zone and zone.is_delegated else []
    published = _is_published(confirmed, seen, is_given=zone is None)
    return replace(_checked_record(record, finding, own, seen), published=published)


async def _judge(view: DomainView, record: Record, answer: DnsAnswer) -> JudgedAnswer:
    kinds: tuple[str, ...] = ()
    if record.type == "CNAME" and answer.state in CONCLUSIVE:
        kinds = _BESIDES_CNAME if answer.state == FOUND else _INSTEAD_OF_CNAME
    found = await asyncio.gather(*(view.client.ask(answer.server, record.name, kind) for kind in kinds))
    finding = judge(record, Evidence(answer, dict(zip(kinds, found, strict=True))))
    if record.purpose == "mail_from_spf" and finding.verdict == OK:
        finding = await view.evaluate_spf(record.name, finding)
    return JudgedAnswer(answer, finding)


def _checked_record(
    record: Record, finding: RecordFinding, own: Sequence[JudgedAnswer], seen: JudgedAnswer
) -> CheckedRecord:
    return CheckedRecord(
        **{each.name: getattr(record, each.name) for each in fields(Record)},
        verdict=finding.verdict,
        found=finding.found,
        reason=finding.reason,
        fix=finding.fix,
        cause=finding.cause,
        published=None,
        wait=cache_seconds(seen),
        answers=tuple(map(_server_answer, (*own, seen))),
    )


def _is_published(own: Sequence[JudgedAnswer], seen: JudgedAnswer, *, is_given: bool) -> bool | None:
    """Whether the zone's servers have the record. A given server that is authoritative is one of them."""
    authoritative = (*own, *((seen,) if is_given and seen.answer.is_authoritative else ()))
    conclusive = [each for each in authoritative if each.is_conclusive]
    return all(each.is_ok for each in conclusive) if conclusive else None


def _server_answer(judged: JudgedAnswer) -> ServerAnswer:
    answer = judged.answer
    values = (*(f"CNAME {each}" for each in answer.aliases), *answer.values)
    return ServerAnswer(
        answer.server.host, answer.server.role, answer.state, values, answer.ttl, judged.finding.verdict
    )
