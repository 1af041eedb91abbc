"""Checks of the MX and SPF records of the MAIL FROM domain, and of the MX record for receiving."""

from __future__ import annotations

import pytest
from dns_world import SPF, records
from hypothesis import given
from hypothesis import strategies as st

from sescli.dns.spf import judge_spf, parse_spf

NAME = "bounce.example.com"
MX = "feedback-smtp.us-east-1.amazonses.com"


@pytest.mark.parametrize(
    ("values", "verdict", "cause", "said"),
    [
        ([f"10 {MX}."], "ok", "ok", ""),
        ([f"10 {MX.upper()}."], "ok", "ok", ""),
        ([f"5 {MX}."], "ok", "ok", "priority is 5"),
        ([f"10 {MX}.", "20 mx.example.net."], "duplicate", "second_mx", "exactly one"),
        (["10 mx.example.net."], "mismatch", "other_value", "points to another server"),
        (["10 feedback-smtp.eu-west-1.amazonses.com."], "mismatch", "other_region", "another region"),
        ([f"10 {MX}.example.com."], "mismatch", "target_zone_appended", "appended the zone"),
    ],
    ids=str,
)
def test_mail_from_check_judges_mx(world, values, verdict, cause, said):
    world.publish(NAME, "MX", *values)
    record = world.record(NAME, "mail_from_mx")
    assert (record.verdict, record.cause) == (verdict, cause)
    assert said in record.reason
    assert bool(record.fix) == (verdict != "ok")


def test_mail_from_check_reports_missing_mx(world):
    world.withdraw(NAME, "MX")
    record = world.record(NAME, "mail_from_mx")
    assert (record.verdict, record.cause) == ("missing", "nodata")


def test_mail_from_check_reports_cname_instead(world):
    world.withdraw(NAME, "MX")
    world.withdraw(NAME, "TXT")
    world.publish(NAME, "CNAME", "example.com.")
    for record in world.check().records[3:5]:
        assert (record.verdict, record.cause) == ("mismatch", "cname_in_the_way")
        assert record.found[0] == "CNAME example.com"


def test_mail_from_check_reports_wildcard_mx(world):
    world.withdraw(NAME, "MX")
    world.withdraw(NAME, "TXT")
    world.publish("*.example.com", "MX", "10 mail.example.com.")
    assert world.record(NAME, "mail_from_mx").cause == "wildcard"


@pytest.mark.parametrize(
    ("values", "verdict", "cause"),
    [
        (["10 inbound-smtp.us-east-1.amazonaws.com."], "ok", "ok"),
        (["10 inbound-smtp.us-east-1.amazonaws.com.", "20 mx.example.net."], "ok", "ok"),
        (["20 inbound-smtp.us-east-1.amazonaws.com.", "10 mx.example.net."], "duplicate", "second_mx"),
        (["10 inbound-smtp.us-west-2.amazonaws.com."], "mismatch", "other_region"),
        (["1 aspmx.l.google.com."], "mismatch", "other_value"),
    ],
    ids=str,
)
def test_receiving_check_judges_mx(world, values, verdict, cause):
    world.publish("example.com", "MX", *values)
    record = world.record("example.com", wanted=records("receiving"))
    assert (record.verdict, record.cause) == (verdict, cause)


def test_receiving_check_finds_zone_appended_to_domain(world):
    world.publish("example.com.example.com", "MX", "10 inbound-smtp.us-east-1.amazonaws.com.")
    record = world.record("example.com", wanted=records("receiving"))
    assert (record.verdict, record.cause) == ("duplicate", "zone_appended")
    assert "enter the name as @, or leave it empty" in record.fix


@pytest.mark.parametrize(
    ("published", "verdict", "cause", "said"),
    [
        (['"v=spf1 include:amazonses.com -all"'], "ok", "ok", ""),
        (['"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a mx include:amazonses.com ?all"'], "ok", "ok", ""),
        (['"v=spf1 redirect=amazonses.com"'], "ok", "ok", ""),
        (['"V=SPF1 INCLUDE:AmazonSES.com ~ALL"'], "ok", "ok", ""),
        (['"v=spf1 inclu" "de:amazonses.com ~all"'], "ok", "ok", ""),
        (['"v=spf1 include:amazonses.com +all"'], "ok", "ok", "every server"),
        ([SPF, '"v=spf1 -all"'], "duplicate", "several_spf", "more than one"),
        ([SPF, '"google-site-verification=x"'], "ok", "ok", ""),
        (['"google-site-verification=x"'], "mismatch", "no_spf", "no SPF record"),
        (['"v=spf1 -all"'], "mismatch", "spf_without_ses", "does not allow SES to send"),
        (['"v=spf1 ~all include:amazonses.com"'], "mismatch", "spf_unreached", "receivers ignore it"),
        (['"v=spf1 include:amazonses.com ~al"'], "mismatch", "spf_syntax", "~al"),
        (['"v=spf1 include: amazonses.com ~all"'], "mismatch", "spf_syntax", "include:"),
        (['"v=spf1 ip4:192.0.2.300 include:amazonses.com ~all"'], "mismatch", "spf_syntax", "192.0.2.300"),
        (['"v=spf1 ip4:2001:db8::1 include:amazonses.com ~all"'], "mismatch", "spf_syntax", "ip4:"),
        (['"v=spf1include:amazonses.com ~all"'], "mismatch", "spf_syntax", "does not begin"),
        (['"\\"v=spf1 include:amazonses.com ~all\\""'], "mismatch", "spf_syntax", "does not begin"),
    ],
    ids=str,
)
def test_spf_check_judges_record(world, published, verdict, cause, said):
    world.publish(NAME, "TXT", *published)
    record = world.record(NAME, "mail_from_spf")
    assert (record.verdict, record.cause) == (verdict, cause)
    assert said in record.reason
    assert bool(record.fix) == (verdict != "ok")


def chain(world, *terms):
    """Publish an SPF record with SES and these terms, and check it."""
    world.publish(NAME, "TXT", f'"v=spf1 include:amazonses.com {" ".join(terms)} ~all"')
    return world.record(NAME, "mail_from_spf")


def include(world, name, *terms):
    world.publish(name, "TXT", f'"v=spf1 {" ".join(terms)} -all"')


def test_spf_check_allows_ten_lookups(world):
    for number in range(9):
        include(world, f"s{number}.example.com", "ip4:192.0.2.1")
    assert chain(world, *(f"include:s{number}.example.com" for number in range(9))).verdict == "ok"


def test_spf_check_counts_lookups_of_includes(world):
    include(world, "a.example.com", *(f"include:b{number}.example.com" for number in range(4)))
    for number in range(4):
        include(world, f"b{number}.example.com", "exists:%{i}.x.example.com", "ptr")
    record = chain(world, "include:a.example.com")
    assert (record.verdict, record.cause) == ("mismatch", "spf_lookups")
    assert "requires 14 DNS lookups" in record.reason


def test_spf_check_ignores_terms_after_all(world):
    terms = " ".join(f"exists:e{number}.example" for number in range(12))
    world.publish(NAME, "TXT", f'"v=spf1 include:amazonses.com -all {terms}"')
    assert world.record(NAME, "mail_from_spf").verdict == "ok"


def test_spf_check_stops_at_endless_includes(world):
    """Each record includes ten more. The number of queries stays limited."""
    first, second = (
        " ".join(f"include:{each}.deep.example.com" for each in part) for part in ("abcde", "fghij")
    )
    world.publish("*.deep.example.com", "TXT", f'"v=spf1 {first}" " {second} -all"')
    record = chain(world, "include:start.deep.example.com")
    assert record.cause in {"spf_lookups", "spf_loop"}
    assert len([question for question in world.resolver.questions if "deep" in question[0]]) < 60


def test_spf_check_reports_include_loop(world):
    include(world, "a.example.com", "include:b.example.com")
    include(world, "b.example.com", "include:a.example.com")
    record = chain(world, "include:a.example.com")
    assert (record.verdict, record.cause) == ("mismatch", "spf_loop")
    assert "a.example.com → b.example.com → a.example.com" in record.reason


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "no SPF record"),
        (["v=spf1 -all", "v=spf1 ~all"], "2 SPF records"),
        (["v=spf1 oops"], "that is not valid"),
    ],
    ids=str,
)
def test_spf_check_reports_invalid_include(world, texts, said):
    if texts:
        world.publish("a.example.com", "TXT", *(f'"{text}"' for text in texts))
    record = chain(world, "include:a.example.com")
    assert (record.verdict, record.cause) == ("mismatch", "spf_include")
    assert said in record.reason


def test_spf_check_reports_more_than_two_void_lookups(world):
    assert chain(world, "a:x1.example.com", "mx:x2.example.com").verdict == "ok"
    record = chain(world, "a:x1.example.com", "mx:x2.example.com", "a:x3.example.com/24")
    assert (record.verdict, record.cause) == ("mismatch", "spf_void")


def test_spf_check_passes_when_include_lookup_fails(world):
    world.resolver.faults["a.example.com", "TXT"] = "servfail"
    record = chain(world, "include:a.example.com")
    assert record.verdict == "ok"
    assert "a.example.com" in record.reason


@given(st.text(max_size=80))
def test_judge_spf_accepts_any_text(text):
    judge_spf(None, (f"v=spf1 {text}",))
    assert parse_spf(f"v=spf1 {text}").lookups >= 0
