"""Checks of DMARC policies (RFC 9989): valid, invalid, inherited, and aligned."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dns_world import records
from hypothesis import given
from hypothesis import strategies as st

from sescli.dns.dmarc import judge_dmarc, parse_dmarc, tree_walk
from sescli.dns.dmarc_checks import organizational_domain
from sescli.dns.organization import is_same_organization

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


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (
            "rua=a@example.com",
            "rua=a@example.com does not begin with mailto:, so receivers ignore it: write mailto:",
        ),
        ("rua=", "rua is empty, so you receive no reports"),
        ("rua=mailto:0", "rua=mailto:0 is not a valid email address"),
        ("rua=mailto:", "rua=mailto: is not a valid email address"),
        ("rua=mailto:a@example", "rua=mailto:a@example is not a valid"),
        ("rua=mailto: a b@example.com", "is not a valid email address"),
        ("rua=https://reports.example.com", "receivers send reports only to mailto: addresses"),
        ("rua=nothing", "rua=nothing does not begin with mailto:"),
        ("rua=mailto:d@example.com; ruf=a@example.com", "ruf=a@example.com does not begin with mailto:"),
        ("rua=mailto:d@example.com; ruf=mailto:x", "ruf=mailto:x is not a valid email address"),
        ("rua=mailto:d@example.com; ruf=", "ruf is empty"),
        ("rua=mailto:d@example.com,e@example.com", "rua=e@example.com does not begin with mailto:"),
        ("rua=MAILTO:d@reports.example.net", "reports.example.net gets no reports"),
        ("rua=Mailto:d@example.com; ruf=mailto:d@reports.example.net", "reports.example.net gets no reports"),
    ],
    ids=str,
)
def test_dmarc_check_explains_report_addresses(world, tags, said):
    world.publish(NAME, "TXT", f'"v=DMARC1; p=none; {tags}"')
    record = world.record(NAME)
    assert record.verdict == "ok", "the policy applies in spite of it"
    assert said in record.reason


@pytest.mark.parametrize(
    "tags",
    [
        "rua=MAILTO:d@example.com",
        "rua=mailto:d@example.com!10m",
        "rua=mailto:d%2Bx@example.com , mailto:e@example.com",
    ],
    ids=str,
)
def test_dmarc_check_accepts_report_addresses(world, tags):
    world.publish(NAME, "TXT", f'"v=DMARC1; p=none; {tags}"')
    assert world.record(NAME).reason == "policy none"


def test_dmarc_check_asks_no_authorization_of_sibling_domain(world):
    """mail.example.com and reports.example.com are one organization, example.com (RFC 9990 4)."""
    world.publish("_dmarc.mail.example.com", "TXT", '"v=DMARC1; p=none; rua=mailto:d@reports.example.com"')
    assert "authorize" not in of_subdomain(world).reason
    world.publish("_dmarc.mail.example.com", "TXT", '"v=DMARC1; p=none; rua=mailto:d@reports.example.org"')
    assert "reports.example.org gets no reports" in of_subdomain(world).reason


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.example.co.uk", "b.example.co.uk", True),
        ("one.co.uk", "two.co.uk", False),
        ("one.github.io", "two.github.io", False),
        ("a.xn--85x722f.xn--55qx5d.cn", "b.xn--85x722f.xn--55qx5d.cn", True),
        ("a.unknown-suffix", "b.unknown-suffix", False),
        ("co.uk", "co.uk", False),
    ],
)
def test_is_same_organization_uses_public_suffixes(one, other, same):
    assert is_same_organization(one, other) is same


def test_dmarc_check_examines_reports_of_inherited_policy(world):
    """The policy is that of example.com, so the authorization is for example.com."""
    world.publish(NAME, "TXT", '"v=DMARC1; p=reject; rua=mailto:a@reports.example.net,b@example.com"')
    record = of_subdomain(world)
    assert (record.verdict, record.cause) == ("ok", "inherited")
    assert (
        "reports.example.net gets no reports, because it does not authorize reports about example.com"
        in record.reason
    )
    assert "rua=b@example.com does not begin with mailto:" in record.reason
    world.resolver.publish("example.com._report._dmarc.reports.example.net", "TXT", '"v=DMARC1"')
    assert "authorize" not in of_subdomain(world).reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("v=DMARC1 p=none", "the semicolon is missing"),
        ("v=DMARC1, p=none", "the semicolon is missing"),
        ("v=dmarc1; p=none", "upper case"),
        ("p=none; v=DMARC1", "must be the first tag"),
        (r"\"v=DMARC1; p=none\"", "quotation marks"),
    ],
)
def test_dmarc_check_explains_text_that_is_not_dmarc(world, text, said):
    world.publish(NAME, "TXT", f'"{text}"')
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("mismatch", "dmarc_syntax")
    assert said in record.reason
