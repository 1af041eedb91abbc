"""`sescli identity publish --rfc2136`, against BIND itself."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from typing import Any

import dns.message
import dns.query
import pytest
from bind_server import PROGRAM, Bind, bind

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="named (Debian: bind9)")

SPF = '"v=spf1 include:amazonses.com ~all"'
FEEDBACK = "10 feedback-smtp.us-east-1.amazonses.com."
MAIL_FROM = {("bounce.example.com", "MX"): [FEEDBACK], ("bounce.example.com", "TXT"): [SPF]}


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    with bind(tmp_path_factory.mktemp("named")) as server:
        yield server


@pytest.fixture
def server(named: Bind, sescli, ses) -> Bind:
    named.clear()
    assert sescli("identity", "verify", "example.com", "--mail-from", "bounce").code == 0
    return named


@pytest.fixture
def publish(sescli, server) -> Callable[..., Any]:
    def call(*more, key=None, place=None, **streams):
        signed = ("--rfc2136", place or server.place, "--tsig-key-file", str(key or server.key))
        return sescli("identity", "publish", "example.com", *signed, *more, **streams)

    return call


def test_every_record_is_published(publish, server, sescli):
    ran = publish("--yes")
    assert (ran.code, ran.stdout) == (
        0,
        f"Published 6 record sets to example.com at {server.place}. The other name servers of the zone copy the change from there.\n",
    )
    wanted = sescli("identity", "records", "example.com", "-o", "json").json
    assert {(name, kind) for name, kind in server.sets()} == {
        (record["name"], record["type"]) for record in wanted
    }
    assert MAIL_FROM.items() <= server.sets().items()


def test_a_second_run_does_nothing(publish, server):
    publish("--yes")
    before = server.sets()
    ran = publish("-o", "json")
    assert (ran.code, ran.json["status"]) == (0, "UNCHANGED")
    assert ran.json["zone"] == {"name": "example.com", "server": server.place}
    assert server.sets() == before


def test_what_is_there_stays(publish, server):
    others = {
        ("bounce.example.com", "A"): ["192.0.2.7"],
        ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=reject"'],
        ("example.com", "TXT"): ['"a"', '"v=spf1 mx -all"'],
    }
    for (name, kind), values in others.items():
        server.put(name, kind, *values)
    server.put(
        "bounce.example.com", "TXT", '"\\195\\188 \\"quoted\\" \\\\"', '"' + "x" * 200 + '" "y"', ttl=77
    )
    assert publish("--yes").code == 0
    after = server.sets()
    assert {key: after[key] for key in others} == others
    assert len(after["bounce.example.com", "TXT"]) == 3
    assert SPF in after["bounce.example.com", "TXT"]


def test_it_asks(publish, server):
    ran = publish(
        tty=True, answers=[(f"This adds 6 records to example.com at {server.place}. Publish?", False)]
    )
    assert (ran.code, server.sets()) == (2, {})
    assert "+ MX     bounce.example.com" in re.sub("\x1b\\[[0-9;]*m", "", ran.stderr)


def test_a_dry_run_changes_nothing(publish, server):
    ran = publish("--dry-run", "-o", "json")
    assert (ran.code, server.sets()) == (0, {})
    assert ran.json == {"would": f"publish 6 record sets to example.com at {server.place}"}


def test_a_conflict_writes_nothing(publish, server):
    server.put("bounce.example.com", "MX", "10 mx.example.net.")
    before = server.sets()
    ran = publish("--yes")
    assert (ran.code, server.sets()) == (1, before)
    assert "goes to mx.example.net" in ran.stderr


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("CNAME", "x.example.net.", "is a CNAME to x.example.net"),
        ("NS", "ns.example.net.", "is delegated to"),
    ],
)
def test_what_stands_in_the_way(publish, server, kind, value, words):
    server.put("bounce.example.com", kind, value)
    ran = publish("--yes")
    server.put("bounce.example.com", kind)
    assert (ran.code, words in ran.stderr) == (1, True)


def test_a_wildcard_does_not_stand_in_the_way(publish, server):
    server.put("*.example.com", "CNAME", "parked.example.net.")
    assert publish("--only", "mail-from", "--yes").code == 0
    assert MAIL_FROM.items() <= server.sets().items()


def test_replacing(publish, server, sescli):
    token = sescli("identity", "show", "example.com", "-q", "dkim.tokens[0]").stdout.strip()
    name = f"{token}._domainkey.example.com"
    server.put(name, "CNAME", "wrong.example.net.")
    server.put("example.com", "MX", "1 smtp.google.com.")
    assert publish("--for", "all", "--ttl", "60", "--yes").code == 0
    assert server.sets()[name, "CNAME"] == [f"{token}.dkim.amazonses.com."]
    assert server.sets()["example.com", "MX"] == ["10 inbound-smtp.us-east-1.amazonaws.com."]


# Who changes the zone in between makes the update fail as a whole.


@pytest.fixture
def meddling(server):
    """A relay before BIND: once the zone has been read, another client changes it, and then the update arrives."""
    relays = []

    def start(change: Callable[[], object]) -> str:
        relay = Relay(server.port, change)
        relays.append(relay)
        return relay.place

    yield start
    for relay in relays:
        relay.close()


class Relay:
    def __init__(self, port, change):
        self.port, self.change = port, change
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client:
                length = client.recv(2)
                query = b""
                while len(query) < int.from_bytes(length):
                    query += client.recv(65535)
                # The update section is what a probe has none of (RFC 2136 2).
                updates = query[2] >> 3 & 15 == 5 and query[8:10] != b"\0\0"
                if updates and self.change() is False:
                    continue
                with socket.create_connection(("127.0.0.1", self.port)) as upstream:
                    upstream.sendall(length + query)
                    answer = upstream.recv(2)
                    while len(answer) < 2 + int.from_bytes(answer[:2]):
                        answer += upstream.recv(65535)
                client.sendall(answer)

    def close(self):
        self.socket.close()


@pytest.mark.parametrize(
    ("before", "meanwhile"),
    [
        ((), ("TXT", '"v=spf1 -all"')),
        (("TXT", '"theirs"'), ("TXT", '"theirs"', '"v=spf1 -all"')),
        (("TXT", '"theirs"'), ("TXT",)),
        ((), ("CNAME", "x.example.net.")),
    ],
    ids=["made", "added to", "deleted", "a CNAME"],
)
def test_a_change_in_between_is_not_written_over(publish, server, meddling, before, meanwhile):
    if before:
        server.put("bounce.example.com", *before)
    place = meddling(lambda: server.put("bounce.example.com", *meanwhile))
    ran = publish("--only", "mail-from", "--yes", "-o", "json", place=place)
    assert (ran.code, ran.error["code"], ran.error["retryable"]) == (6, "ZoneChanged", True)
    kind, *values = meanwhile
    assert server.sets() == ({("bounce.example.com", kind): sorted(values)} if values else {})


def test_a_text_made_in_between_keeps_a_cname_out(publish, server, meddling, sescli):
    token = sescli("identity", "show", "example.com", "-q", "dkim.tokens[0]").stdout.strip()
    name = f"{token}._domainkey.example.com"
    ran = publish(
        "--only", "dkim", "--yes", "-o", "json", place=meddling(lambda: server.put(name, "TXT", '"x"'))
    )
    assert (ran.code, ran.error["code"]) == (6, "ZoneChanged")
    assert server.sets() == {(name, "TXT"): ['"x"']}


# The key and the server.


def key_file(tmp_path, text):
    path = tmp_path / "k.key"
    path.write_text(text)
    return path


def test_a_key_that_may_not_change_the_zone(publish, server):
    ran = publish("--yes", "-o", "json", key=server.reader)
    assert (ran.code, ran.error["code"], server.sets()) == (4, "REFUSED", {})
    assert "allow-update" in ran.error["hint"]


@pytest.mark.parametrize("change", [("publisher", "nobody"), ("hmac-sha256", "hmac-sha512")], ids=str)
def test_a_key_that_the_server_does_not_know(publish, server, tmp_path, change):
    ran = publish("--yes", "-o", "json", key=key_file(tmp_path, server.key.read_text().replace(*change)))
    assert (ran.code, ran.error["code"], server.sets()) == (4, "BadKey", {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no TSIG key"),
        ('key "a" { algorithm hmac-md5; secret "c2VjcmV0"; };', "hmac-md5 is not one of"),
        ('key "a" { algorithm hmac-sha256; };', "the secret is missing"),
        ('key "a" { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0x"; };', "is not base64"),
        ('key "a" { secret "c2VjcmV0"; }; key "b" { secret "c2VjcmV0"; };', "2 TSIG keys"),
    ],
)
def test_a_file_that_is_no_key(publish, tmp_path, text, words):
    ran = publish("--yes", "--debug", key=key_file(tmp_path, text))
    assert (ran.code, words in ran.stderr) == (2, True)
    assert "c2VjcmV0" not in ran.stderr + ran.stdout


def test_the_secret_is_never_shown(publish, server):
    secret = server.key.read_text().partition('secret "')[2].partition('"')[0]
    for more in (["--yes", "-v", "-o", "json"], ["--dry-run"], ["--debug", "--ttl", "5"]):
        ran = publish(*more)
        assert secret not in ran.stdout + ran.stderr


def test_a_key_with_comments_from_standard_input(sescli, server):
    old = 'key "old" { algorithm hmac-sha256; secret "b2xk"; };'
    text = f"// {old}\n/* {old}\n*/ {server.key.read_text()} # {old}\n"
    signed = ("--rfc2136", server.place, "--tsig-key-file", "-")
    assert sescli("identity", "publish", "example.com", *signed, "--yes", stdin=text).code == 0
    assert len(server.sets()) == 6


def test_a_zone_that_the_server_has_not(sescli, server):
    sescli("identity", "verify", "example.org")
    signed = ("--rfc2136", server.place, "--tsig-key-file", str(server.key))
    ran = sescli("identity", "publish", "example.org", *signed, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NoZone")


def test_publish_reports_server_that_does_not_listen(publish, server):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    ran = publish("--yes", "-o", "json", place=f"127.0.0.1:{port}")
    assert (ran.code, ran.error["code"], ran.error["retryable"]) == (6, "Network", True)


def test_an_update_that_gets_no_answer_may_have_been_made(publish, server, meddling):
    ran = publish("--only", "mail-from", "--yes", "-o", "json", place=meddling(lambda: False))
    assert (ran.code, ran.error["code"]) == (6, "OutcomeUnknown")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rfc2136", "ns1.example.com"], "missing: --tsig-key-file"),
        (["--tsig-key-file", "k"], "missing: --rfc2136"),
        (["--rfc2136", "x", "--tsig-key-file", "k", "--zone-id", "Z1"], "cannot be combined with --rfc2136"),
        (
            ["--rfc2136", "x", "--tsig-key-file", "k", "--dns-profile", "p"],
            "cannot be combined with --rfc2136",
        ),
        (["--rfc2136", "x:99999", "--tsig-key-file", "KEY"], "not HOST or HOST:PORT"),
    ],
)
def test_bad_options(sescli, server, arguments, words):
    given = [str(server.key) if argument == "KEY" else argument for argument in arguments]
    ran = sescli("identity", "publish", "example.com", *given, "--yes")
    assert (ran.code, words in ran.stderr) == (2, True)


def test_the_server_of_these_tests_answers(server):
    """A wildcard's answer would hide what the probe of the name tells (so this is no idle test)."""
    server.put("*.example.com", "CNAME", "parked.example.net.")
    answer = dns.query.udp(
        dns.message.make_query("bounce.example.com", "MX"), "127.0.0.1", port=server.port, timeout=5
    )
    assert "parked.example.net" in answer.to_text()
