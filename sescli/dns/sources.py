"""The DNS servers to query: one given server, or this machine's resolver and the zone's name servers."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.errors import NetworkError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTHORITATIVE, RECURSIVE = "authoritative", "recursive"

VARIABLE = "SESCLI_RESOLVER"
PORT = 53
_LARGEST_PORT = 65535
_MOST_RESOLVERS = 3  # the limit of resolv.conf(5)


@dataclass(frozen=True)
class DnsServer:
    """A name server. `host` is its name in output; `role` is `authoritative` or `recursive`."""

    host: str
    address: str
    port: int = PORT
    role: str = RECURSIVE


@dataclass(frozen=True)
class Sources:
    """The servers to query, and time limits in seconds.

    The first of the `recursive` servers that answers counts. With `authoritative`, the zone's name servers are
    queried too, at `authoritative_port`. `timeout` limits all queries together, `query_timeout` each attempt. A
    query without an answer is sent `tries` times.
    """

    recursive: tuple[DnsServer, ...]
    authoritative: bool = True
    authoritative_port: int = PORT
    timeout: float = 15.0
    query_timeout: float = 2.0
    tries: int = 2


def sources(
    resolver: str | None = None, *, timeout: float = 15.0, environ: Mapping[str, str] | None = None
) -> Sources:
    """Choose this machine's resolver and the zone's name servers, or only `resolver` (`HOST[:PORT]`).

    The default of `resolver` is the environment variable SESCLI_RESOLVER. Raises `UsageError` if `resolver` is
    not valid or this machine has no resolver, and `NetworkError` if `resolver` has no address.
    """
    resolver = resolver or (os.environ if environ is None else environ).get(VARIABLE)
    if not resolver:
        return Sources(_of_this_machine(), timeout=timeout)
    try:
        host, port = parse_server(resolver)
    except ValueError as error:
        raise UsageError(
            f"the resolver {error}", hint="use a value such as 9.9.9.9 or 127.0.0.1:5353"
        ) from error
    return Sources((DnsServer(resolver, _address(host), port),), authoritative=False, timeout=timeout)


def parse_server(text: str) -> tuple[str, int]:
    """Parse `HOST[:PORT]`, `[IPv6]:PORT` or an IPv6 address. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, port = text, str(PORT)
    host = host.strip("[]")
    if not host or not (port.isascii() and port.isdecimal()) or not 0 < int(port) <= _LARGEST_PORT:
        raise ValueError(f"{text!r} is not HOST or HOST:PORT")
    return host, int(port)


def _address(host: str) -> str:
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)[0][4][0])
    except (OSError, UnicodeError) as error:
        raise NetworkError(f"the resolver {host} has no address", hint="use its IP address") from error


def _of_this_machine() -> tuple[DnsServer, ...]:
    import dns.resolver

    try:
        found = dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration as error:
        raise UsageError(
            "this machine has no DNS resolver", hint="specify one, for example --resolver 9.9.9.9"
        ) from error
    return tuple(DnsServer(str(address), str(address), found.port) for address in found.nameservers)[
        :_MOST_RESOLVERS
    ]
