"""The records that a domain wants, held against what DNS answers now.

The zone's own name servers and a recursive one are asked side by side: what is published at the DNS host but
not yet seen by others is told apart from what is not published.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sescli.dns.answers import FOUND, TOLD, Answer
from sescli.dns.asking import Asker
from sescli.dns.findings import ERROR, MISSING, OK, ORDER, Evidence, Finding
from sescli.dns.records import Record
from sescli.dns.verdicts import judge
from sescli.dns.zones import Zone, authoritative, find_zone, servers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.sources import Server, Sources


@dataclass(frozen=True)
class Seen:
    """What one server answered for a record. `role` is `authoritative` or `recursive`, `state` is `found`,
    `nodata`, `nxdomain`, or why there is no answer; `ttl` is in seconds.
    """

    server: str
    role: str
    state: str
    values: tuple[str, ...]
    ttl: int | None
    verdict: str


@dataclass(frozen=True)
class CheckedRecord(Record):
    """A wanted record and what was found.

    `verdict` is `ok`, `missing`, `mismatch`, `truncated`, `duplicate` or `error`; `cause` names the reason for
    scripts (docs/identity-check.md lists them); `reason` and `fix` are for people, and may be empty when the
    verdict is ok. `published` is whether the zone's own servers have it right, None where none could be asked;
    `wait` is for how many seconds others may still see what was there before.
    """

    verdict: str
    found: tuple[str, ...]
    reason: str
    fix: str
    cause: str
    published: bool | None
    wait: int | None
    answers: tuple[Seen, ...]


@dataclass(frozen=True)
class Check:
    """What DNS says of a domain at one moment. `remarks` are about the zone and its servers."""

    domain: str
    zone: Zone
    records: tuple[CheckedRecord, ...]
    remarks: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every required record is right."""
        return not self.failing

    @property
    def failing(self) -> tuple[CheckedRecord, ...]:
        """The required records that are not."""
        return tuple(each for each in self.records if each.required and each.verdict != OK)

    @property
    def unknown(self) -> bool:
        """Whether a required record could not be looked up, so that asking later may tell."""
        return any(each.verdict == ERROR for each in self.failing)


def check_records(records: Sequence[Record], domain: str, sources: Sources) -> Check:
    """Look at every record of a domain, all at once, in at most `sources.timeout` seconds.

    Raises nothing for what DNS says, or does not say: that is a verdict.
    """
    return asyncio.run(_check(records, domain, sources))


async def _check(records: Sequence[Record], domain: str, sources: Sources) -> Check:
    asker = Asker(sources)
    zone_task = asyncio.create_task(find_zone(asker, domain))
    servers_task = asyncio.create_task(_servers(asker, zone_task))
    checked = await asyncio.gather(*(_checked(asker, record, servers_task) for record in records))
    return Check(domain, await zone_task, tuple(checked))


async def _servers(asker: Asker, zone_task: asyncio.Task[Zone]) -> tuple[Server, ...]:
    zone = await zone_task
    return await servers_of(asker, zone.name_servers, zone.glue) if asker.sources.authoritative else ()


async def _checked(
    asker: Asker, record: Record, servers_task: asyncio.Task[tuple[Server, ...]]
) -> CheckedRecord:
    async def own() -> list[tuple[Answer, Finding]]:
        answers = await authoritative(asker, await servers_task, record.name, record.type)
        return list(await asyncio.gather(*(_judged(asker, record, answer) for answer in answers)))

    async def others() -> tuple[Answer, Finding]:
        return await _judged(asker, record, await asker.resolve(record.name, record.type))

    published, seen = await asyncio.gather(own(), others())
    return _combined(record, published, seen)


async def _judged(asker: Asker, record: Record, answer: Answer) -> tuple[Answer, Finding]:
    kinds: tuple[str, ...] = ()
    if record.type == "CNAME":
        kinds = ("TXT", "MX") if answer.state == FOUND else ("TXT", "A", "AAAA")
    if answer.state not in TOLD:
        kinds = ()
    found = await asyncio.gather(*(asker.ask(answer.server, record.name, kind) for kind in kinds))
    return answer, judge(record, Evidence(answer, dict(zip(kinds, found, strict=True))))


def _combined(
    record: Record, published: list[tuple[Answer, Finding]], seen: tuple[Answer, Finding]
) -> CheckedRecord:
    told = [finding for _, finding in published if finding.verdict != ERROR]
    worst = max(told, key=lambda finding: ORDER.index(finding.verdict), default=seen[1])
    given = {each.name: getattr(record, each.name) for each in fields(record)}
    return CheckedRecord(
        **given,
        verdict=worst.verdict,
        found=worst.found,
        reason=worst.reason,
        fix=worst.fix,
        cause=worst.cause,
        published=all(finding.verdict == OK for finding in told) if told else None,
        wait=_wait(seen) if worst.verdict == OK else None,
        answers=tuple(_seen(*each) for each in (*published, seen)),
    )


def _wait(seen: tuple[Answer, Finding]) -> int | None:
    answer, finding = seen
    if finding.verdict in {OK, ERROR}:
        return None
    if finding.verdict == MISSING:
        return answer.soa.wait if answer.soa else None
    return answer.ttl


def _seen(answer: Answer, finding: Finding) -> Seen:
    values = (*(f"CNAME {each}" for each in answer.aliases if answer.type != "CNAME"), *answer.values)
    return Seen(answer.server.host, answer.server.role, answer.state, values, answer.ttl, finding.verdict)
