"""Find the zone that contains a name, and the servers that answer for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND, NXDOMAIN, REFERRAL, DnsAnswer
from sescli.dns.query_client import QueryClient
from sescli.dns.sources import AUTHORITATIVE, DnsServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.sources import Sources

# Zones rarely have more than four servers. More than eight add no information.
_MOST_SERVERS = 8
_MOST_REFERRALS = 6
_MAX_PARENT_SERVERS = 3


@dataclass(frozen=True)
class Zone:
    """The zone that contains a domain. `apex` is None if it was not found; `error` says why.

    `name_servers` are host names, sorted, without the trailing dot. With `is_delegated` they are those that the
    `parent` zone delegates to: everyone on the internet, and so SES, uses these. Otherwise they are `seen_servers`,
    which the recursive server returns; it can have a zone that only its own network sees.
    """

    apex: str | None
    name_servers: tuple[str, ...] = ()
    parent: str | None = None
    glue: tuple[tuple[str, str], ...] = ()
    error: str | None = None
    is_delegated: bool = False
    seen_servers: tuple[str, ...] = ()

    @property
    def is_split(self) -> bool:
        """Whether the recursive server sees other name servers than those that the parent delegates to."""
        return (
            self.is_delegated
            and bool(self.seen_servers)
            and not set(self.seen_servers) & set(self.name_servers)
        )


def zone_of(domain: str, sources: Sources) -> Zone:
    """Find the zone of a domain. DNS failures do not raise: see `Zone.error`."""

    async def find() -> Zone:
        return await find_zone(QueryClient(sources), domain)

    return asyncio.run(find())


async def find_zone(client: QueryClient, domain: str) -> Zone:
    """Find the zone by its delegation, from the top-level domain down, or else as the recursive server sees it.

    If only one given server is queried, it is what that server sees.
    """
    seen = await find_seen_zone(client, domain)
    if not client.sources.authoritative:
        return seen
    top = await client.resolve(domain.rpartition(".")[2], "NS")
    found = await _follow_delegations(client, domain, Zone(top.name, top.values, glue=top.glue))
    if found is None:
        return seen
    if found.apex is None:
        if seen.apex is None:
            return seen
        error = f"{found.parent} does not delegate {seen.apex}, so only your network sees this zone"
        return replace(seen, error=error, is_delegated=False)
    above = seen.parent if seen.apex == found.apex and seen.parent else found.parent
    failure = seen.error if seen.apex is None else None
    return replace(found, parent=above, error=failure, seen_servers=seen.name_servers)


async def find_seen_zone(client: QueryClient, domain: str) -> Zone:
    """Query the recursive server for the NS records of the domain and of every name above it in parallel.

    A zone begins at each name that has some.
    """
    labels = domain.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels))]
    answers = await asyncio.gather(*(client.resolve(name, "NS") for name in above))
    cuts = [answer for answer in answers if answer.state == FOUND and not answer.aliases]
    if cuts and "." in cuts[0].name:
        values = cuts[0].values
        parent = cuts[1].name if len(cuts) > 1 else None
        return Zone(cuts[0].name, values, parent, cuts[0].glue, seen_servers=values)
    return _no_zone(domain, answers, at_top=bool(cuts))


async def _follow_delegations(client: QueryClient, domain: str, top: Zone) -> Zone | None:
    """Query the servers of each zone for the delegation below, as a resolver does (RFC 1034 5.3.3).

    Returns a zone without an apex if the parent answers that it does not delegate the domain, and None if it is
    unknown.
    """
    zone = top
    for _ in range(_MOST_REFERRALS):
        answer = await _ask_zone(client, zone, domain)
        below = _delegation(answer, zone, domain) if answer else None
        if below is None:
            break
        zone = below
    if "." in (zone.apex or ""):
        return zone
    return Zone(None, parent=zone.apex) if answer and answer.is_authoritative else None


async def _ask_zone(client: QueryClient, zone: Zone, domain: str) -> DnsAnswer | None:
    """Return the first answer of the zone's servers that says something about the domain."""
    servers = await servers_of(client, zone.name_servers[:_MAX_PARENT_SERVERS], zone.glue)
    for next_answer in asyncio.as_completed([client.ask(server, domain, "NS") for server in servers]):
        answer = await next_answer
        if answer.state == REFERRAL or (answer.state in CONCLUSIVE and answer.is_authoritative):
            return answer
    return None


def _delegation(answer: DnsAnswer, zone: Zone, domain: str) -> Zone | None:
    """Return the zone below to which an answer leads."""
    referral = answer.referral
    if answer.state == REFERRAL and referral and _is_below(referral.zone, zone.apex, domain):
        return Zone(referral.zone, referral.hosts, zone.apex, referral.addresses, is_delegated=True)
    if answer.state == FOUND and not answer.aliases and domain != zone.apex:
        # The same server has the zone above and the one below.
        return Zone(domain, answer.values, zone.apex, answer.glue, is_delegated=True)
    if answer.soa and answer.state != FOUND and _is_below(answer.soa.zone, zone.apex, domain):
        return replace(zone, apex=answer.soa.zone, parent=zone.apex, is_delegated=True)
    return None


def _is_below(inner: str, outer: str | None, domain: str) -> bool:
    """Whether a zone is below another one and contains the domain."""
    return bool(outer) and inner.endswith(f".{outer}") and f".{domain}".endswith(f".{inner}")


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
