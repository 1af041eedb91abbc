"""The records that a domain wants, held against what DNS answers now.

The zone's own name servers and a recursive one are asked side by side: what is published at the DNS host but
not yet seen by others is told apart from what is not published.
"""

from __future__ import annotations

import asyncio
from dataclasses import fields
from typing import TYPE_CHECKING

from sescli.dns.alignment import aligned
from sescli.dns.answers import FOUND, TOLD, Answer
from sescli.dns.check_result import Check, CheckedRecord, Seen
from sescli.dns.diagnosis import explained
from sescli.dns.domain_view import View
from sescli.dns.findings import Evidence, Finding
from sescli.dns.merge_findings import Judged, combined, wait
from sescli.dns.query_client import QueryClient
from sescli.dns.records import Record
from sescli.dns.verdicts import judge
from sescli.dns.zone_warnings import remarks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.sources import Sources


# What may stand beside a CNAME, and what may stand in its place.
_BESIDE = ("TXT", "MX")
_IN_PLACE = ("TXT", "A", "AAAA")

__all__ = ["Check", "CheckedRecord", "Seen", "check_records"]


def check_records(records: Sequence[Record], domain: str, sources: Sources) -> Check:
    """Look at every record of a domain, all at once, in at most `sources.timeout` seconds.

    Raises nothing for what DNS says, or does not say: that is a verdict.
    """
    return asyncio.run(_check(records, domain, sources))


async def _check(records: Sequence[Record], domain: str, sources: Sources) -> Check:
    view = View(QueryClient(sources), domain)
    (told, soas), checked = await asyncio.gather(
        remarks(view), asyncio.gather(*(_checked(view, record) for record in records))
    )
    return Check(domain, await view.zone(), tuple(aligned(checked, domain)), tuple(told), tuple(soas))


async def _checked(view: View, record: Record) -> CheckedRecord:
    # Answers are kept, so what will be needed beside is asked for at once.
    kinds = (record.type, *(_BESIDE if record.type == "CNAME" else ()))

    async def own() -> list[Judged]:
        answers, *_ = await asyncio.gather(*(view.own(record.name, kind) for kind in kinds))
        return list(await asyncio.gather(*(_judged(view, record, answer) for answer in answers)))

    async def others() -> Judged:
        answer, *_ = await asyncio.gather(*(view.seen(record.name, kind) for kind in kinds))
        return await _judged(view, record, answer)

    published, seen = await asyncio.gather(own(), others())
    finding = await explained(view, record, combined(published, seen))
    return _record(record, finding, published, seen)


async def _judged(view: View, record: Record, answer: Answer) -> Judged:
    kinds: tuple[str, ...] = ()
    if record.type == "CNAME" and answer.state in TOLD:
        kinds = _BESIDE if answer.state == FOUND else _IN_PLACE
    found = await asyncio.gather(*(view.asker.ask(answer.server, record.name, kind) for kind in kinds))
    return Judged(answer, judge(record, Evidence(answer, dict(zip(kinds, found, strict=True)))))


def _record(record: Record, finding: Finding, own: Sequence[Judged], seen: Judged) -> CheckedRecord:
    given = {each.name: getattr(record, each.name) for each in fields(Record)}
    told = [each for each in (*own, *((seen,) if seen.answer.own else ())) if each.told]
    return CheckedRecord(
        **given,
        verdict=finding.verdict,
        found=finding.found,
        reason=finding.reason,
        fix=finding.fix,
        cause=finding.cause,
        published=all(each.ok for each in told) if told else None,
        wait=wait(seen),
        answers=tuple(map(_seen, (*own, seen))),
    )


def _seen(judged: Judged) -> Seen:
    answer = judged.answer
    values = (*(f"CNAME {each}" for each in answer.aliases), *answer.values)
    return Seen(
        answer.server.host, answer.server.role, answer.state, values, answer.ttl, judged.finding.verdict
    )
