"""What DNS has for a domain before it is set up: its zone and DNS provider, DMARC policy and mail servers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns import hosts
from sescli.dns.dmarc import only_record, tree_walk
from sescli.dns.query_client import QueryClient
from sescli.dns.zones import find_zone

if TYPE_CHECKING:
    from sescli.dns.answers import DnsAnswer
    from sescli.dns.dmarc import DmarcRecord
    from sescli.dns.hosts import ZoneLocation
    from sescli.dns.sources import Sources


@dataclass(frozen=True)
class DomainOverview:
    """`policy` is the DMARC record of the domain, `policy_above` that of the closest domain above that has one.

    `mail_hosts` are the targets of its MX records by priority. `error` says why the zone is unknown.
    """

    place: ZoneLocation
    policy: DmarcRecord | None = None
    policy_above: tuple[str, DmarcRecord] | None = None
    mail_hosts: tuple[str, ...] = ()
    error: str | None = None


def read_overview(domain: str, sources: Sources) -> DomainOverview:
    """Query the recursive server in parallel, for at most `sources.timeout` seconds. DNS failures do not raise."""
    return asyncio.run(_read_overview(domain, sources))


async def _read_overview(domain: str, sources: Sources) -> DomainOverview:
    client = QueryClient(sources)
    above = tree_walk(domain)
    zone, mail, answers = await asyncio.gather(
        find_zone(client, domain),
        client.resolve(domain, "MX"),
        asyncio.gather(*(client.resolve(f"_dmarc.{name}", "TXT") for name in (domain, *above))),
    )
    own, *inherited = [only_record(answer.values) for answer in answers]
    return DomainOverview(
        hosts.place(zone.apex or domain, zone.name_servers),
        own,
        next(((name, policy) for name, policy in zip(above, inherited, strict=True) if policy), None),
        _mail_hosts(mail),
        zone.error,
    )


def _mail_hosts(answer: DnsAnswer) -> tuple[str, ...]:
    """Return the MX servers by priority. A null MX (RFC 7505) means that there are none."""
    ordered = sorted((value.partition(" ") for value in answer.values), key=lambda parts: int(parts[0]))
    return tuple(host for _, _, host in ordered if host not in {"", "."})
