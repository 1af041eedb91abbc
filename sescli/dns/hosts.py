"""DNS hosts: told by the name servers of a zone, and how their panels want a record's name typed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sescli.dns.records import Record


@dataclass(frozen=True)
class DnsHost:
    """A DNS host. `name_servers` is a pattern that all its name servers match, without the closing dot.

    `apex` is what its panel takes for the zone itself, empty for a field left blank. A `dotted` one appends the
    zone to the host names in values too, unless they end with a dot. `hint` is what goes wrong most with
    records for mail.
    """

    name: str
    name_servers: str
    apex: str = "@"
    dotted: bool = False
    hint: str | None = None


# Each of these appends the zone to the name that is typed: there is no host here whose panel does not.
HOSTS = (
    DnsHost("Route 53", r"ns-\d+\.awsdns-\d+\.(com|net|org|co\.uk)", apex=""),
    DnsHost(
        "Cloudflare",
        r"[a-z0-9-]+\.ns\.cloudflare\.com",
        hint='Set the CNAMEs to "DNS only": SES does not see a proxied one.',
    ),
    DnsHost("GoDaddy", r"ns\d+\.domaincontrol\.com"),
    DnsHost(
        "Namecheap",
        r"(dns\d+|pdns\d+)\.registrar-servers\.com",
        hint="MX records are under Mail Settings, as Custom MX.",
    ),
    DnsHost("Squarespace", r"ns\d*[a-z]?\.squarespacedns\.com"),
    # Both answer from the same name servers: Squarespace took over Google's domains with them.
    DnsHost(
        "Google Cloud DNS or Squarespace",
        r"ns-cloud-[a-z]\d\.googledomains\.com",
        hint="In Google Cloud the name of the zone itself is left blank, in Squarespace it is @.",
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
    """Where the records of a domain go: the zone that it lies in, its name servers, and whose they are.

    `host` is None for one that is not known here.
    """

    zone: str
    name_servers: tuple[str, ...] = ()
    host: DnsHost | None = None

    def typed(self, record: Record) -> Record:
        """A record with its name and value as this place wants them typed; whole where the host is not known.

        The name is empty where the field is to be left blank.
        """
        if self.host is None:
            return record
        name = self.host.apex if record.name == self.zone else record.name.removesuffix(f".{self.zone}")
        dot = "." if self.host.dotted and record.type != "TXT" and record.value else ""
        return replace(record, name=name, value=f"{record.value}{dot}" if dot else record.value)


def place(zone: str, name_servers: Iterable[str]) -> ZoneLocation:
    """A zone and whose it is. Where the name servers are of several hosts, it is nobody's: not known."""
    names = tuple(sorted(name.rstrip(".").lower() for name in name_servers))
    hosts = {_host(name) for name in names}
    return ZoneLocation(zone, names, hosts.pop() if len(hosts) == 1 else None)


def _host(name_server: str) -> DnsHost | None:
    return next((host for host in HOSTS if re.fullmatch(host.name_servers, name_server)), None)
