"""Dynamic updates (RFC 2136) to a primary name server such as BIND, Knot or PowerDNS."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.update

from sescli.dns.changes import CREATE
from sescli.dns.record_set import RecordSet
from sescli.dns.sources import parse_server
from sescli.errors import (
    AccessError,
    NetworkError,
    NotFoundError,
    OutcomeUnknownError,
    RetryableError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.dns.changes import RecordChange
    from sescli.dns.tsig_key import TsigKey

# Seconds for one query, over TCP.
_TIMEOUT = 10.0
# The types that can share a name with our records or conflict with them. Servers differ in how they answer ANY queries.
_TYPES = ("CNAME", "NS", "TXT", "MX", "A", "AAAA", "CAA", "SRV")
# A prerequisite failed: the zone has changed since it was read (RFC 2136 2.2).
_ZONE_CHANGED = frozenset({dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET, dns.rcode.NXDOMAIN})
_DENIED = frozenset({dns.rcode.REFUSED, dns.rcode.NOTAUTH, dns.rcode.NOTZONE})


@dataclass(frozen=True)
class PrimaryServer:
    """The primary server of a zone, and the key that signs the updates. `host` is its name in output."""

    host: str
    address: str
    port: int
    key: TsigKey

    def zone_of(self, domain: str) -> str:
        """Return the server's zone for a domain. Raises `NotFoundError` if it has none."""
        answer = self._send(dns.message.make_query(domain, "SOA"))
        for rrset in (*answer.answer, *answer.authority):
            zone = rrset.name.to_text(omit_final_dot=True).lower()
            if rrset.rdtype == dns.rdatatype.SOA and f".{domain}".endswith(f".{zone}"):
                return zone
        raise NotFoundError(
            f"{self.host} has no zone for {domain} ({dns.rcode.to_text(answer.rcode())})",
            hint="specify the primary server of the zone: --rfc2136 HOST[:PORT]",
            code="NoZone",
        )

    def record_sets(self, zone: str, name: str) -> list[RecordSet]:
        """Return what the zone has at a name, without wildcard records.

        A query would return a wildcard record too, so this first sends an update that only tests whether the name
        exists. That also shows whether the key may change the zone.
        """
        probe = self._update(zone)
        probe.absent(f"{name}.")
        code = self._send(probe).rcode()
        if code == dns.rcode.NOERROR:
            return []
        if code != dns.rcode.YXDOMAIN:
            raise self._refusal(code, zone)
        found = [self._record_set(name, kind) for kind in _TYPES]
        return [record_set for record_set in found if record_set is not None]

    def apply(self, zone: str, changes: Sequence[RecordChange]) -> None:
        """Make all changes in one update, and only if each set is as it was read.

        Raises `RetryableError` if a set has changed, and `AccessError` if the server refuses the update.
        """
        update = self._update(zone)
        for change in changes:
            _require(update, change)
        for change in changes:
            if change.action != CREATE:
                update.delete(f"{change.name}.", change.type)
            for value in change.after:
                update.add(f"{change.name}.", change.ttl, change.type, value)
        code = self._send(update, changing=True).rcode()
        if code in _ZONE_CHANGED:
            raise RetryableError(
                f"nothing was published: the zone {zone} has changed since it was read ({dns.rcode.to_text(code)})",
                hint="publish again: sescli then reads the zone again",
                code="ZoneChanged",
                retryable=True,
            )
        if code != dns.rcode.NOERROR:
            raise self._refusal(code, zone)

    def _record_set(self, name: str, kind: str) -> RecordSet | None:
        answer = self._send(dns.message.make_query(name, kind))
        owner, wanted = dns.name.from_text(name), dns.rdatatype.from_text(kind)
        # The NS records of a delegation are in the authority section.
        for rrset in (*answer.answer, *answer.authority):
            if rrset.name == owner and rrset.rdtype == wanted:
                values = tuple(data.to_text() for data in rrset)
                return RecordSet(name, kind, rrset.ttl, values)
        return None

    def _update(self, zone: str) -> dns.update.UpdateMessage:
        return dns.update.UpdateMessage(zone)

    def _send(self, message: dns.message.Message, *, changing: bool = False) -> dns.message.Message:
        message.use_tsig(dns.tsig.Key(self.key.name, self.key.secret, self.key.algorithm))
        with self._translate_errors(changing=changing):
            return dns.query.tcp(message, self.address, timeout=_TIMEOUT, port=self.port)

    @contextmanager
    def _translate_errors(self, *, changing: bool) -> Iterator[None]:
        try:
            yield
        except (dns.tsig.PeerBadKey, dns.tsig.PeerBadSignature) as error:
            raise AccessError(
                f"{self.host} does not accept the key {self.key.name}: {error}",
                hint="the server must have the same key, with the same name and algorithm",
                code="BadKey",
            ) from error
        except dns.tsig.PeerBadTime as error:
            raise AccessError(
                f"{self.host} rejects the signature, because its clock differs from this machine's",
                hint="correct the clocks: they can differ by at most 5 minutes",
                code="BadTime",
            ) from error
        except (OSError, EOFError, dns.exception.DNSException) as error:
            raise self._no_answer(error, changing=changing) from error

    def _no_answer(self, error: Exception, *, changing: bool) -> RetryableError:
        why = f"{self.host} returns no usable answer ({type(error).__name__}: {error})"
        if changing and not isinstance(error, ConnectionRefusedError):
            return OutcomeUnknownError(
                f"{why}; the change may have been made",
                hint="publish again: sescli then makes only the remaining changes",
            )
        return NetworkError(
            why, hint="check --rfc2136 HOST[:PORT], and that the server answers over TCP", retryable=True
        )

    def _refusal(self, code: int, zone: str) -> AccessError | RetryableError:
        word = dns.rcode.to_text(dns.rcode.Rcode(code))
        if code in _DENIED:
            return AccessError(
                f"{self.host} does not allow the key {self.key.name} to change the zone {zone} ({word})",
                hint="allow the key to update the zone; in BIND, with allow-update or update-policy",
                code=word,
            )
        return RetryableError(f"{self.host} rejects the change ({word})", code=word, retryable=True)


def resolve_primary(text: str, key: TsigKey) -> PrimaryServer:
    """Parse `HOST[:PORT]` and look up its address. Raises `UsageError`, and `NetworkError` if it has no address."""
    try:
        host, port = parse_server(text)
    except ValueError as error:
        raise UsageError(
            f"--rfc2136: {error}", hint="use a value such as ns1.example.com or 192.0.2.53:5353"
        ) from error
    try:
        address = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]
    except (OSError, UnicodeError) as error:
        raise NetworkError(f"--rfc2136: {host} has no address", hint="use its IP address") from error
    return PrimaryServer(text, str(address), port, key)


def _require(update: dns.update.UpdateMessage, change: RecordChange) -> None:
    """Add prerequisites (RFC 2136 2.4): a new set must not exist, and a changed set must have the values that were read."""
    name = f"{change.name}."
    if change.action != CREATE:
        update.present(name, *(_data(change.type, value) for value in change.before))
    elif change.type == "CNAME":
        update.absent(name)
    else:
        # Without this, a server silently ignores a record at a name that has a CNAME (RFC 2136 3.4.2.2).
        update.absent(name, change.type)
        update.absent(name, "CNAME")


def _data(kind: str, value: str) -> dns.rdata.Rdata:
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(kind), value)
