"""Whether the world asks a hosted zone at all: its name servers beside those that DNS names for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.zones import zone_of
from sescli.errors import AccessError

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway
    from sescli.dns.sources import Sources
    from sescli.groups.identity.publishing.hosted_zones import HostedZone


def delegation_warning(aws: Gateway, zone: HostedZone, domain: str, sources: Sources) -> str | None:
    """Why records in the zone would not be seen, in a sentence (Route 53 GetHostedZone, and NS in DNS).

    None where DNS names a server of the zone, and where it cannot be told: DNS does not answer, or the call is
    denied.
    """
    try:
        answer = aws.read("route53", "GetHostedZone", Id=zone.id)
    except AccessError:
        return None
    own = {_host(server) for server in answer.get("DelegationSet", {}).get("NameServers", ())}
    seen = zone_of(domain, sources)
    if not own or (seen.apex is not None and own & set(map(_host, seen.name_servers))):
        return None
    whole = f"the name servers of the zone {zone.id} are {', '.join(sorted(own))}"
    if seen.apex is None or not seen.name_servers:
        return f"{seen.error}; {whole}" if seen.error and "delegated" in seen.error else None
    return (
        f"DNS asks others for {domain} ({', '.join(seen.name_servers)}, the zone {seen.apex}), and {whole}: "
        f"until your registrar names these, what is published here is not seen"
    )


def _host(name: str) -> str:
    return name.rstrip(".").lower()
