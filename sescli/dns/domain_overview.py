"""What DNS says of a domain before anything is set up: its zone and DNS host, its DMARC policy, who has its mail."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns import dmarc, hosts
from sescli.dns.query_client import QueryClient
from sescli.dns.zones import find_zone

if TYPE_CHECKING:
    from sescli.dns.answers import DnsAnswer
    from sescli.dns.dmarc import DmarcRecord
    from sescli.dns.hosts import ZoneLocation
    from sescli.dns.sources import Sources


@dataclass(frozen=True)
class DomainOverview:
    """`policy` is the DMARC policy of the domain itself, `policy_above` that of the closest domain above with one.

    `mail_hosts` are the targets of its MX records, in their order. `error` says why its zone is not known.
    """

    place: ZoneLocation
    policy: DmarcRecord | None = None
    policy_above: tuple[str, DmarcRecord] | None = None
    mail_hosts: tuple[str, ...] = ()
    error: str | None = None


def read_overview(domain: str, sources: Sources) -> DomainOverview:
    """Ask the recursive server, all at once, in at most `sources.timeout` seconds. Raises nothing for what it says."""
    return asyncio.run(_survey(domain, sources))


async def _survey(domain: str, sources: Sources) -> DomainOverview:
    client = QueryClient(sources)
    above = dmarc.tree_walk(domain)
    zone, mail, policies = await asyncio.gather(
        find_zone(client, domain),
        client.resolve(domain, "MX"),
        asyncio.gather(*(client.resolve(f"_dmarc.{name}", "TXT") for name in (domain, *above))),
    )
    inherited = ((name, _policy(answer)) for name, answer in zip(above, policies[1:], strict=True))
    return DomainOverview(
        hosts.place(zone.apex or domain, zone.name_servers),
        _policy(policies[0]),
        next(((name, policy) for name, policy in inherited if policy), None),
        _hosts(mail),
        zone.error,
    )


def _policy(answer: DnsAnswer) -> DmarcRecord | None:
    """Several records count as none (RFC 9989 4.10)."""
    texts = [text for text in answer.values if dmarc.is_dmarc(text)]
    return dmarc.parse_dmarc(texts[0]) if len(texts) == 1 else None


def _hosts(answer: DnsAnswer) -> tuple[str, ...]:
    """A null MX (RFC 7505) is the word that there are none."""
    ordered = sorted((value.partition(" ") for value in answer.values), key=lambda parts: int(parts[0]))
    return tuple(host for _, _, host in ordered if host not in {"", "."})
