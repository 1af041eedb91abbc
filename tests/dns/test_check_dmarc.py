"""DMARC policies held against DNS (RFC 9989): right, wrong, inherited, aligned."""

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
        (["v=DMARC1;p=QUARANTINE"], "ok", "ok", "without rua nobody reports"),
        (["v=DMARC1; rua=mailto:d@example.com"], "ok", "ok", "no p, which older readers want"),
        (["v=DMARC1; p=none; pct=50; ri=3600"], "ok", "ok", "pct, ri mean nothing"),
        (["v=DMARC1; p=none; pct=50"], "ok", "ok", "pct means nothing"),
        (["v=DMARC1; p=none; aspf=s"], "ok", "ok", "aspf=s: SPF of bounce.example.com does not count"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "duplicate", "several_dmarc", "more than one"),
        (["v=DMARC1; p=nothing"], "mismatch", "dmarc_syntax", "p=nothing"),
        (["v=DMARC1; p=none; aspf=strict"], "mismatch", "dmarc_syntax", "aspf=strict"),
        (["v=DMARC1; p none"], "mismatch", "dmarc_syntax", "p none"),
        (["v=dmarc1; p=none"], "mismatch", "dmarc_syntax", "does not begin"),
        (["p=none; v=DMARC1"], "mismatch", "dmarc_syntax", "does not begin"),
        (['\\"v=DMARC1; p=none\\"'], "mismatch", "dmarc_syntax", "does not begin"),
        (["hello"], "missing", "no_dmarc", "none of DMARC"),
    ],
    ids=str,
)
def test_a_policy(world, published, verdict, cause, said):
    world.publish(NAME, "TXT", *(f'"{text}"' for text in published))
    record = world.record(NAME)
    assert (record.verdict, record.cause) == (verdict, cause)
    assert said in record.reason
    assert record.required is False


def test_a_policy_that_asks_for_less_than_wanted(world):
    wanted = [
        replace(record, value="v=DMARC1; p=quarantine") for record in records() if record.purpose == "dmarc"
    ]
    record = world.record(NAME, wanted=wanted)
    assert (record.verdict, record.cause) == ("mismatch", "dmarc_weaker")
    world.publish(NAME, "TXT", '"v=DMARC1; p=reject"')
    assert world.record(NAME, wanted=wanted).verdict == "ok"


def test_reports_to_another_domain_want_its_consent(world):
    """RFC 9990 4: example.com._report._dmarc of the other domain."""
    world.publish(NAME, "TXT", '"v=DMARC1; p=none; rua=mailto:a@reports.example.net,mailto:b@example.com"')
    assert "no reports will come to reports.example.net" in world.record(NAME).reason
    consent = "example.com._report._dmarc.reports.example.net"
    world.resolver.faults[consent, "TXT"] = "servfail"
    assert world.record(NAME).reason == "policy none"
    world.resolver.faults.clear()
    world.resolver.publish(consent, "TXT", '"v=DMARC1"')
    assert world.record(NAME).reason == "policy none"


def test_no_policy(world):
    world.withdraw(NAME, "TXT")
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("missing", "nxdomain")
    assert world.check().ok, "DMARC is not required"


def test_a_policy_at_an_alias_counts(world):
    world.withdraw(NAME, "TXT")
    world.publish(NAME, "CNAME", "policy.example.com.")
    world.publish("policy.example.com", "TXT", '"v=DMARC1; p=none"')
    assert world.record(NAME).verdict == "ok"


def test_a_wildcard_in_its_place(world):
    world.withdraw(NAME, "TXT")
    world.publish("*.example.com", "TXT", '"v=spf1 -all"')
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("missing", "wildcard")


def of_subdomain(world, domain="mail.example.com"):
    wanted = [record for record in records(domain=domain) if record.purpose == "dmarc"]
    [record] = world.check(wanted, domain).records
    return record


def test_a_subdomain_inherits(world):
    world.publish(NAME, "TXT", '"v=DMARC1; p=reject; sp=quarantine"')
    record = of_subdomain(world)
    assert (record.verdict, record.cause) == ("ok", "inherited")
    assert "example.com has a policy, which asks quarantine for it" in record.reason
    assert record.found == ("v=DMARC1; p=reject; sp=quarantine",)


def test_what_is_broken_is_not_inherited(world):
    world.publish(NAME, "TXT", '"v=DMARC1; p=what"')
    assert of_subdomain(world).verdict == "missing"
    world.publish(NAME, "TXT", '"v=DMARC1; p=none"', '"v=DMARC1; p=reject"')
    assert of_subdomain(world).verdict == "missing"


def test_whether_it_inherits_may_stay_open(world):
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
def test_the_tree_walk(policies, source):
    """RFC 9989 4.10.2: psd=n ends it, psd=y names a suffix, else the fewest labels count."""
    found = {name: parse_dmarc(f"v=DMARC1; {text}") for name, text in policies.items()}
    assert organizational_domain("a.b.example.com", found) == source


def test_the_walk_asks_eight_names_at_most():
    """RFC 9989 4.10: with more than eight labels it goes on with seven."""
    assert tree_walk("a.b.example.com") == ["b.example.com", "example.com", "com"]
    deep = ".".join("abcdefghijkl")
    assert tree_walk(deep)[0] == ".".join("fghijkl")
    assert len(tree_walk(deep)) == 7


def test_alignment_is_told(world):
    world.publish(NAME, "TXT", '"v=DMARC1; p=none; rua=mailto:d@example.com"')
    assert world.record(NAME).reason == "policy none"
    world.withdraw("bounce.example.com", "MX")
    assert "until the MAIL FROM records are right" in world.record(NAME).reason
    alone = [record for record in records() if record.purpose in {"dkim", "dmarc"}]
    assert "by DKIM alone" in world.record(NAME, wanted=alone).reason


@given(st.text(max_size=80))
def test_any_text_is_judged(text):
    judge_dmarc(None, (f"v=DMARC1; {text}",))
