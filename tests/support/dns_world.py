"""A small internet on loopback: a registry, two name servers of a domain, and a resolver that asks them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from name_server import NameServer, family

from sescli.dns.check import check_records
from sescli.dns.records import Record, WantedRecords
from sescli.dns.sources import DnsServer, Sources

if TYPE_CHECKING:
    from sescli.dns.findings import CheckedRecord, DnsCheck

TOKENS = ("aaa", "bbb", "ccc")
SPF = '"v=spf1 include:amazonses.com ~all"'
KEY = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ" * 9


def dkim_name(token: str = "aaa", domain: str = "example.com") -> str:
    return f"{token}._domainkey.{domain}"


@dataclass
class DnsWorld:
    """`first` and `second` serve example.com, `registry` com, and `resolver` answers what all of them have.

    `other` is for a zone of the test. The resolver reaches it only if the test says so.
    """

    first: NameServer
    second: NameServer
    registry: NameServer
    resolver: NameServer
    other: NameServer

    @property
    def own(self) -> tuple[NameServer, NameServer]:
        return self.first, self.second

    @property
    def servers(self) -> tuple[NameServer, ...]:
        return self.first, self.second, self.registry, self.resolver, self.other

    @property
    def sources(self) -> Sources:
        return Sources(
            (DnsServer(self.resolver.place, self.resolver.address, self.resolver.port),),
            authoritative_port=self.first.port,
            timeout=10,
            query_timeout=2,
            tries=2,
        )

    def publish(self, name: str, kind: str, *values: str) -> None:
        """At the name servers of example.com, both of them."""
        for server in self.own:
            server.publish(name, kind, *values)

    def withdraw(self, name: str, kind: str) -> None:
        for server in self.own:
            server.records.pop((name, kind), None)

    def fault(self, name: str, kind: str, fault: str) -> None:
        for server in self.own:
            server.faults[name, kind] = fault

    def reset(self) -> None:
        for server in self.servers:
            server.clear()
        hosts = ("ns1.example.com", "ns2.example.com")
        for server in self.own:
            server.serve_zone("example.com", *hosts)
            for host, each in zip(hosts, self.own, strict=True):
                server.publish(host, "A", each.address)
        self.registry.serve_zone("com", "a.registry.com")
        self.registry.publish("a.registry.com", "A", self.registry.address)
        self.registry.publish("example.com", "NS", *(f"{host}." for host in hosts))
        for token in TOKENS:
            self.publish(dkim_name(token), "CNAME", f"{token}.dkim.amazonses.com.")
        self.publish("bounce.example.com", "MX", "10 feedback-smtp.us-east-1.amazonses.com.")
        self.publish("bounce.example.com", "TXT", SPF)
        self.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=none; rua=mailto:d@example.com"')

    def check(
        self, wanted: list[Record] | None = None, domain: str = "example.com", **sources: object
    ) -> DnsCheck:
        return check_records(wanted or records(), domain, replace(self.sources, **sources))

    def record(
        self, name: str, purpose: str | None = None, wanted: list[Record] | None = None, **sources: object
    ) -> CheckedRecord:
        """The one of that name, after a check."""
        found = self.check(wanted, **sources).records
        return next(each for each in found if each.name == name and purpose in {None, each.purpose})


def records(purpose: str = "sending", domain: str = "example.com", **more: object) -> list[Record]:
    """Those of a domain with Easy DKIM and bounce as its MAIL FROM."""
    identity = {
        "DkimAttributes": {"Tokens": list(TOKENS), "SigningHostedZone": "dkim.amazonses.com"},
        "MailFromAttributes": {"MailFromDomain": f"bounce.{domain}"},
    }
    return WantedRecords(domain, identity, "us-east-1", **more).for_purpose(purpose)


def own_key(key: str | None = KEY) -> list[Record]:
    """The TXT of a domain that signs with a key of its own."""
    identity = {"DkimAttributes": {"Tokens": ["mine"], "SigningAttributesOrigin": "EXTERNAL"}}
    return WantedRecords("example.com", identity, "us-east-1", key).for_purpose("sending")[:1]


@contextlib.contextmanager
def dns_world() -> Iterator[DnsWorld]:
    with (
        family(4) as (first, second, registry, other),
        NameServer(over=(first, second, registry)) as resolver,
    ):
        world = DnsWorld(first, second, registry, resolver, other)
        world.reset()
        yield world
