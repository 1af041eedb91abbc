"""Query name servers in parallel, each query once and with a time limit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.rcode

from sescli.dns.answers import BROKEN, CONCLUSIVE, TIMEOUT, DnsAnswer, failure, read

if TYPE_CHECKING:
    from sescli.dns.sources import DnsServer, Sources

_CONCURRENT_QUERIES = 64
# Bytes. Fits any path without fragmentation (DNS flag day 2020).
_PAYLOAD = 1232
_EDNS_UNSUPPORTED = frozenset({dns.rcode.FORMERR, dns.rcode.NOTIMP})


class QueryClient:
    """Queries for one check in one event loop. Caches each answer and stops at the timeout of `sources`."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._semaphore = asyncio.Semaphore(_CONCURRENT_QUERIES)
        self._end = asyncio.get_running_loop().time() + sources.timeout
        self._responsive: set[DnsServer] = set()
        self._unresponsive: set[DnsServer] = set()
        self._tasks: dict[tuple[DnsServer, str, str, bool], asyncio.Task[DnsAnswer]] = {}

    async def ask(self, server: DnsServer, name: str, kind: str, *, validate: bool = True) -> DnsAnswer:
        """Query one server. Failures are answers too. `validate=False` disables DNSSEC validation (the CD flag)."""
        key = (server, name, kind, validate)
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(
                self._query_with_retries(server, name, kind, validate=validate)
            )
        return await self._tasks[key]

    async def resolve(self, name: str, kind: str) -> DnsAnswer:
        """Query the recursive servers in order until one gives a conclusive answer. Otherwise return the last failure."""
        for server in self.sources.recursive:
            answer = await self.ask(server, name, kind)
            if answer.state in CONCLUSIVE:
                break
        return answer

    async def _query_with_retries(
        self, server: DnsServer, name: str, kind: str, *, validate: bool
    ) -> DnsAnswer:
        answer = failure(server, name, kind, TIMEOUT, "does not answer in time")
        async with self._semaphore:
            for _ in range(self.sources.tries):
                left = min(self.sources.query_timeout, self._end - asyncio.get_running_loop().time())
                if left <= 0 or server in self._unresponsive:
                    return answer
                answer = await _query_once(server, name, kind, left, validate=validate)
                if answer.state != TIMEOUT:
                    self._responsive.add(server)
                    return answer
        # A server that never answers must not delay the queries to the other servers.
        if server not in self._responsive:
            self._unresponsive.add(server)
        return answer


async def _query_once(
    server: DnsServer, name: str, kind: str, seconds: float, *, validate: bool
) -> DnsAnswer:
    try:
        async with asyncio.timeout(seconds):
            message = await _exchange(server, name, kind, edns=True, validate=validate)
            if message.rcode() in _EDNS_UNSUPPORTED:
                message = await _exchange(server, name, kind, edns=False, validate=validate)
        return read(server, name, kind, message)
    except (TimeoutError, dns.exception.Timeout):
        return failure(server, name, kind, TIMEOUT, "does not answer in time")
    except (dns.exception.DNSException, ValueError, EOFError) as error:
        return failure(server, name, kind, BROKEN, f"returns an invalid answer ({type(error).__name__})")
    except OSError as error:
        return failure(server, name, kind, TIMEOUT, f"is unreachable ({error.strerror or error})")


async def _exchange(
    server: DnsServer, name: str, kind: str, *, edns: bool, validate: bool
) -> dns.message.Message:
    """Send a query over UDP, and over TCP if the answer is too long.

    Each record becomes an RRset of its own: in one set, the second of two CNAME records would hide the first.
    """
    query = dns.message.make_query(name, kind)
    if edns:
        query.use_edns(0, payload=_PAYLOAD)
    if not validate:
        query.flags |= dns.flags.CD
    message, _ = await dns.asyncquery.udp_with_fallback(
        query, server.address, port=server.port, ignore_unexpected=True, one_rr_per_rrset=True
    )
    return message
