"""Checks of DKIM records on real zones: every verdict and every cause."""

from __future__ import annotations

import base64

import pytest
from dns_world import KEY, dkim_name, own_key, records

WANTED = "aaa.dkim.amazonses.com"
NAME = dkim_name()


def test_check_of_correct_records_is_ok_at_every_server(world):
    found = world.check()
    assert found.ok
    assert {record.verdict for record in found.records} == {"ok"}
    assert found.warnings == ()
    assert (found.zone.apex, found.zone.parent) == ("example.com", "com")
    assert found.zone.name_servers == ("ns1.example.com", "ns2.example.com")
    record = found.records[0]
    assert (record.found, record.published, record.wait) == ((WANTED,), True, None)
    assert [(seen.server, seen.role) for seen in record.answers] == [
        ("ns1.example.com", "authoritative"),
        ("ns2.example.com", "authoritative"),
        (world.resolver.place, "recursive"),
    ]


def test_dkim_check_reports_name_that_does_not_exist(world):
    world.withdraw(NAME, "CNAME")
    record = world.record(NAME)
    assert (record.verdict, record.cause, record.found) == ("missing", "nxdomain", ())
    assert "does not exist" in record.reason
    assert "publish" in record.fix


def test_dkim_check_reports_name_without_cname(world):
    world.withdraw(NAME, "CNAME")
    world.publish(NAME, "CAA", '0 issue "ca.example"')
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("missing", "nodata")
    assert "no CNAME record" in record.reason


@pytest.mark.parametrize(
    ("kind", "values", "verdict", "cause", "said"),
    [
        ("CNAME", ["aaa.dkim.example.net."], "mismatch", "other_value", "points to another target"),
        ("CNAME", ["aaa.dkim.eu-south-1.amazonses.com."], "mismatch", "other_region", "another region"),
        ("CNAME", [f"{WANTED}.example.com."], "mismatch", "target_zone_appended", "appended the zone"),
        ("CNAME", ["aaa.dkim.amazonses."], "truncated", "cut", "cut off"),
        ("CNAME", [f"{WANTED}.", "old.example.net."], "duplicate", "several", "only one is allowed"),
        ("A", ["104.16.1.2"], "mismatch", "proxied", "proxied or flattened"),
        ("AAAA", ["2606:4700::1"], "mismatch", "proxied", "proxied or flattened"),
        ("TXT", ['"p=MIGf"'], "mismatch", "flattened", "instead of a CNAME"),
    ],
    ids=str,
)
def test_dkim_check_explains_wrong_record(world, kind, values, verdict, cause, said):
    world.withdraw(NAME, "CNAME")
    world.publish(NAME, kind, *values)
    record = world.record(NAME)
    assert (record.verdict, record.cause) == (verdict, cause)
    assert said in record.reason
    assert record.fix
    assert set(record.found) == {value.removesuffix(".").strip('"') for value in values}


def test_dkim_check_ignores_case_and_trailing_dot(world):
    world.publish(NAME, "CNAME", "AAA.DKIM.AmazonSES.com.")
    assert world.record(NAME).verdict == "ok"


def test_dkim_check_reports_other_records_besides_cname(world):
    world.publish(NAME, "TXT", '"left over"')
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("duplicate", "cname_and_other")
    assert record.found == (WANTED, "TXT left over")


def test_dkim_check_finds_zone_appended_to_name(world):
    world.withdraw(NAME, "CNAME")
    world.publish(f"{NAME}.example.com", "CNAME", f"{WANTED}.")
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("duplicate", "zone_appended")
    assert record.found == (f"{NAME}.example.com: {WANTED}",)
    assert "enter the name as aaa._domainkey" in record.fix


def test_dkim_check_finds_record_outside_subdomain(world):
    wanted = records(domain="mail.example.com")[:1]
    world.publish(NAME, "CNAME", f"{WANTED}.")
    [record] = world.check(wanted, "mail.example.com").records
    assert (record.verdict, record.cause) == ("duplicate", "wrong_place")
    assert "enter the name as aaa._domainkey.mail" in record.fix


def test_dkim_check_reports_wildcard_cname(world):
    world.withdraw(NAME, "CNAME")
    world.publish("*._domainkey.example.com", "CNAME", "parked.example.net.")
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("mismatch", "wildcard")


def test_dkim_check_reports_wildcard_address_not_proxy(world):
    for token in ("aaa", "bbb", "ccc"):
        world.withdraw(dkim_name(token), "CNAME")
    world.publish("*.example.com", "A", "192.0.2.1")
    record = world.record(NAME)
    assert (record.verdict, record.cause, record.found) == ("mismatch", "wildcard", ("192.0.2.1",))


def test_dkim_check_does_not_mistake_wildcard_for_appended_zone(world):
    world.withdraw(NAME, "CNAME")
    world.publish("*.com.example.com", "CNAME", f"{WANTED}.")
    assert world.record(NAME).cause == "nxdomain"


def test_dkim_check_reports_server_that_fails_txt_query(world):
    """SES queries TXT and follows the CNAME (docs/ses-behavior.md#dkim-lookup)."""
    world.fault(NAME, "TXT", "servfail")
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("error", "txt_servfail")
    assert "TXT" in record.reason


KEY_TEXT = f"v=DKIM1; k=rsa; p={KEY}"


def strings(text, size=255):
    return " ".join(f'"{text[start : start + size]}"' for start in range(0, len(text), size))


@pytest.mark.parametrize(
    ("published", "verdict", "cause"),
    [
        (strings(f"p={KEY}"), "ok", "ok"),
        (strings(KEY_TEXT), "ok", "ok"),
        (strings(f"k=rsa;p={KEY[:100]} {KEY[100:]} ;"), "ok", "ok"),
        (strings(f"v=DKIM1; t=s; h=sha256; p={KEY}", 100), "ok", "ok"),
        (strings(f"p={KEY}"[:255]), "truncated", "cut"),
        (strings(f"p={KEY}"[:200]), "truncated", "cut"),
        ('"\\"p=' + KEY[:200] + '\\" \\"" "' + KEY[200:] + '\\""', "truncated", "quotes_kept"),
        (strings("p=" + KEY[::-1]), "mismatch", "other_value"),
        (strings("p="), "mismatch", "other_value"),
        (strings("v=DKIM2; p=" + KEY), "mismatch", "other_value"),
        (strings("k=ed25519; p=" + KEY), "mismatch", "other_value"),
        (strings("hello"), "mismatch", "other_value"),
        (strings(KEY_TEXT) + "\n" + strings("v=DKIM1; p=abc"), "duplicate", "several"),
    ],
    ids=[
        "bare",
        "with prefix",
        "spaces within",
        "many tags and strings",
        "255",
        "200",
        "quotes",
        "other key",
        "revoked",
        "version",
        "algorithm",
        "no key",
        "two keys",
    ],
)
def test_byodkim_check_judges_key(world, published, verdict, cause):
    world.publish("mine._domainkey.example.com", "TXT", *published.splitlines())
    record = world.record("mine._domainkey.example.com", wanted=own_key())
    assert (record.verdict, record.cause) == (verdict, cause), record.reason
    assert bool(record.fix) == (verdict != "ok")


def test_byodkim_check_names_string_limit(world):
    world.publish("mine._domainkey.example.com", "TXT", strings(f"p={KEY}"[:255]))
    assert "255" in world.record("mine._domainkey.example.com", wanted=own_key()).reason


def test_byodkim_check_accepts_key_behind_cname(world):
    world.publish("mine._domainkey.example.com", "CNAME", "key.example.com.")
    world.publish("key.example.com", "TXT", strings(f"p={KEY}"))
    assert world.record("mine._domainkey.example.com", wanted=own_key()).verdict == "ok"


def test_byodkim_check_without_public_key_does_not_compare(world):
    wanted = own_key(None)
    assert world.record("mine._domainkey.example.com", wanted=wanted).verdict == "missing"
    world.publish("mine._domainkey.example.com", "TXT", strings(KEY_TEXT))
    record = world.record("mine._domainkey.example.com", wanted=wanted)
    assert (record.verdict, record.cause) == ("ok", "not_compared")
    assert "--dkim-private-key" in record.reason


TOKEN = base64.b64encode(b"a token of API v1, so long").decode()


@pytest.mark.parametrize(
    ("published", "verdict", "cause"),
    [
        ([f'"{TOKEN}"'], "ok", "ok"),
        ([f'"{TOKEN}"', '"another"'], "ok", "ok"),
        ([f'"\\"{TOKEN}\\""'], "mismatch", "quotes_kept"),
        ([f'"{TOKEN[:-4]}"'], "truncated", "cut"),
        (['"another"'], "mismatch", "other_value"),
        (['" "'], "mismatch", "other_value"),
        ([], "missing", "nxdomain"),
    ],
    ids=str,
)
def test_legacy_token_check_judges_txt_record(world, published, verdict, cause):
    if published:
        world.publish("_amazonses.example.com", "TXT", *published)
    record = world.record("_amazonses.example.com", wanted=records(verification_token=TOKEN))
    assert (record.verdict, record.cause) == (verdict, cause)
