"""DNS providers, recognized by the name servers of a zone, and how their control panels expect a record's name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sescli.dns.records import Record


@dataclass(frozen=True)
class DnsHost:
    """A DNS provider. `name_servers` is a pattern for its name servers, without the trailing dot.

    `apex` is the name of the zone itself in its control panel; empty if the field stays empty. If `dotted`, it also
    appends the zone to host names in values, unless they end with a dot. `hint` warns of the most common mistake
    with records for email.
    """

    name: str
    name_servers: str
    apex: str = "@"
    dotted: bool = False
    hint: str | None = None


# All of these append the zone to the name that you enter.
HOSTS = (
    DnsHost("Route 53", r"ns-\d+\.awsdns-\d+\.(com|net|org|co\.uk)", apex=""),
    DnsHost(
        "Cloudflare",
        r"[a-z0-9-]+\.ns\.cloudflare\.com",
        hint='Set the CNAME records to "DNS only": SES cannot see proxied records.',
    ),
    DnsHost("GoDaddy", r"ns\d+\.domaincontrol\.com"),
    DnsHost(
        "Namecheap",
        r"(dns\d+|pdns\d+)\.registrar-servers\.com",
        hint="Add MX records under Mail Settings, Custom MX.",
    ),
    DnsHost("Squarespace", r"ns\d*[a-z]?\.squarespacedns\.com"),
    # Both use the same name servers: Squarespace took over the domains and name servers of Google Domains.
    DnsHost(
        "Google Cloud DNS or Squarespace",
        r"ns-cloud-[a-z]\d\.googledomains\.com",
        hint="For the zone itself, leave the name empty in Google Cloud, or enter @ in Squarespace.",
    ),
    DnsHost("IONOS", r"ns\d+\.ui-dns\.(com|de|org|biz)"),
    DnsHost("Hetzner", r"(hydrogen|oxygen)\.ns\.hetzner\.com|helium\.ns\.hetzner\.de", dotted=True),
    DnsHost("OVHcloud", r"d?ns\d+\.ovh\.(net|ca)|(dns|ns)\d+\.anycast\.me", apex="", dotted=True),
    DnsHost("Gandi", r"ns-\d+-[abc]\.gandi\.net", dotted=True),
    DnsHost("DigitalOcean", r"ns[123]\.digitalocean\.com"),
    DnsHost("Azure DNS", r"ns\d-\d+\.azure-dns\.(com|net|org|info)"),
    DnsHost("Hover", r"ns[12]\.hover\.com"),
    DnsHost("Porkbun", r"[a-z]+\.ns\.porkbun\.com|[a-z]+\.porkbun\.com", apex=""),
    DnsHost("DNSimple", r"ns\d\.dnsimple(-edge)?\.(com|net|org)", apex=""),
    DnsHost("Linode", r"ns[1-5]\.linode\.com", apex=""),
)


@dataclass(frozen=True)
class ZoneLocation:
    """The zone that contains a domain, its name servers, and the DNS provider; `host` is None if unknown."""

    zone: str
    name_servers: tuple[str, ...] = ()
    host: DnsHost | None = None

    def typed(self, record: Record) -> Record:
        """Return a record as the control panel expects it. For an unknown provider, it is unchanged.

        The name is empty if the field must stay empty.
        """
        if self.host is None:
            return record
        name = self.host.apex if record.name == self.zone else record.name.removesuffix(f".{self.zone}")
        dot = "." if self.host.dotted and record.type != "TXT" and record.value else ""
        return replace(record, name=name, value=f"{record.value}{dot}" if dot else record.value)


def place(zone: str, name_servers: Iterable[str]) -> ZoneLocation:
    """Recognize the provider of a zone. It is unknown if the name servers belong to several providers."""
    names = tuple(sorted(name.rstrip(".").lower() for name in name_servers))
    hosts = {_host(name) for name in names}
    return ZoneLocation(zone, names, hosts.pop() if len(hosts) == 1 else None)


def _host(name_server: str) -> DnsHost | None:
    return next((host for host in HOSTS if re.fullmatch(host.name_servers, name_server)), None)
