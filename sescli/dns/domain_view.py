"""A domain's DNS as seen by the zone's name servers and by a recursive server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND, DnsAnswer
from sescli.dns.spf import evaluate_spf
from sescli.dns.zones import Zone, find_zone, query_authoritative, servers_of

if TYPE_CHECKING:
    from sescli.dns.findings import RecordFinding
    from sescli.dns.query_client import QueryClient
    from sescli.dns.sources import DnsServer


class DomainView:
    """The answers for one domain during one check. Finding the zone starts at once, in the background."""

    def __init__(self, client: QueryClient, domain: str) -> None:
        self.client = client
        self.domain = domain
        self._zone = asyncio.create_task(find_zone(client, domain))
        self._spf: dict[tuple[str, tuple[str, ...]], asyncio.Task[RecordFinding]] = {}
        self._servers = asyncio.create_task(self._found_servers())

    async def zone(self) -> Zone:
        """Return the zone that contains the domain."""
        return await self._zone

    async def servers(self) -> tuple[DnsServer, ...]:
        """Return the zone's name servers that have an address. Empty if only one resolver is queried."""
        return await self._servers

    async def authoritative(self, name: str, kind: str) -> tuple[DnsAnswer, ...]:
        """Return the answer of each of the zone's name servers."""
        return await query_authoritative(self.client, await self.servers(), name, kind)

    async def recursive(self, name: str, kind: str) -> DnsAnswer:
        """Return the answer of the recursive server."""
        return await self.client.resolve(name, kind)

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
