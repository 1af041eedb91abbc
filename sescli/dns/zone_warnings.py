"""Warnings about a zone and its name servers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND, TIMEOUT, DnsAnswer, Soa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.dns.domain_view import DomainView
    from sescli.dns.sources import DnsServer
    from sescli.dns.zones import Zone


async def find_warnings(view: DomainView) -> tuple[list[str], list[Soa]]:
    """Return the warnings, most important first, and the start of authority from each server."""
    # Below the apex the answer is negative, but it has the SOA of the zone.
    zone, start = await asyncio.gather(view.zone(), view.recursive(view.domain, "SOA"))
    found = [zone.error] if zone.error else []
    if zone.apex is None:
        return found, []
    if not view.client.sources.authoritative:
        return found, [start.soa] if start.soa and start.soa.zone == zone.apex else []
    servers = await view.servers()
    answers, names = await asyncio.gather(
        asyncio.gather(*(view.client.ask(server, zone.apex, "SOA") for server in servers)),
        asyncio.gather(*(view.client.ask(server, zone.apex, "NS") for server in servers)),
    )
    own = next((each.values for each in names if each.state == FOUND and each.is_authoritative), ())
    found += _server_warnings(zone, own, servers, answers)
    found += _delegation_warnings(zone, own)
    return found, [answer.soa for answer in answers if answer.soa and answer.is_authoritative]


def moved_host_warning(
    soas: Sequence[Soa], name_servers: Sequence[str], seen_by_ses: str | None
) -> str | None:
    """Warn if the primary name server that SES saw is not one of the zone's: the DNS provider changed."""
    if not seen_by_ses or not soas:
        return None
    seen = seen_by_ses.lower().removesuffix(".")
    primaries = [soa.primary for soa in soas]
    if seen in {*primaries, *name_servers}:
        return None
    return (
        f"SES last saw the name server {seen}, but the zone is now at {primaries[0]}: "
        f"it has moved, or the records are at a DNS provider that does not serve the zone"
    )


def _server_warnings(
    zone: Zone, own: Sequence[str], servers: Sequence[DnsServer], answers: Sequence[DnsAnswer]
) -> Iterator[str]:
    apex = zone.apex
    if servers and all(answer.state == TIMEOUT for answer in answers):
        yield (
            f"no name server of {apex} is reachable from this network, which may allow DNS only through its own "
            f"resolver: the results below come from that resolver"
        )
        return
    reached = {server.host for server in servers}
    for host in zone.name_servers[:8]:
        # A host that the zone itself does not name gets another warning.
        if host not in reached and (not own or host in own):
            yield f"{host} is a name server of {apex}, but has no address"
    for answer in answers:
        lame = _lameness(answer)
        if lame:
            yield f"{answer.server.host} is a name server of {apex}, but {lame}"
    serials = {
        answer.server.host: answer.soa.serial for answer in answers if answer.soa and answer.is_authoritative
    }
    if len(set(serials.values())) > 1:
        versions = ", ".join(f"{host} {serial}" for host, serial in serials.items())
        yield f"the name servers of {apex} have different versions of the zone ({versions}): a change is still being copied"


def _lameness(answer: DnsAnswer) -> str | None:
    """Say why a server that the zone is delegated to does not answer for it (RFC 8499 7)."""
    if answer.state == TIMEOUT:
        return answer.detail
    if answer.state in CONCLUSIVE and answer.is_authoritative:
        return None
    detail = answer.detail or "answers without authority"
    return f"{detail}: it does not serve the zone (lame delegation)"


def _delegation_warnings(zone: Zone, own: Sequence[str]) -> Iterator[str]:
    """Compare the servers that the parent names with those of the zone itself, and of the recursive server."""
    if not zone.is_delegated:
        if zone.name_servers and not zone.error:
            yield (
                f"could not read from the zone above to which name servers it delegates {zone.apex}: "
                f"this network may see another zone than SES does"
            )
        return
    delegated = ", ".join(zone.name_servers)
    if own and set(own) != set(zone.name_servers):
        yield (
            f"{zone.parent} delegates {zone.apex} to {delegated}, but the zone has {', '.join(own)}: "
            f"correct the name servers at the registrar"
        )
    if zone.is_split and set(zone.seen_servers) != set(own):
        yield (
            f"the resolver of this network uses other name servers for {zone.apex} "
            f"({', '.join(zone.seen_servers)}) than {zone.parent} delegates to ({delegated}). SES sees the latter, "
            f"so the results are theirs"
        )
