"""Checks of DMARC policies (RFC 9989): valid, invalid, inherited, and aligned."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dns_world import records
from hypothesis import given
from hypothesis import strategies as st

from sescli.dns.dmarc import judge_dmarc, parse_dmarc, tree_walk
from sescli.dns.dmarc_checks import organizational_domain

NAME = "_dmarc.example.com"


@pytest.mark.parametrize(
    ("published", "verdict", "cause", "said"),
    [
        (["v=DMARC1; p=none; rua=mailto:d@example.com"], "ok", "ok", "policy none"),
        (["v=DMARC1; p=reject; adkim=s; rua=mailto:d@example.com"], "ok", "ok", "policy reject"),
        (["v=DMARC1;p=QUARANTINE"], "ok", "ok", "without rua, so you receive no reports"),
        (["v=DMARC1; rua=mailto:d@example.com"], "ok", "ok", "without p, which older receivers require"),
        (["v=DMARC1; p=none; pct=50; ri=3600"], "ok", "ok", "pct, ri have no effect"),
        (["v=DMARC1; p=none; pct=50"], "ok", "ok", "pct has no effect"),
        (["v=DMARC1; p=none; aspf=s"], "ok", "ok", "aspf=s: SPF of bounce.example.com does not count"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "duplicate", "several_dmarc", "more than one"),
        (["v=DMARC1; p=nothing"], "mismatch", "dmarc_syntax", "p=nothing"),
        (["v=DMARC1; p=none; aspf=strict"], "mismatch", "dmarc_syntax", "aspf=strict"),
        (["v=DMARC1; p none"], "mismatch", "dmarc_syntax", "p none"),
        (["v=dmarc1; p=none"], "mismatch", "dmarc_syntax", "does not begin"),
        (["p=none; v=DMARC1"], "mismatch", "dmarc_syntax", "does not begin"),
        (['\\"v=DMARC1; p=none\\"'], "mismatch", "dmarc_syntax", "does not begin"),
        (["hello"], "missing", "no_dmarc", "no DMARC record"),
    ],
    ids=str,
)
def test_dmarc_check_judges_policy(world, published, verdict, cause, said):
    world.publish(NAME, "TXT", *(f'"{text}"' for text in published))
    record = world.record(NAME)
    assert (record.verdict, record.cause) == (verdict, cause)
    assert said in record.reason
    assert record.required is False


def test_dmarc_check_reports_weaker_policy(world):
    wanted = [
        replace(record, value="v=DMARC1; p=quarantine") for record in records() if record.purpose == "dmarc"
    ]
    record = world.record(NAME, wanted=wanted)
    assert (record.verdict, record.cause) == ("mismatch", "dmarc_weaker")
    world.publish(NAME, "TXT", '"v=DMARC1; p=reject"')
    assert world.record(NAME, wanted=wanted).verdict == "ok"


def test_dmarc_check_reports_external_domain_without_authorization(world):
    """RFC 9990 4: the other domain publishes example.com._report._dmarc."""
    world.publish(NAME, "TXT", '"v=DMARC1; p=none; rua=mailto:a@reports.example.net,mailto:b@example.com"')
    assert "reports.example.net gets no reports" in world.record(NAME).reason
    name = "example.com._report._dmarc.reports.example.net"
    world.resolver.faults[name, "TXT"] = "servfail"
    assert world.record(NAME).reason == "policy none"
    world.resolver.faults.clear()
    world.resolver.publish(name, "TXT", '"v=DMARC1"')
    assert world.record(NAME).reason == "policy none"


def test_dmarc_check_reports_missing_policy_as_optional(world):
    world.withdraw(NAME, "TXT")
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("missing", "nxdomain")
    assert world.check().ok, "DMARC is not required"


def test_dmarc_check_accepts_policy_behind_cname(world):
    world.withdraw(NAME, "TXT")
    world.publish(NAME, "CNAME", "policy.example.com.")
    world.publish("policy.example.com", "TXT", '"v=DMARC1; p=none"')
    assert world.record(NAME).verdict == "ok"


def test_dmarc_check_reports_wildcard(world):
    world.withdraw(NAME, "TXT")
    world.publish("*.example.com", "TXT", '"v=spf1 -all"')
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("missing", "wildcard")


def of_subdomain(world, domain="mail.example.com"):
    wanted = [record for record in records(domain=domain) if record.purpose == "dmarc"]
    [record] = world.check(wanted, domain).records
    return record


def test_dmarc_check_accepts_inherited_policy(world):
    world.publish(NAME, "TXT", '"v=DMARC1; p=reject; sp=quarantine"')
    record = of_subdomain(world)
    assert (record.verdict, record.cause) == ("ok", "inherited")
    assert "the policy of example.com applies (quarantine for its subdomains)" in record.reason
    assert record.found == ("v=DMARC1; p=reject; sp=quarantine",)


def test_dmarc_check_ignores_invalid_policy_above(world):
    world.publish(NAME, "TXT", '"v=DMARC1; p=what"')
    assert of_subdomain(world).verdict == "missing"
    world.publish(NAME, "TXT", '"v=DMARC1; p=none"', '"v=DMARC1; p=reject"')
    assert of_subdomain(world).verdict == "missing"


def test_dmarc_check_reports_error_when_parent_lookup_fails(world):
    world.resolver.faults[NAME, "TXT"] = "servfail"
    record = of_subdomain(world)
    assert (record.verdict, record.cause) == ("error", "servfail")


@pytest.mark.parametrize(
    ("policies", "source"),
    [
        ({}, None),
        ({"b.example.com": "p=none", "example.com": "p=reject"}, "example.com"),
        ({"b.example.com": "p=none; psd=n", "example.com": "p=reject"}, "b.example.com"),
        ({"example.com": "p=reject", "com": "p=none; psd=y"}, "example.com"),
        ({"b.example.com": "p=none", "com": "p=none; psd=y"}, "com"),
        ({"com": "p=none; psd=y"}, "com"),
    ],
    ids=str,
)
def test_organizational_domain_follows_tree_walk(policies, source):
    """RFC 9989 4.10.2: psd=n ends the walk, psd=y marks a public suffix, otherwise the shortest domain counts."""
    found = {name: parse_dmarc(f"v=DMARC1; {text}") for name, text in policies.items()}
    assert organizational_domain("a.b.example.com", found) == source


def test_tree_walk_has_at_most_eight_names():
    """RFC 9989 4.10: with more than eight labels, the walk continues at seven."""
    assert tree_walk("a.b.example.com") == ["b.example.com", "example.com", "com"]
    deep = ".".join("abcdefghijkl")
    assert tree_walk(deep)[0] == ".".join("fghijkl")
    assert len(tree_walk(deep)) == 7


def test_dmarc_check_notes_alignment(world):
    world.publish(NAME, "TXT", '"v=DMARC1; p=none; rua=mailto:d@example.com"')
    assert world.record(NAME).reason == "policy none"
    world.withdraw("bounce.example.com", "MX")
    assert "until the MAIL FROM records are correct" in world.record(NAME).reason
    alone = [record for record in records() if record.purpose in {"dkim", "dmarc"}]
    assert "by DKIM only" in world.record(NAME, wanted=alone).reason


@given(st.text(max_size=80))
def test_judge_dmarc_accepts_any_text(text):
    judge_dmarc(None, (f"v=DMARC1; {text}",))
