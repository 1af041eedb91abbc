"""What is odd about a zone and its name servers, apart from the records."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND, REFERRAL, TIMEOUT, DnsAnswer, Soa
from sescli.dns.zones import servers_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.dns.domain_view import DomainView
    from sescli.dns.sources import DnsServer

_PARENTS_ASKED = 2


async def warnings(view: DomainView) -> tuple[list[str], list[Soa]]:
    """Remarks, the gravest first; and the start of authority that each server gives."""
    # Below the apex the answer has no SOA, but says in whose zone there is none.
    zone, start = await asyncio.gather(view.zone(), view.recursive(view.domain, "SOA"))
    told = [zone.error] if zone.error else []
    if zone.apex is None:
        return told, []
    if not view.client.sources.authoritative:
        return told, [start.soa] if start.soa and start.soa.zone == zone.apex else []
    servers = await view.servers()
    answers, delegated = await asyncio.gather(
        asyncio.gather(*(view.client.ask(server, zone.apex, "SOA") for server in servers)),
        _delegation(view),
    )
    told += _of_servers(zone.apex, zone.name_servers, servers, answers)
    told += _of_delegation(zone.apex, zone.parent, delegated, answers, zone.name_servers)
    return told, [answer.soa for answer in answers if answer.soa and answer.is_authoritative]


def moved_host_warning(
    soas: Sequence[Soa], name_servers: Sequence[str], seen_by_ses: str | None
) -> str | None:
    """A remark where SES saw another DNS host than answers now: its primary name server is none of these."""
    if not seen_by_ses or not soas:
        return None
    theirs = seen_by_ses.lower().removesuffix(".")
    ours = [soa.primary for soa in soas]
    if theirs in {*ours, *name_servers}:
        return None
    return (
        f"at its last look SES saw the name server {theirs}, and the zone is now at {ours[0]}: "
        f"it has moved since, or the records are at a DNS host that does not count"
    )


def _of_servers(
    apex: str, hosts: Sequence[str], servers: Sequence[DnsServer], answers: Sequence[DnsAnswer]
) -> Iterator[str]:
    if servers and all(answer.state == TIMEOUT for answer in answers):
        yield (
            f"no name server of {apex} can be reached from here, as where a network lets DNS through to its own "
            f"resolver alone: what follows is that resolver's word"
        )
        return
    reached = {server.host for server in servers}
    for host in hosts[:8]:
        if host not in reached:
            yield f"{host} is a name server of {apex}, and has no address"
    for answer in answers:
        lame = _lame(answer)
        if lame:
            yield f"{answer.server.host} is a name server of {apex}, but {lame}"
    serials = {
        answer.server.host: answer.soa.serial for answer in answers if answer.soa and answer.is_authoritative
    }
    if len(set(serials.values())) > 1:
        each = ", ".join(f"{host} {serial}" for host, serial in serials.items())
        yield f"the name servers of {apex} have different versions of it ({each}): a change is still being copied"


def _lame(answer: DnsAnswer) -> str | None:
    """RFC 8499 7: delegated to, and does not answer for the zone."""
    if answer.state == TIMEOUT:
        return answer.detail
    if answer.state in CONCLUSIVE and answer.is_authoritative:
        return None
    told = answer.detail or "answers without authority"
    return f"{told}: it does not know the zone (a lame delegation)"


async def _delegation(view: DomainView) -> tuple[str, ...]:
    """The name servers that the zone above gives, which is where everybody is sent."""
    zone = await view.zone()
    if zone.apex is None:
        return ()
    above = await servers_of(view.client, zone.parent_servers[:_PARENTS_ASKED], zone.glue)
    answers = await asyncio.gather(*(view.client.ask(server, zone.apex, "NS") for server in above))
    for answer in answers:
        if answer.state == REFERRAL and answer.referral and answer.referral.zone == zone.apex:
            return answer.referral.hosts
        if answer.state == FOUND:
            return answer.values
    return ()


def _of_delegation(
    apex: str,
    parent: str | None,
    delegated: Sequence[str],
    answers: Sequence[DnsAnswer],
    hosts: Sequence[str],
) -> Iterator[str]:
    if delegated and set(delegated) != set(hosts) and any(answer.is_authoritative for answer in answers):
        yield (
            f"{parent} delegates {apex} to {', '.join(delegated)}, but the zone names {', '.join(hosts)}: "
            f"make them the same at the registrar"
        )
