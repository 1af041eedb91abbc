"""One name server's answer to one query, limited in size and normalized for comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dns.flags
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dns.message import Message
    from dns.rrset import RRset

    from sescli.dns.sources import DnsServer

FOUND, NODATA, NXDOMAIN, REFERRAL = "found", "nodata", "nxdomain", "referral"
SERVFAIL, REFUSED, TIMEOUT, BROKEN = "servfail", "refused", "timeout", "broken"
ALIAS_LOOP = "alias_loop"
# The states that say what a name has. With any other state that is unknown.
CONCLUSIVE = frozenset({FOUND, NODATA, NXDOMAIN})

# An answer can have 64 kB. These limits keep enough of it to explain what is wrong.
_MOST_VALUES = 32
_LONGEST_VALUE = 4096
_MOST_LINKS = 16


@dataclass(frozen=True)
class Referral:
    """The servers (`hosts`) to which `zone` is delegated. `addresses` are their glue records: (host, address)."""

    zone: str
    hosts: tuple[str, ...]
    addresses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Soa:
    """The start of authority of `zone`. `primary` is its primary name server.

    Resolvers may cache a negative answer for `wait` seconds (RFC 2308 5).
    """

    zone: str
    primary: str
    serial: int
    wait: int


@dataclass(frozen=True)
class DnsAnswer:
    """One server's answer to one query.

    `values` has host names in lower case without the trailing dot, an MX as `10 host`, and the joined strings of
    a TXT record. `aliases` has the targets of the CNAME records that led to the values. `ttl` is in seconds.
    `detail` says what failed if `state` is not `found`, `nodata`, `nxdomain` or `referral`.
    """

    server: DnsServer
    name: str
    type: str
    state: str
    values: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ttl: int | None = None
    is_authoritative: bool = False  # the AA flag: the answer comes from the zone, not from a cache
    soa: Soa | None = None
    referral: Referral | None = None
    glue: tuple[tuple[str, str], ...] = ()
    detail: str = ""

    def is_final_for(self, name: str) -> bool:
        """Whether a negative answer is that of the zone of a name: it has the zone's start of authority (RFC 2308 2)."""
        return self.soa is not None and f".{name}".endswith(f".{self.soa.zone}")


def read(server: DnsServer, name: str, kind: str, message: Message) -> DnsAnswer:
    """Convert a DNS message to an answer."""
    rcode = message.rcode()
    if rcode not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
        return _failed(server, name, kind, rcode)
    section, authority, additional = map(_internet, (message.answer, message.authority, message.additional))
    aliases, values, ttl = _follow_cnames(section, name, kind)
    own = bool(message.flags & dns.flags.AA)
    soa = next(_soas([*section, *authority]), None)
    referral = None
    state = FOUND if values else NXDOMAIN if rcode == dns.rcode.NXDOMAIN else NODATA
    if not values and not aliases and not own and soa is None and state == NODATA:
        referral = _referral(authority, additional)
        state = REFERRAL if referral else NODATA
    return DnsAnswer(server, name, kind, state, values, aliases, ttl, own, soa, referral, _glue(additional))


def _internet(section: Sequence[RRset]) -> list[RRset]:
    """Drop the records of other classes than IN: they have other data under the same types."""
    return [rrset for rrset in section if rrset.rdclass == dns.rdataclass.IN]


def failure(server: DnsServer, name: str, kind: str, state: str, detail: str) -> DnsAnswer:
    """Return an answer for a query that failed."""
    return DnsAnswer(server, name, kind, state, detail=detail)


def _failed(server: DnsServer, name: str, kind: str, rcode: dns.rcode.Rcode) -> DnsAnswer:
    text = dns.rcode.to_text(rcode)
    state = {dns.rcode.SERVFAIL: SERVFAIL, dns.rcode.REFUSED: REFUSED}.get(rcode, BROKEN)
    return failure(server, name, kind, state, f"returns {text}")


def _follow_cnames(
    section: Sequence[RRset], name: str, kind: str
) -> tuple[tuple[str, ...], tuple[str, ...], int | None]:
    """Follow the CNAME records from `name`: their targets, the values at the end, and the TTL. Stops at a loop."""
    owner = dns.name.from_text(name)
    aliases: list[str] = []
    wanted = dns.rdatatype.from_text(kind)
    ttls: list[int] = []
    for _ in range(_MOST_LINKS):
        at_owner = [rrset for rrset in section if rrset.name == owner]
        matching = [rrset for rrset in at_owner if rrset.rdtype == wanted]
        if matching:
            ttl = min([*ttls, *(rrset.ttl for rrset in matching)])
            return tuple(aliases), _values(matching), ttl
        link = next((rrset for rrset in at_owner if rrset.rdtype == dns.rdatatype.CNAME), None)
        if link is None or host(link[0].target) in aliases:
            break
        owner = link[0].target
        aliases.append(host(owner))
        ttls.append(link.ttl)
    return tuple(aliases), (), min(ttls, default=None)


def _values(rrsets: Sequence[RRset]) -> tuple[str, ...]:
    records = [record for rrset in rrsets for record in rrset]
    return tuple(sorted(value(record)[:_LONGEST_VALUE] for record in records[:_MOST_VALUES]))


def value(record: Any) -> str:
    """Return the data of a record as text."""
    match record.rdtype:
        case dns.rdatatype.TXT:
            return b"".join(record.strings).decode("utf-8", "replace")
        case dns.rdatatype.MX:
            return f"{record.preference} {host(record.exchange)}"
        case dns.rdatatype.CNAME | dns.rdatatype.NS | dns.rdatatype.PTR:
            return host(record.target)
    return str(record.to_text())


def host(name: dns.name.Name) -> str:
    """Return a host name in lower case. Special characters are decimal escapes."""
    return name.to_text(omit_final_dot=True).lower()


def _soas(section: Sequence[RRset]) -> Iterator[Soa]:
    for rrset in section:
        if rrset.rdtype == dns.rdatatype.SOA:
            record: Any = rrset[0]
            wait = min(rrset.ttl, record.minimum)
            yield Soa(host(rrset.name), host(record.mname), int(record.serial), wait)


def _referral(authority: Sequence[RRset], additional: Sequence[RRset]) -> Referral | None:
    servers = [rrset for rrset in authority if rrset.rdtype == dns.rdatatype.NS]
    if not servers:
        return None
    return Referral(host(servers[0].name), _values(servers), _glue(additional))


def _glue(section: Sequence[RRset]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (host(rrset.name), record.address)
        for rrset in section[: 2 * _MOST_VALUES]
        if rrset.rdtype in {dns.rdatatype.A, dns.rdatatype.AAAA}
        for record in list(rrset)[:_MOST_VALUES]
    )
