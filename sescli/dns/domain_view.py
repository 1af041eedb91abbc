"""A domain's DNS as seen by the zone's name servers and by a recursive server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.dns.answers import ALIAS_LOOP, CONCLUSIVE, FOUND, SERVFAIL, DnsAnswer
from sescli.dns.spf import evaluate_spf
from sescli.dns.zones import Zone, find_seen_zone, find_zone, query_authoritative, servers_of

if TYPE_CHECKING:
    from sescli.dns.findings import RecordFinding
    from sescli.dns.query_client import QueryClient
    from sescli.dns.sources import DnsServer


# The longest chain of CNAME records to follow. Resolvers have similar limits.
_MOST_ALIASES = 16


class DomainView:
    """The answers for one domain during one check. Finding the zone starts at once, in the background."""

    def __init__(self, client: QueryClient, domain: str) -> None:
        self.client = client
        self.domain = domain
        self._zone = asyncio.create_task(find_zone(client, domain))
        self._spf: dict[tuple[str, tuple[str, ...]], asyncio.Task[RecordFinding]] = {}
        self._servers = asyncio.create_task(self._found_servers())
        self._seen_servers = asyncio.create_task(self._found_seen_servers())
        self._early: set[asyncio.Task[object]] = set()

    async def zone(self) -> Zone:
        """Return the zone that contains the domain."""
        return await self._zone

    async def servers(self) -> tuple[DnsServer, ...]:
        """Return the zone's name servers that have an address. Empty if only one resolver is queried."""
        return await self._servers

    async def authoritative(self, name: str, kind: str) -> tuple[DnsAnswer, ...]:
        """Return the answer of each of the zone's name servers. Aliases that leave the zone are followed."""
        if self.client.sources.authoritative:
            self._early.add(asyncio.create_task(self._ask_early(name, kind)))
        answers = await query_authoritative(self.client, await self.servers(), name, kind)
        return tuple(await asyncio.gather(*(self._follow_alias(answer) for answer in answers)))

    async def recursive(self, name: str, kind: str) -> DnsAnswer:
        """Return the answer of the recursive server."""
        return await self._follow_alias(await self.client.resolve(name, kind))

    async def _follow_alias(self, answer: DnsAnswer) -> DnsAnswer:
        """Complete an answer whose CNAME leads to a name that its server is not authoritative for."""
        while answer.state in CONCLUSIVE and answer.aliases and not answer.values:
            target = answer.aliases[-1]
            if _is_endless((answer.name, *answer.aliases)):
                return replace(answer, state=ALIAS_LOOP)
            if answer.is_final_for(target):
                return answer
            found = await self.client.resolve(target, answer.type)
            if found.state == SERVFAIL and _is_endless(await self._path(answer)):
                return replace(answer, state=ALIAS_LOOP)
            answer = _joined(answer, found)
            if not found.aliases:
                return answer
        return answer

    async def _path(self, answer: DnsAnswer) -> tuple[str, ...]:
        """Follow the CNAME records one by one: a resolver returns SERVFAIL for a loop."""
        path = (answer.name, *answer.aliases)
        while not _is_endless(path):
            link = await self.client.resolve(path[-1], "CNAME")
            if len(link.values) != 1:
                break
            path = (*path, link.values[0])
        return path

    async def _ask_early(self, name: str, kind: str) -> object:
        """Query the servers that the recursive server names. They are the right ones, except in rare cases.

        The answers are ready when the delegation is known.
        """
        return await query_authoritative(self.client, await self._seen_servers, name, kind)

    async def look_up(self, name: str, kind: str) -> DnsAnswer:
        """Return the answer of the zone's name servers for a name in the zone, otherwise of the recursive server.

        If the recursive server fails, a name that the zone does not have counts as failed too: others may see it.
        """
        apex = (await self.zone()).apex
        if not apex or not f".{name}".endswith(f".{apex}"):
            return await self.recursive(name, kind)
        own, seen = await asyncio.gather(self.best_answer(name, kind), self.recursive(name, kind))
        return own if own.state == FOUND or seen.state in CONCLUSIVE else seen

    async def evaluate_spf(self, name: str, finding: RecordFinding) -> RecordFinding:
        """Evaluate an SPF record, each distinct text once."""
        key = (name, finding.found)
        if key not in self._spf:
            self._spf[key] = asyncio.create_task(evaluate_spf(self.look_up, name, finding))
        return await self._spf[key]

    async def best_answer(self, name: str, kind: str) -> DnsAnswer:
        """Return the first conclusive answer of the zone's name servers, or else of the recursive server."""
        conclusive = [answer for answer in await self.authoritative(name, kind) if answer.state in CONCLUSIVE]
        return conclusive[0] if conclusive else await self.recursive(name, kind)

    async def _found_servers(self) -> tuple[DnsServer, ...]:
        if not self.client.sources.authoritative:
            return ()
        zone = await self._zone
        return await servers_of(self.client, zone.name_servers, zone.glue)

    async def _found_seen_servers(self) -> tuple[DnsServer, ...]:
        if not self.client.sources.authoritative:
            return ()
        zone = await find_seen_zone(self.client, self.domain)
        return await servers_of(self.client, zone.name_servers, zone.glue)


def _is_endless(path: tuple[str, ...]) -> bool:
    """Whether a chain of aliases forms a loop, or is too long."""
    return len(set(path)) < len(path) or len(path) > _MOST_ALIASES


def _joined(answer: DnsAnswer, found: DnsAnswer) -> DnsAnswer:
    """Return an answer with what its last alias leads to."""
    target = answer.aliases[-1]
    if found.state not in CONCLUSIVE:
        detail = f"has a CNAME to {target}, but {found.server.host} {found.detail} for that name"
        return replace(answer, state=found.state, detail=detail)
    return replace(
        answer,
        state=found.state,
        values=found.values,
        aliases=(*answer.aliases, *found.aliases),
        ttl=min((ttl for ttl in (answer.ttl, found.ttl) if ttl is not None), default=None),
        soa=found.soa,
    )
