"""The zone that a name lies in, and the servers that answer for it."""

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

# A zone has rarely more than four; beyond eight nothing more is learnt from asking.
_MOST_SERVERS = 8
_MOST_REFERRALS = 3


@dataclass(frozen=True)
class Zone:
    """`apex` is the zone that holds a domain, None where none is found; `error` says why.

    `name_servers` are its hosts, sorted, without the closing dot. `parent` is the zone above.
    """

    apex: str | None
    name_servers: tuple[str, ...] = ()
    parent: str | None = None
    parent_servers: tuple[str, ...] = ()
    glue: tuple[tuple[str, str], ...] = ()
    error: str | None = None


def zone_of(domain: str, sources: Sources) -> Zone:
    """The zone of a domain as the recursive server sees it. Never raises for what DNS says: see `Zone.error`."""

    async def find() -> Zone:
        return await find_zone(QueryClient(sources), domain)

    return asyncio.run(find())


async def find_zone(client: QueryClient, domain: str) -> Zone:
    """NS of the domain and of every name above it, all at once: where there are some, a zone begins."""
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
    # A resolver that keeps NS records to itself still tells the zone with what it does not have.
    if first.soa is not None and "." in first.soa.zone:
        return Zone(first.soa.zone, error=f"{first.server.host} tells no name servers of {first.soa.zone}")
    if first.state == NXDOMAIN or at_top:
        return Zone(None, error=f"{domain} does not exist in DNS: is it registered, and delegated?")
    return Zone(None, error=f"{first.server.host} tells no zone of {domain}")


async def servers_of(
    client: QueryClient, hosts: Sequence[str], glue: Sequence[tuple[str, str]] = ()
) -> tuple[DnsServer, ...]:
    """An address for each host, from what came along or from the recursive server; at most eight servers."""
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
    """What the zone's servers answer; where they pass the name on to others, what those answer."""
    answers = await asyncio.gather(*(client.ask(server, name, kind) for server in servers))
    for _ in range(_MOST_REFERRALS):
        passed_on = [answer.referral for answer in answers if answer.state == REFERRAL and answer.referral]
        onward = next((each for each in passed_on if f".{name}".endswith(f".{each.zone}")), None)
        if onward is None:
            break
        below = await servers_of(client, onward.hosts, onward.addresses)
        if not below:
            break
        answers = await asyncio.gather(*(client.ask(server, name, kind) for server in below))
    return tuple(answers)
