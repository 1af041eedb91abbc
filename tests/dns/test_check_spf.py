"""SPF is evaluated: whether SES may send, through which terms, and what is wrong otherwise (RFC 7208)."""

from __future__ import annotations

import pytest

NAME = "bounce.example.com"
SES_RECORD = '"v=spf1 ip4:199.255.192.0/22 ip4:54.240.0.0/18 ip4:69.169.224.0/20 -all"'


@pytest.fixture
def spf(world):
    """Publish an SPF record next to the public one of SES, and check it."""

    def check(text, **others):
        world.resolver.publish("amazonses.com", "TXT", SES_RECORD)
        for name, value in others.items():
            world.resolver.publish(name.replace("__", "."), "TXT", f'"{value}"')
        world.publish(NAME, "TXT", f'"{text}"')
        return world.record(NAME, "mail_from_spf")

    return check


ALL_OF_SES = "ip4:199.255.192.0/22 ip4:54.240.0.0/18 ip4:69.169.224.0/20"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("v=spf1 include:a__net -all", "SES may send through include:a.net → include:amazonses.com"),
        ("v=spf1 include:b__net -all", "include:b.net → include:a.net → include:amazonses.com"),
        ("v=spf1 redirect=a__net", "SES may send through redirect=a.net"),
        ("v=spf1 redirect=amazonses.com", ""),
        ("v=spf1 include:%{d1r}.a__net ~all", "include:%{d1r}.a.net"),
        ("v=spf1 exists:%{i}.ok__net -all", "exists:%{i}.ok.net"),
        (f"v=spf1 {ALL_OF_SES} -all", "ip4:69.169.224.0/20"),
        ("v=spf1 ip4:199.255.192.0/23 ip4:199.255.194.0/23 ip4:54.0.0.0/8 ip4:69.169.0.0/16 -all", "ip4:"),
        ("v=spf1 INCLUDE:AmazonSES.com. -ALL", ""),
        ("v=spf1 ?include:none__net include:amazonses.com -all", ""),
    ],
    ids=str,
)
def test_spf_check_evaluates_what_lets_ses_send(spf, world, text, said):
    world.resolver.publish("*.ok.net", "A", "127.0.0.2")
    inner = "v=spf1 include:amazonses.com ?all"
    others = {"a__net": inner, "b__net": "v=spf1 include:a.net -all", "bounce.a__net": inner}
    record = spf(text.replace("__", "."), none__net="v=spf1 ip4:192.0.2.1 -all", **others)
    assert (record.verdict, record.cause) == ("ok", "ok"), record.reason
    assert said in record.reason


@pytest.mark.parametrize(
    ("text", "cause", "said"),
    [
        ("v=spf1 -include:amazonses.com ~all", "spf_qualifier", "gives SES the result fail"),
        ("v=spf1 ?include:amazonses.com -all", "spf_qualifier", "gives SES the result neutral"),
        ("v=spf1 ~include:amazonses.com -all", "spf_qualifier", "softfail"),
        (
            "v=spf1 -ip4:54.240.0.0/16 include:amazonses.com -all",
            "spf_qualifier",
            "-ip4:54.240.0.0/16 gives SES",
        ),
        ("v=spf1 -ip4:54.240.8.0/24 include:amazonses.com -all", "spf_qualifier", "-ip4:54.240.8.0/24 gives"),
        ("v=spf1 ip4:54.240.0.0/18 -all", "spf_without_ses", "its result is fail"),
        ("v=spf1 ip4:192.0.2.10", "spf_without_ses", "its result is neutral"),
        ("v=spf1", "spf_without_ses", "its result is neutral"),
        ("v=spf1 include=amazonses.com -all", "spf_without_ses", "include is followed by a colon"),
        ("v=spf1 include:amazonses.com-all", "spf_include", "a space is missing before -all"),
        ("v=spf1 redirect=nothing.net", "spf_include", "nothing.net, which has no SPF record"),
        ("v=spf1 include:a__net -all", "spf_without_ses", "does not allow SES"),
    ],
    ids=str,
)
def test_spf_check_explains_why_ses_may_not_send(spf, text, cause, said):
    record = spf(text.replace("__", "."), a__net="v=spf1 -all")
    assert (record.verdict, record.cause) == ("mismatch", cause), record.reason
    assert said in record.reason
    assert record.fix


VALID_NAMES = ("include:a.net,include:b.net", "include:a.netinclude:b.net", "include:https://a.net")
INVALID = ("spf_syntax", "so receivers ignore the record")


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("a:192.0.2.10", "has an IP address"),
        ("a:host.example.com:25", "has a port"),
        ("a:host:25", "has a port"),
        ("a/33", "/33 in a/33 is not a prefix length: the largest is /32"),
        ("mx//129", "/129 in mx//129 is not"),
        ("ip4:192.0.2.0/33", "the largest is /32"),
        ("ip6:2001:db8::/129", "the largest is /128"),
        ("ip4:2001:db8::1", "has an IPv6 address"),
        ("ip6:192.0.2.1", "has an IPv4 address"),
        ("ip4:192.0.2", "no valid IP address"),
        ("ipv4:192.0.2.1", "SPF has no ipv4"),
        ("includ:amazonses.com", "SPF has no includ"),
        ("redirect=a.net redirect=b.net", "redirect= is there 2 times"),
        ("redirect:a.net", "redirect is followed by ="),
        ("exists:%{x}.a.net", "a macro that is not valid"),
        ("exists:%{i.a.net", "a macro that is not valid"),
        ("exists:%{c}.a.net", "a macro that is not valid"),
        ("include:a.net,include:b.net", "spaces separate the terms"),
        ("include:a.net;", "spaces separate the terms"),
        ("include:a.netinclude:b.net", "a space is missing before include:"),
        ("include:a.net~all", "a space is missing before ~all"),
        ("ip4:192.0.2.1ip4:192.0.2.2", "a space is missing before ip4:"),
        ("include: a.net", "a space follows it"),
        ("- all", "a space follows it"),
        ("include:https://a.net", "has a URL"),
        ("include:localname", "no full domain name"),
        ("all.", "nothing can follow all"),
        ("a.net", "a name without a mechanism"),
        (r"\226\128\147all", "does not allow"),
        (r"\"include:a.net\"", "a quotation mark"),
    ],
    ids=str,
)
def test_spf_check_explains_syntax(spf, term, said):
    record = spf(f"v=spf1 include:amazonses.com {term} ~all")
    assert record.verdict == "mismatch"
    assert said in record.reason
    # Commas and colons are allowed within a name (RFC 7208 7.1).
    cause, effect = ("spf_include", "so it is read as one name") if term in VALID_NAMES else INVALID
    assert (record.cause, record.reason.endswith(effect)) == (cause, True), record.reason
    assert record.fix


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("v=spf1include:amazonses.com ~all", "the space is missing"),
        ("v=spf1,include:amazonses.com ~all", ", follows instead of the space"),
        ("v=spf1; include:amazonses.com ~all", "; follows instead of the space"),
        (" v=spf1 include:amazonses.com ~all", "a space before it"),
        ("v = spf1 include:amazonses.com ~all", "a space within v=spf1"),
        (r"\"v=spf1 include:amazonses.com ~all\"", "quotation marks"),
        (r"v=spf1\194\160include:amazonses.com ~all", "another character than a space"),
        ("spf1 include:amazonses.com ~all", "does not begin with v=spf1"),
    ],
    ids=str,
)
def test_spf_check_explains_text_that_is_not_spf(spf, text, said):
    record = spf(text)
    assert (record.verdict, record.cause) == ("mismatch", "spf_syntax")
    assert said in record.reason


def test_spf_check_reports_more_than_ten_mail_hosts(spf, world):
    world.resolver.publish("many.net", "MX", *(f"10 m{number}.many.net." for number in range(11)))
    record = spf("v=spf1 include:amazonses.com mx:many.net ~all")
    assert (record.verdict, record.cause) == ("mismatch", "spf_hosts")
    assert "11 MX records, but SPF allows 10" in record.reason


def test_spf_check_reports_failed_lookup_before_ses(spf, world):
    world.resolver.faults["a.net", "TXT"] = "servfail"
    record = spf("v=spf1 include:a.net include:amazonses.com ~all")
    assert (record.verdict, record.cause) == ("error", "spf_unknown")
    assert "a.net" in record.reason


def test_spf_check_does_not_compare_addresses_when_ses_is_unknown(spf, world):
    world.resolver.faults["amazonses.com", "TXT"] = "servfail"
    assert spf("v=spf1 include:amazonses.com -all").verdict == "ok"
    record = spf(f"v=spf1 {ALL_OF_SES} -all")
    assert (record.verdict, record.cause) == ("error", "spf_unknown")


def test_spf_check_judges_servers_that_differ(world):
    world.second.publish(NAME, "TXT", '"v=spf1 include:none.example.com -all"')
    record = world.record(NAME, "mail_from_spf")
    assert record.cause == "servers_differ"
    assert [seen.verdict for seen in record.answers][:2] == ["ok", "mismatch"]
