"""A domain's DNS from both sides: from the zone's own name servers, and through a recursive one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sescli.dns.answers import TOLD, Answer
from sescli.dns.zones import Zone, authoritative, find_zone, servers_of

if TYPE_CHECKING:
    from sescli.dns.query_client import QueryClient
    from sescli.dns.sources import Server


class View:
    """For one check of one domain. The zone is looked for at once, while other questions are asked."""

    def __init__(self, asker: QueryClient, domain: str) -> None:
        self.asker = asker
        self.domain = domain
        self._zone = asyncio.create_task(find_zone(asker, domain))
        self._servers = asyncio.create_task(self._found_servers())

    async def zone(self) -> Zone:
        """The zone that the domain lies in."""
        return await self._zone

    async def servers(self) -> tuple[Server, ...]:
        """The zone's own servers that have an address; none where only one resolver is to be asked."""
        return await self._servers

    async def own(self, name: str, kind: str) -> tuple[Answer, ...]:
        """What each of the zone's servers answers."""
        return await authoritative(self.asker, await self.servers(), name, kind)

    async def seen(self, name: str, kind: str) -> Answer:
        """What the recursive server answers."""
        return await self.asker.resolve(name, kind)

    async def best(self, name: str, kind: str) -> Answer:
        """The first own answer that tells something, or else the recursive one."""
        told = [answer for answer in await self.own(name, kind) if answer.state in TOLD]
        return told[0] if told else await self.seen(name, kind)

    async def _found_servers(self) -> tuple[Server, ...]:
        if not self.asker.sources.authoritative:
            return ()
        zone = await self._zone
        return await servers_of(self.asker, zone.name_servers, zone.glue)
