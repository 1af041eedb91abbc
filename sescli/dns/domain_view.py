"""A domain's DNS from both sides: from the zone's own name servers, and through a recursive one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, DnsAnswer
from sescli.dns.zones import Zone, find_zone, query_authoritative, servers_of

if TYPE_CHECKING:
    from sescli.dns.query_client import QueryClient
    from sescli.dns.sources import DnsServer


class DomainView:
    """For one check of one domain. The zone is looked for at once, while other questions are asked."""

    def __init__(self, client: QueryClient, domain: str) -> None:
        self.client = client
        self.domain = domain
        self._zone = asyncio.create_task(find_zone(client, domain))
        self._servers = asyncio.create_task(self._found_servers())

    async def zone(self) -> Zone:
        """The zone that the domain lies in."""
        return await self._zone

    async def servers(self) -> tuple[DnsServer, ...]:
        """The zone's own servers that have an address; none where only one resolver is to be asked."""
        return await self._servers

    async def authoritative(self, name: str, kind: str) -> tuple[DnsAnswer, ...]:
        """What each of the zone's servers answers."""
        return await query_authoritative(self.client, await self.servers(), name, kind)

    async def recursive(self, name: str, kind: str) -> DnsAnswer:
        """What the recursive server answers."""
        return await self.client.resolve(name, kind)

    async def best_answer(self, name: str, kind: str) -> DnsAnswer:
        """The first own answer that tells something, or else the recursive one."""
        told = [answer for answer in await self.authoritative(name, kind) if answer.state in CONCLUSIVE]
        return told[0] if told else await self.recursive(name, kind)

    async def _found_servers(self) -> tuple[DnsServer, ...]:
        if not self.client.sources.authoritative:
            return ()
        zone = await self._zone
        return await servers_of(self.client, zone.name_servers, zone.glue)
