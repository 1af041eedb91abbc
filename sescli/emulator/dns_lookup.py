"""DNS queries for the verification of identities, with the error names of SES.

The error names are the values of `VerificationInfo.ErrorType` (docs/ses-behavior.md#verification-errors).
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.dns.sources import parse_server
from sescli.emulator import outbound

if TYPE_CHECKING:
    from dns.resolver import Resolver

HOST_NOT_FOUND, TYPE_NOT_FOUND = "HOST_NOT_FOUND", "TYPE_NOT_FOUND"
INVALID_VALUE, DNS_SERVER_ERROR = "INVALID_VALUE", "DNS_SERVER_ERROR"
_SECONDS = 3.0  # per query, including retries


@dataclass(frozen=True)
class DnsLookupResult:
    """The values of a record, or the error. Names are in lower case without the final dot; an MX value is `10 host`."""

    values: tuple[str, ...] = ()
    error: str | None = None


class DnsLookup:
    """Queries the server `HOST[:PORT]`, or this machine's servers. Raises ValueError, OSError."""

    def __init__(self, server: str | None = None) -> None:
        self._resolver = _resolver(server)

    def ask(self, name: str, kind: str) -> DnsLookupResult:
        """Return the records of a name, of type CNAME, TXT or MX. Nothing is cached."""
        import dns.exception
        import dns.resolver

        try:
            found = self._resolve(name, kind)
        except dns.resolver.NXDOMAIN:
            return DnsLookupResult(error=HOST_NOT_FOUND)
        except dns.resolver.NoAnswer:
            return DnsLookupResult(error=TYPE_NOT_FOUND)
        except dns.exception.DNSException:  # no answer, SERVFAIL, or an answer that is not valid
            return DnsLookupResult(error=DNS_SERVER_ERROR)
        return DnsLookupResult(tuple(_value(each, kind) for each in found))

    def authority(self, domain: str) -> dict[str, Any] | None:
        """Return the SOA record of the domain's zone in the form that SES reports it."""
        import dns.exception

        labels = domain.split(".")
        for start in range(len(labels) - 1):
            try:
                soa = self._resolve(".".join(labels[start:]), "SOA")[0]
            except dns.exception.DNSException:
                continue
            return {
                "PrimaryNameServer": _name(soa.mname),
                "AdminEmail": _name(soa.rname),
                "SerialNumber": int(soa.serial),
            }
        return None

    def _resolve(self, name: str, kind: str) -> Any:
        with outbound.trusted():  # the user chose the DNS server
            return self._resolver.resolve(name, kind, search=False)


def _resolver(server: str | None) -> Resolver:
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver(configure=server is None)
    except dns.resolver.NoResolverConfiguration as error:
        raise OSError("this machine has no DNS server configured. Add --resolver HOST[:PORT]") from error
    resolver.cache = None
    resolver.lifetime = _SECONDS
    if server is not None:
        host, port = parse_server(server)
        resolver.nameservers = [str(socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][4][0])]
        resolver.port = port
    return resolver


def _value(record: Any, kind: str) -> str:
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", "replace")
    if kind == "MX":
        return f"{record.preference} {_name(record.exchange)}"
    return _name(record.target)


def _name(name: Any) -> str:
    return str(name.to_text(omit_final_dot=True)).lower()
