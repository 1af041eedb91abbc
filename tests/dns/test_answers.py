"""Conversion of DNS messages: damaged messages cause no unexpected error."""

from __future__ import annotations

import random

import dns.exception
import dns.message
import pytest
from name_server import NameServer

from sescli.dns.answers import read
from sescli.dns.sources import DnsServer

SERVER = DnsServer("ns.example.com", "127.0.0.1")
QUESTIONS = [
    ("a.example.com", "TXT"),
    ("a.example.com", "CNAME"),
    ("b.example.com", "MX"),
    ("x.example.com", "A"),
    ("y.sub.example.com", "MX"),
    ("example.com", "SOA"),
    ("example.com", "NS"),
]


@pytest.fixture(scope="module")
def zone():
    server = NameServer()  # never started: the tests use only its replies
    server.serve_zone("example.com", "ns1.example.com")
    server.publish("ns1.example.com", "A", "192.0.2.1")
    server.publish("a.example.com", "CNAME", "b.example.com.")
    server.publish("b.example.com", "TXT", '"v=spf1" " -all"')
    server.publish("b.example.com", "MX", "10 mx.example.com.")
    server.publish("sub.example.com", "NS", "ns1.example.com.")
    yield server
    server.close()


def damaged(wire: bytes, chance: random.Random) -> bytes:
    spoilt = bytearray(wire)
    for _ in range(chance.randint(1, 6)):
        spoilt[chance.randrange(2, len(spoilt))] = chance.randrange(256)
    return bytes(spoilt[: chance.choice([None, None, None, chance.randrange(12, len(spoilt))])])


def test_read_survives_damaged_messages(zone):
    """Like `query_client`, ignore messages that dnspython rejects."""
    wires = {question: zone.reply(dns.message.make_query(*question)).to_wire() for question in QUESTIONS}
    understood = 0
    for seed in range(4000):
        chance = random.Random(seed)
        question = chance.choice(QUESTIONS)
        try:
            message = dns.message.from_wire(damaged(wires[question], chance), one_rr_per_rrset=True)
        except (dns.exception.DNSException, ValueError, EOFError):
            continue
        read(SERVER, *question, message)
        understood += 1
    assert understood > 400


def test_read_ignores_other_dns_classes():
    text = 'id 1\nopcode QUERY\nrcode NOERROR\nflags QR AA\n;QUESTION\na.example. IN TXT\n;ANSWER\na.example. 60 CH TXT "x"\n'
    answer = read(SERVER, "a.example", "TXT", dns.message.from_text(text))
    assert (answer.state, answer.values) == ("nodata", ())
