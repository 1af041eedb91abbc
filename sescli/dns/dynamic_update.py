"""Dynamic updates (RFC 2136): a primary name server that takes signed changes, as BIND, Knot and PowerDNS do."""

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

# Seconds for one question, over TCP.
_PATIENCE = 10.0
# What can stand beside our records or in their way; DNS has no question for all types that servers answer alike.
_TYPES = ("CNAME", "NS", "TXT", "MX", "A", "AAAA", "CAA", "SRV")
# A prerequisite that did not hold: somebody changed the zone since it was read (RFC 2136 2.2).
_CHANGED = frozenset({dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET, dns.rcode.NXDOMAIN})
_DENIED = frozenset({dns.rcode.REFUSED, dns.rcode.NOTAUTH, dns.rcode.NOTZONE})


@dataclass(frozen=True)
class PrimaryServer:
    """The server that keeps a zone, and the key that it knows us by. `host` is how people call it."""

    host: str
    address: str
    port: int
    key: TsigKey

    def zone_of(self, domain: str) -> str:
        """The zone that the server has for a domain. Raises `NotFoundError` where it has none."""
        answer = self._asked(dns.message.make_query(domain, "SOA"))
        for rrset in (*answer.answer, *answer.authority):
            zone = rrset.name.to_text(omit_final_dot=True).lower()
            if rrset.rdtype == dns.rdatatype.SOA and f".{domain}".endswith(f".{zone}"):
                return zone
        raise NotFoundError(
            f"{self.host} has no zone for {domain} ({dns.rcode.to_text(answer.rcode())})",
            hint="name the primary server of the zone: --rfc2136 HOST[:PORT]",
            code="NoZone",
        )

    def record_sets(self, zone: str, name: str) -> list[RecordSet]:
        """What the zone has at a name, wildcards left aside.

        An update that only asks whether the name is in use tells that; a question would be answered from a
        wildcard too. It also tells at once whether the key may change the zone.
        """
        probe = self._update(zone)
        probe.absent(f"{name}.")
        code = self._asked(probe).rcode()
        if code == dns.rcode.NOERROR:
            return []
        if code != dns.rcode.YXDOMAIN:
            raise self._refusal(code, zone)
        found = [self._record_set(name, kind) for kind in _TYPES]
        return [record_set for record_set in found if record_set is not None]

    def change(self, zone: str, changes: Sequence[RecordChange]) -> None:
        """Make the changes in one message, all or none, and only where each set still is as it was read.

        Raises `RetryableError` where one is not, and `AccessError` where the server refuses.
        """
        update = self._update(zone)
        for change in changes:
            _require(update, change)
        for change in changes:
            if change.action != CREATE:
                update.delete(f"{change.name}.", change.type)
            for value in change.after:
                update.add(f"{change.name}.", change.ttl, change.type, value)
        code = self._asked(update, changing=True).rcode()
        if code in _CHANGED:
            raise RetryableError(
                f"the zone {zone} has been changed since it was read ({dns.rcode.to_text(code)}), and nothing "
                f"was published",
                hint="publish again: it reads the zone anew",
                code="ZoneChanged",
                retryable=True,
            )
        if code != dns.rcode.NOERROR:
            raise self._refusal(code, zone)

    def _record_set(self, name: str, kind: str) -> RecordSet | None:
        answer = self._asked(dns.message.make_query(name, kind))
        owner, wanted = dns.name.from_text(name), dns.rdatatype.from_text(kind)
        # The NS records of a delegation come as a referral.
        for rrset in (*answer.answer, *answer.authority):
            if rrset.name == owner and rrset.rdtype == wanted:
                values = tuple(data.to_text() for data in rrset)
                return RecordSet(name, kind, rrset.ttl, values)
        return None

    def _update(self, zone: str) -> dns.update.UpdateMessage:
        return dns.update.UpdateMessage(zone)

    def _asked(self, message: dns.message.Message, *, changing: bool = False) -> dns.message.Message:
        message.use_tsig(dns.tsig.Key(self.key.name, self.key.secret, self.key.algorithm))
        with self._translated(changing=changing):
            return dns.query.tcp(message, self.address, timeout=_PATIENCE, port=self.port)

    @contextmanager
    def _translated(self, *, changing: bool) -> Iterator[None]:
        try:
            yield
        except (dns.tsig.PeerBadKey, dns.tsig.PeerBadSignature) as error:
            raise AccessError(
                f"{self.host} does not accept the key {self.key.name}: {error}",
                hint="the server must have the same key, of the same name and algorithm",
                code="BadKey",
            ) from error
        except dns.tsig.PeerBadTime as error:
            raise AccessError(
                f"{self.host} has another time than this machine, and refuses what is signed",
                hint="set both clocks right: five minutes are too many",
                code="BadTime",
            ) from error
        except (OSError, EOFError, dns.exception.DNSException) as error:
            raise self._silence(error, changing=changing) from error

    def _silence(self, error: Exception, *, changing: bool) -> RetryableError:
        why = f"{self.host} gives no usable answer ({type(error).__name__}: {error})"
        if changing and not isinstance(error, ConnectionRefusedError):
            return OutcomeUnknownError(
                f"{why}; the change may have been made", hint="publish again: it does what is left"
            )
        return NetworkError(
            why, hint="check --rfc2136 HOST[:PORT], and that it answers over TCP", retryable=True
        )

    def _refusal(self, code: int, zone: str) -> AccessError | RetryableError:
        word = dns.rcode.to_text(dns.rcode.Rcode(code))
        if code in _DENIED:
            return AccessError(
                f"{self.host} does not let the key {self.key.name} change the zone {zone} ({word})",
                hint="in BIND: allow-update or update-policy of the zone names the key",
                code=word,
            )
        return RetryableError(f"{self.host} does not make the change ({word})", code=word, retryable=True)


def primary(place: str, key: TsigKey) -> PrimaryServer:
    """A server from `HOST[:PORT]`. Raises `UsageError` for what is none, and `NetworkError` without an address."""
    try:
        host, port = parse_server(place)
    except ValueError as error:
        raise UsageError(
            f"--rfc2136: {error}", hint="it looks like ns1.example.com or 192.0.2.53:5353"
        ) from error
    try:
        address = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]
    except (OSError, UnicodeError) as error:
        raise NetworkError(f"--rfc2136: {host} has no address", hint="name it by its IP address") from error
    return PrimaryServer(place, str(address), port, key)


def _require(update: dns.update.UpdateMessage, change: RecordChange) -> None:
    """What must still be so (RFC 2136 2.4): nothing there to create, exactly the values read to change."""
    name = f"{change.name}."
    if change.action != CREATE:
        update.present(name, *(_data(change.type, value) for value in change.before))
    elif change.type == "CNAME":
        update.absent(name)
    else:
        # A server passes over what would stand beside a CNAME without a word (RFC 2136 3.4.2.2).
        update.absent(name, change.type)
        update.absent(name, "CNAME")


def _data(kind: str, value: str) -> dns.rdata.Rdata:
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(kind), value)
