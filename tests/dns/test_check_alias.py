"""Records behind a CNAME: the alias can lead to a zone of other servers, which the resolver follows."""

from __future__ import annotations

import base64

import pytest
from dns_world import KEY, own_key, records

TOKEN = base64.b64encode(b"a token of API v1, so long").decode()
KEY_TEXT = f'"v=DKIM1; p={KEY[:200]}" "{KEY[200:]}"'
BEHIND = {
    "_dmarc.example.com": ('"v=DMARC1; p=none; rua=mailto:d@example.com"', records()),
    "mine._domainkey.example.com": (KEY_TEXT, own_key()),
    "_amazonses.example.com": (f'"{TOKEN}"', records(verification_token=TOKEN)),
}


@pytest.fixture
def hosted(world):
    """The zone hosted.net at another server, which only the resolver reaches."""
    world.other.serve_zone("hosted.net", "ns.hosted.net")
    world.resolver.over = (*world.resolver.over, world.other)
    return world.other


@pytest.fixture(params=sorted(BEHIND))
def aliased(request, world):
    """Check a name with a CNAME to another zone."""
    name = request.param
    text, wanted = BEHIND[name]
    world.withdraw(name, "TXT")

    def check(target):
        world.publish(name, "CNAME", f"{target}.")
        return world.record(name, wanted=wanted)

    check.text, check.name = text, name
    return check


def test_check_follows_cname_to_another_zone(aliased, hosted):
    hosted.publish("x.hosted.net", "TXT", aliased.text)
    record = aliased("x.hosted.net")
    assert (record.verdict, record.cause, record.published) == ("ok", "ok", True)
    assert record.answers[0].values[0] == "CNAME x.hosted.net"


def test_check_follows_chain_through_several_zones(aliased, hosted, world):
    world.publish("back.example.com", "CNAME", "z.hosted.net.")
    hosted.publish("x.hosted.net", "CNAME", "back.example.com.")
    hosted.publish("z.hosted.net", "TXT", aliased.text)
    assert aliased("x.hosted.net").verdict == "ok"


@pytest.mark.parametrize("exists", [False, True])
def test_check_reports_dangling_alias(aliased, hosted, exists):
    if exists:
        hosted.publish("x.hosted.net", "A", "192.0.2.1")
    record = aliased("x.hosted.net")
    assert (record.verdict, record.cause) == ("missing", "dangling_alias")
    lacks = "has no TXT record" if exists else "does not exist"
    assert f"the name is a CNAME to x.hosted.net, which {lacks}" in record.reason
    assert "publish the TXT record at x.hosted.net, or remove the CNAME" in record.fix
    assert record.found == ("CNAME x.hosted.net",)


def test_check_reports_dangling_alias_within_zone(aliased):
    record = aliased("nothing.example.com")
    assert (record.verdict, record.cause) == ("missing", "dangling_alias")


@pytest.mark.parametrize("hops", [1, 2, 40])
def test_check_reports_alias_without_end(aliased, hosted, hops):
    """A loop through another zone, and a chain that is too long."""
    for hop in range(hops):
        hosted.publish(f"x{hop}.hosted.net", "CNAME", f"x{hop + 1}.hosted.net.")
    hosted.publish(f"x{hops}.hosted.net", "CNAME", f"{aliased.name}.")
    record = aliased("x0.hosted.net")
    assert (record.verdict, record.cause) == ("mismatch", "alias_loop"), record
    assert "leads to no end" in record.reason
    assert record.fix


def test_check_reports_failing_zone_of_alias(aliased, hosted, world):
    for name in ("x.hosted.net", aliased.name):
        world.resolver.faults[name, "TXT"] = "servfail"
    record = aliased("x.hosted.net")
    assert (record.verdict, record.cause) == ("error", "servfail")
    assert f"has a CNAME to x.hosted.net, but {world.resolver.place} returns SERVFAIL" in record.reason


def test_check_reports_wrong_value_behind_alias(aliased, hosted):
    hosted.publish("x.hosted.net", "TXT", '"something else"')
    assert aliased("x.hosted.net").cause in {"other_value", "no_dmarc"}


def test_mail_from_check_accepts_cname_to_correct_records_with_note(world, hosted):
    for kind in ("MX", "TXT"):
        world.withdraw("bounce.example.com", kind)
    world.publish("bounce.example.com", "CNAME", "b.hosted.net.")
    hosted.publish("b.hosted.net", "MX", "10 feedback-smtp.us-east-1.amazonses.com.")
    hosted.publish("b.hosted.net", "TXT", '"v=spf1 include:amazonses.com ~all"')
    for record in world.check().records[3:5]:
        assert record.verdict == "ok"
        assert "AWS does not say whether SES accepts that" in record.reason
