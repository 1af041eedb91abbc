"""A real DNS server on loopback, over UDP and TCP: authoritative for what a test publishes, or asking others."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Self

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

_MOST_LINKS = 8
_LEAST_UDP = 512
_TRIES = 20
# Too short for a DNS message: the server sends it back once it has handled what came before.
_PROBE = b"?"


class NameServer:
    """`records` maps (name, type) to values; a name without any is NXDOMAIN, and `*.name` is a wildcard.

    `refuse` answers SERVFAIL to all. `zones`, where there are any, are those that it knows of: the others it
    refuses, and what lies below an NS record it passes on. `faults` maps (name, type), or (name, "*"), to
    `servfail`, `refused`, `nodata`, `silent`, `nonsense`, `no-edns` or `dnssec`. `delay` is in seconds. Without `authoritative` it answers
    as a cache does. With `over` it answers what those have, but for its own records, as if it had kept them.
    """

    def __init__(self, address: str = "127.0.0.1", port: int = 0, *, over: Sequence[NameServer] = ()) -> None:
        self.address = address
        self.port = port
        self.records: dict[tuple[str, str], list[str]] = {}
        self.zones: list[str] = []
        self.faults: dict[tuple[str, str], str] = {}
        self.over = self._over = over
        # Answers by question, for a benchmark whose servers should cost nothing but their delay.
        self.kept: dict[bytes, bytes] | None = None
        self.questions: list[tuple[str, str]] = []
        self.over_tcp: list[tuple[str, str]] = []
        self._set_defaults()
        self._loop = asyncio.SelectorEventLoop()  # also where a test has replaced the policy
        self._ready = threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        if self._error:
            raise self._error
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self.close()

    def close(self) -> None:
        self._loop.close()

    @property
    def place(self) -> str:
        return f"{self.address}:{self.port}"

    def publish(self, name: str, kind: str, *values: str) -> None:
        self.records[name, kind] = list(values)

    def _set_defaults(self) -> None:
        self.ttl = 60
        self.negative_ttl = 300
        self.refuse = False
        self.authoritative = not self._over
        self.delay = 0.0
        self.over = self._over

    def clear(self) -> None:
        """Return to the state of a new server, for the next test that shares this one."""
        self.drain()
        self.records.clear()
        self.faults.clear()
        self.zones.clear()
        self.questions.clear()
        self.over_tcp.clear()
        self._set_defaults()

    def drain(self) -> None:
        """Handle the UDP questions that have already been sent, so that none is logged later.

        A client that gives up leaves its question in the socket's buffer.
        """
        if not self._ready.is_set():
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(10)
            probe.sendto(_PROBE, (self.address, self.port))
            assert probe.recv(len(_PROBE)) == _PROBE

    def serve_zone(self, zone: str, *hosts: str, serial: int = 1) -> None:
        """Make it authoritative for a zone with these name servers."""
        self.zones.append(zone)
        self.publish(zone, "NS", *(f"{host}." for host in hosts))
        soa = f"{hosts[0]}. admin.{zone}. {serial} 3600 600 86400 {self.negative_ttl}"
        self.publish(zone, "SOA", soa)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._listen())
        except OSError as error:
            self._error = error
            return
        finally:
            self._ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _listen(self) -> None:
        """The same port for both, which another process may use for one of them."""
        for attempt in range(_TRIES):
            transport, _ = await self._loop.create_datagram_endpoint(
                lambda: _Datagrams(self), local_addr=(self.address, self.port)
            )
            port = transport.get_extra_info("sockname")[1]
            try:
                await asyncio.start_server(self._stream, self.address, port)
            except OSError:
                transport.close()
                if self.port or attempt == _TRIES - 1:
                    raise
            else:
                self.port = port
                return

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                [size] = struct.unpack("!H", await reader.readexactly(2))
                query = dns.message.from_wire(await reader.readexactly(size))
                self.over_tcp.append(_question(query))
                await asyncio.sleep(self.delay)
                wire = self.reply(query).to_wire(max_size=65535)
                writer.write(struct.pack("!H", len(wire)) + wire)

    def fault(self, query: dns.message.Message) -> str | None:
        name, kind = _question(query)
        found = self.faults.get((name, kind)) or self.faults.get((name, "*")) or self.faults.get(("*", "*"))
        if self.refuse:
            found = "servfail"
        # With CD a server answers what its validation has refused.
        return None if found == "dnssec" and query.flags & dns.flags.CD else found

    def reply(self, query: dns.message.Message) -> dns.message.Message:
        name, kind = _question(query)
        self.questions.append((name, kind))
        answer = dns.message.make_response(query)
        if self.authoritative:
            answer.flags |= dns.flags.AA
        else:
            answer.flags |= dns.flags.RA
        fault = self.fault(query)
        if fault in {"servfail", "dnssec"}:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif fault == "refused" or not self._in_charge(name):
            answer.set_rcode(dns.rcode.REFUSED)
            answer.flags &= ~dns.flags.AA
        elif fault == "no-edns" and query.edns >= 0:
            answer.set_rcode(dns.rcode.FORMERR)
        elif fault == "nodata":
            answer.authority += [soa] if (soa := self.soa_of(name)) else []
        elif (cut := self._cut(name)) is not None and self.authoritative:
            self._refer(answer, cut)
        else:
            self._fill(answer, name, kind)
        return answer

    def _in_charge(self, name: str) -> bool:
        return not self.zones or any(_below(name, zone) for zone in self.zones)

    def _cut(self, name: str) -> str | None:
        """The delegation that a name lies behind: NS records below the zone's apex."""
        cuts = [owner for owner, kind in self.records if kind == "NS" and _below(name, owner)]
        return next((cut for cut in sorted(cuts, key=len) if cut not in self.zones and self.zones), None)

    def _refer(self, answer: dns.message.Message, cut: str) -> None:
        answer.flags &= ~dns.flags.AA
        answer.authority.append(self._rrset(cut, "NS", self.records[cut, "NS"]))
        for host in self.records[cut, "NS"]:
            if values := self.records.get((host.removesuffix("."), "A")):
                answer.additional.append(self._rrset(host.removesuffix("."), "A", values))

    def _fill(self, answer: dns.message.Message, name: str, kind: str) -> None:
        for _ in range(_MOST_LINKS):
            if values := self.look_up(name, kind):
                answer.answer += self._rrsets(name, kind, values)
                return
            link = self.look_up(name, "CNAME")
            if not link:
                break
            answer.answer += self._rrsets(name, "CNAME", link)
            name = link[0].removesuffix(".").lower()
            if not self._in_charge(name):
                return
        else:
            if not self.authoritative:
                answer.set_rcode(dns.rcode.SERVFAIL)
            return
        if not self.exists(name):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        if soa := self.soa_of(name):
            answer.authority.append(soa)

    def look_up(self, name: str, kind: str) -> list[str]:
        own = self.records.get((name, kind), [])
        if own or (name, "NOTHING") in self.records:
            return own
        for server in self.over:
            if (
                server._in_charge(name)
                and server._cut(name) is None
                and (found := server.look_up(name, kind))
            ):
                return found
        if any(each == name for each, _ in self.records):
            return []
        labels = name.split(".")
        wildcards = (".".join(["*", *labels[start:]]) for start in range(1, len(labels)))
        return next((self.records[each, kind] for each in wildcards if (each, kind) in self.records), [])

    def exists(self, name: str) -> bool:
        if (name, "NOTHING") in self.records:
            return False
        own = any(
            _below(each, name) or (each.startswith("*.") and _below(name, each[2:]))
            for each, _ in self.records
        )
        return own or any(server.exists(name) for server in self.over)

    def soa_of(self, name: str) -> dns.rrset.RRset | None:
        labels = name.split(".")
        for start in range(len(labels)):
            zone = ".".join(labels[start:])
            if values := self.look_up(zone, "SOA"):
                return dns.rrset.from_text(f"{zone}.", self.negative_ttl, "IN", "SOA", *values)
        return None

    def _rrsets(self, name: str, kind: str, values: Sequence[str]) -> list[dns.rrset.RRset]:
        """One for each record: of some types a set takes only one, and a wrong zone has two."""
        return [self._rrset(name, kind, [value]) for value in values]

    def _rrset(self, name: str, kind: str, values: Sequence[str]) -> dns.rrset.RRset:
        return dns.rrset.from_text(f"{name}.", self.ttl, "IN", kind, *values)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asyncio.get_running_loop().call_later(self._server.delay, self._answer, data, addr)

    def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        if data == _PROBE:
            self._transport.sendto(data, addr)
            return
        kept = self._server.kept
        if kept is None:
            self._answer_anew(data, addr)
            return
        if data[2:] not in kept:
            kept[data[2:]] = self._wire(dns.message.from_wire(data))
        self._transport.sendto(data[:2] + kept[data[2:]][2:], addr)

    def _answer_anew(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        match self._server.fault(query):
            case "silent":
                self._server.questions.append(_question(query))
            case "nonsense":
                self._transport.sendto(data[:2] + b"\xff" * 9, addr)
            case _:
                self._transport.sendto(self._wire(query), addr)

    def _wire(self, query: dns.message.Message) -> bytes:
        answer = self._server.reply(query)
        size = max(_LEAST_UDP, query.payload)
        try:
            return answer.to_wire(max_size=size)
        except dns.exception.TooBig:
            answer.answer.clear()
            answer.flags |= dns.flags.TC
            return answer.to_wire(max_size=size)


def _question(query: dns.message.Message) -> tuple[str, str]:
    [question] = query.question
    return question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)


def _below(name: str, zone: str) -> bool:
    return f".{name}".endswith(f".{zone}")


@contextlib.contextmanager
def family(count: int = 2) -> Iterator[tuple[NameServer, ...]]:
    """Authoritative servers at 127.0.0.2 and on, all on one port."""
    for _ in range(_TRIES):
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(NameServer("127.0.0.2"))
            others = [NameServer(f"127.0.0.{number + 3}", first.port) for number in range(count - 1)]
            try:
                servers = (first, *map(stack.enter_context, others))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            yield servers
            return
    raise AssertionError("no port is free at all of the addresses")
