"""Whom to ask: one server, or the resolver of this machine beside the zone's own name servers."""

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
_MOST_RESOLVERS = 3  # as many as resolv.conf(5) has


@dataclass(frozen=True)
class DnsServer:
    """A name server: how people call it, where it is, and whether its zone is its own or it asks others."""

    host: str
    address: str
    port: int = PORT
    role: str = RECURSIVE


@dataclass(frozen=True)
class Sources:
    """The recursive servers, the first one that answers is believed, and how long all may take.

    With `authoritative` the zone's own name servers are asked too, at `authoritative_port`. `timeout` is for
    everything together, `query_timeout` for one try of one question; a question that is lost is asked
    `tries` times. All in seconds.
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
    """This machine's resolver and the zone's own servers; with `resolver` (`HOST[:PORT]`) that one alone.

    Without `resolver` the variable SESCLI_RESOLVER may name it. Raises `UsageError` for what is no
    HOST[:PORT], or where this machine names no resolver, and `NetworkError` for a host without an address.
    """
    resolver = resolver or (os.environ if environ is None else environ).get(VARIABLE)
    if not resolver:
        return Sources(_of_this_machine(), timeout=timeout)
    try:
        host, port = parse_server(resolver)
    except ValueError as error:
        raise UsageError(f"the resolver {error}", hint="it looks like 9.9.9.9 or 127.0.0.1:5353") from error
    return Sources((DnsServer(resolver, _address(host), port),), authoritative=False, timeout=timeout)


def parse_server(text: str) -> tuple[str, int]:
    """Host and port of `HOST[:PORT]`, `[IPv6]:PORT` or a bare IPv6 address. Raises ValueError."""
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
        raise NetworkError(f"the resolver {host} has no address", hint="name it by its IP address") from error


def _of_this_machine() -> tuple[DnsServer, ...]:
    import dns.resolver

    try:
        found = dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration as error:
        raise UsageError(
            "this machine names no DNS server to ask", hint="name one, as in --resolver 9.9.9.9"
        ) from error
    return tuple(DnsServer(str(address), str(address), found.port) for address in found.nameservers)[
        :_MOST_RESOLVERS
    ]
