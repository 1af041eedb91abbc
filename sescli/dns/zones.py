"""Find the zone that contains a name, and the servers that answer for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND, NXDOMAIN, REFERRAL, DnsAnswer
from sescli.dns.query_client import QueryClient
from sescli.dns.sources import AUTHORITATIVE, DnsServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.sources import Sources

# Zones rarely have more than four servers. More than eight add no information.
_MOST_SERVERS = 8
_MOST_REFERRALS = 3


@dataclass(frozen=True)
class Zone:
    """The zone that contains a domain. `apex` is None if it was not found; `error` says why.

    `name_servers` are host names, sorted, without the trailing dot. `parent` is the zone above.
    """

    apex: str | None
    name_servers: tuple[str, ...] = ()
    parent: str | None = None
    parent_servers: tuple[str, ...] = ()
    glue: tuple[tuple[str, str], ...] = ()
    error: str | None = None


def zone_of(domain: str, sources: Sources) -> Zone:
    """Find the zone of a domain with the recursive server. DNS failures do not raise: see `Zone.error`."""

    async def find() -> Zone:
        return await find_zone(QueryClient(sources), domain)

    return asyncio.run(find())


async def find_zone(client: QueryClient, domain: str) -> Zone:
    """Query the NS records of the domain and of every name above it in parallel. A zone begins at each that has some."""
    labels = domain.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels))]
    answers = await asyncio.gather(*(client.resolve(name, "NS") for name in above))
    cuts = [answer for answer in answers if answer.state == FOUND and not answer.aliases]
    if cuts and "." in cuts[0].name:
        parent = cuts[1] if len(cuts) > 1 else None
        return Zone(
            cuts[0].name,
            cuts[0].values,
            parent.name if parent else None,
            parent.values if parent else (),
            tuple(pair for cut in cuts[:2] for pair in cut.glue),
        )
    return _no_zone(domain, answers, at_top=bool(cuts))


def _no_zone(domain: str, answers: Sequence[DnsAnswer], *, at_top: bool) -> Zone:
    first = answers[0]
    if first.state not in CONCLUSIVE:
        return Zone(None, error=f"{first.server.host} {first.detail}")
    # A resolver that hides NS records still returns the SOA of the zone in a negative answer.
    if first.soa is not None and "." in first.soa.zone:
        return Zone(first.soa.zone, error=f"{first.server.host} returns no name servers for {first.soa.zone}")
    if first.state == NXDOMAIN or at_top:
        return Zone(None, error=f"{domain} does not exist in DNS: check that it is registered and delegated")
    return Zone(None, error=f"{first.server.host} returns no zone for {domain}")


async def servers_of(
    client: QueryClient, hosts: Sequence[str], glue: Sequence[tuple[str, str]] = ()
) -> tuple[DnsServer, ...]:
    """Find an address for each host, from glue records or the recursive server. At most eight servers."""
    found = await asyncio.gather(*(_address(client, host, glue) for host in hosts[:_MOST_SERVERS]))
    port = client.sources.authoritative_port
    return tuple(
        DnsServer(host, address, port, AUTHORITATIVE)
        for host, address in zip(hosts, found, strict=False)
        if address is not None
    )


async def _address(client: QueryClient, host: str, glue: Sequence[tuple[str, str]]) -> str | None:
    known = sorted((address for owner, address in glue if owner == host), key=lambda text: ":" in text)
    if known and ":" not in known[0]:
        return known[0]
    four, six = await asyncio.gather(client.resolve(host, "A"), client.resolve(host, "AAAA"))
    return next(iter((*four.values, *known, *six.values)), None)


async def query_authoritative(
    client: QueryClient, servers: Sequence[DnsServer], name: str, kind: str
) -> tuple[DnsAnswer, ...]:
    """Query the zone's servers. If they refer the name to other servers, query those."""
    answers = await asyncio.gather(*(client.ask(server, name, kind) for server in servers))
    for _ in range(_MOST_REFERRALS):
        referrals = [answer.referral for answer in answers if answer.state == REFERRAL and answer.referral]
        onward = next((each for each in referrals if f".{name}".endswith(f".{each.zone}")), None)
        if onward is None:
            break
        below = await servers_of(client, onward.hosts, onward.addresses)
        if not below:
            break
        answers = await asyncio.gather(*(client.ask(server, name, kind) for server in below))
    return tuple(answers)
