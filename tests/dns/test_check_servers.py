"""The servers of a zone and a resolver, asked side by side: who fails, who lags, who is not asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dns_world import dkim_name, records
from name_server import NameServer

from sescli.dns.check import check_records
from sescli.dns.sources import DnsServer, Sources, parse_server, sources
from sescli.dns.zone_warnings import moved_host_warning
from sescli.dns.zones import zone_of
from sescli.errors import NetworkError, UsageError

NAME = dkim_name()


def test_published_and_not_yet_seen_by_others(world):
    """The resolver has asked too early and remembers that there was nothing (RFC 2308)."""
    world.resolver.records[NAME, "NOTHING"] = ["-"]
    record = world.record(NAME)
    assert (record.verdict, record.cause, record.published) == ("ok", "not_seen_yet", True)
    assert record.wait == 300
    assert (
        f"published; {world.resolver.place} still has the earlier answer, for at most 5 min" in record.reason
    )


def test_changed_and_the_old_one_is_still_seen(world):
    world.resolver.publish(NAME, "CNAME", "old.example.net.")
    world.resolver.ttl = 7260
    record = world.record(NAME)
    assert (record.verdict, record.cause, record.wait) == ("ok", "not_seen_yet", 7260)
    assert "2 h 1 min" in record.reason


def test_gone_but_still_seen_by_others(world):
    world.withdraw(NAME, "CNAME")
    world.resolver.publish(NAME, "CNAME", "aaa.dkim.amazonses.com.")
    record = world.record(NAME)
    assert (record.verdict, record.published) == ("missing", False)
    assert "has it right: from a cache" in record.reason


def test_one_server_lags(world):
    del world.second.records[NAME, "CNAME"]
    record = world.record(NAME)
    assert (record.verdict, record.cause, record.published) == ("missing", "servers_differ", False)
    assert "ns1.example.com has it right, but ns2.example.com: the name does not exist" in record.reason


def test_versions_of_the_zone_differ(world):
    world.second.publish("example.com", "SOA", "ns1.example.com. a.example.com. 7 3600 600 86400 300")
    [remark] = world.check().warnings
    assert "ns1.example.com 1, ns2.example.com 7" in remark


@pytest.mark.parametrize("fault", ["servfail", "refused", "silent", "nonsense"])
def test_a_question_without_an_answer_is_an_error_and_never_missing(world, fault, clock):
    for server in (*world.own, world.resolver):
        server.faults[NAME, "CNAME"] = fault
    record = world.record(NAME)
    assert record.verdict == "error"
    assert record.cause == {"silent": "timeout", "nonsense": "broken"}.get(fault, fault)
    assert record.reason
    assert record.fix
    assert record.published is None
    check = world.check()
    assert (check.ok, check.unknown) == (False, True)


def test_one_server_of_two_that_is_silent_leaves_the_verdict(world, clock):
    world.second.faults["*", "*"] = "silent"
    found = world.check()
    assert found.ok
    assert found.warnings == ("ns2.example.com is a name server of example.com, but does not answer in time",)


def test_a_lame_delegation(world):
    world.second.zones[:] = ["example.net"]
    found = world.check()
    assert found.ok
    [remark] = found.warnings
    assert "ns2.example.com" in remark
    assert "REFUSED" in remark
    assert "lame delegation" in remark


def test_a_server_without_authority(world):
    world.second.authoritative = False
    assert "without authority" in " ".join(world.check().warnings)


def test_a_name_server_without_an_address(world):
    for server in world.own:
        server.records["example.com", "NS"].append("ns3.example.com.")
    world.registry.records["example.com", "NS"].append("ns3.example.com.")
    assert "ns3.example.com is a name server of example.com, and has no address" in world.check().warnings


@pytest.mark.parametrize("both", [False, True], ids=["delegates", "serves both zones"])
def test_the_registry_names_other_servers(world, both):
    world.registry.zones += ["example.com"] * both
    world.registry.publish("example.com", "NS", "ns1.example.com.", "ns9.old-host.net.")
    [remark] = world.check().warnings
    assert "com delegates example.com to ns1.example.com, ns9.old-host.net" in remark
    assert "the zone names ns1.example.com, ns2.example.com" in remark


def test_a_network_that_lets_dns_through_to_its_resolver_alone(world, clock):
    for server in world.own:
        server.faults["*", "*"] = "silent"
    found = world.check()
    assert found.ok
    assert "no name server of example.com can be reached from here" in found.warnings[0]
    assert found.records[0].published is None


def test_broken_dnssec_is_told_apart(world):
    """A validating resolver answers SERVFAIL, but not when it is told not to validate (RFC 4035 3.2.2)."""
    world.resolver.faults[NAME, "CNAME"] = "dnssec"
    record = world.record(NAME)
    assert (record.verdict, record.cause, record.published) == ("error", "dnssec", True)
    assert "registrar" in record.fix


def test_a_resolver_that_fails_though_the_zone_is_right(world):
    world.resolver.faults[NAME, "CNAME"] = "servfail"
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("error", "resolver_servfail")


def test_a_resolver_that_is_silent_is_passed_over(world, clock):
    world.resolver.faults[NAME, "CNAME"] = "silent"
    record = world.record(NAME)
    assert record.verdict == "ok"
    assert "asked of the zone's own servers alone" in record.reason


def test_the_next_resolver_is_asked_where_the_first_fails(world):
    with NameServer("127.0.0.7") as dead:
        dead.refuse = True
        both = (DnsServer(dead.place, dead.address, dead.port), *world.sources.recursive)
        assert world.check(recursive=both).ok


def test_a_name_below_a_delegation_of_its_own(world):
    """bounce.example.com is a zone of its own, at another server."""
    with NameServer("127.0.0.8", world.first.port) as below:
        below.serve_zone("bounce.example.com", "ns.bounce.example.com")
        below.publish("bounce.example.com", "MX", "10 feedback-smtp.us-east-1.amazonses.com.")
        below.publish("bounce.example.com", "TXT", '"v=spf1 include:amazonses.com ~all"')
        for kind in ("MX", "TXT"):
            world.withdraw("bounce.example.com", kind)
        world.publish("bounce.example.com", "NS", "ns.bounce.example.com.")
        world.publish("ns.bounce.example.com", "A", "127.0.0.8")
        world.resolver.over = (*world.resolver.over, below)
        record = world.record("bounce.example.com")
    assert record.verdict == "ok"
    assert record.answers[0].server == "ns.bounce.example.com"


def test_a_delegation_to_nowhere_is_an_error(world):
    for kind in ("MX", "TXT"):
        world.withdraw("bounce.example.com", kind)
        world.resolver.faults["bounce.example.com", kind] = "servfail"
    world.publish("bounce.example.com", "NS", "ns.nowhere.example.net.")
    record = world.record("bounce.example.com")
    assert (record.verdict, record.cause) == ("error", "servfail")
    assert [seen.state for seen in record.answers] == ["referral", "referral", "servfail"]
    [_, _, _, mx, _, _] = check_records(records(), "example.com", sources(world.first.place)).records
    assert (mx.verdict, mx.cause) == ("error", "referral")
    assert "points to ns.nowhere.example.net" in mx.reason


def test_one_resolver_alone(world):
    found = check_records(records(), "example.com", sources(world.resolver.place))
    assert found.ok
    assert {seen.role for record in found.records for seen in record.answers} == {"recursive"}
    assert not world.first.questions


def test_one_server_of_the_zone_alone_knows_what_is_published(world):
    found = check_records(records(), "example.com", sources(world.first.place))
    assert found.ok
    assert found.records[0].published is True


def test_an_answer_that_is_too_long_comes_over_tcp(world):
    world.publish(
        "bounce.example.com",
        "TXT",
        '"v=spf1 include:amazonses.com ~all"',
        *(f'"{n:0200}"' for n in range(20)),
    )
    record = world.record("bounce.example.com", "mail_from_spf")
    assert record.verdict == "ok"
    assert ("bounce.example.com", "TXT") in world.first.over_tcp


def test_a_server_that_knows_no_edns(world):
    for server in (*world.own, world.resolver):
        server.faults["*", "*"] = "no-edns"
    assert world.check().ok


def test_nothing_answers_at_all(world, clock):
    for server in (*world.own, world.resolver):
        server.faults["*", "*"] = "silent"
    found = world.check(query_timeout=2, timeout=5)
    assert clock.skipped <= 5
    assert {record.verdict for record in found.records} == {"error"}
    assert "does not answer in time" in found.warnings[0]


def test_a_server_that_never_answers_is_given_up(world, clock):
    """So that what waits for it does not hold up the others."""
    world.second.faults["*", "*"] = "silent"
    world.check(tries=1)
    world.second.drain()
    asked = len(world.second.questions)
    world.withdraw(NAME, "CNAME")
    world.second.questions.clear()
    world.check(tries=1)
    world.second.drain()
    assert len(world.second.questions) <= asked, "the second look asks the one that answers"


def test_broken_dnssec_where_only_the_resolver_is_asked(world):
    world.resolver.faults[NAME, "CNAME"] = "dnssec"
    [record, *_] = check_records(records(), "example.com", sources(world.resolver.place)).records
    assert (record.verdict, record.cause) == ("error", "dnssec")


def test_a_question_that_is_lost_is_asked_twice_and_no_more(world, clock):
    world.resolver.faults[NAME, "CNAME"] = "silent"
    world.check()
    assert world.resolver.questions.count((NAME, "CNAME")) == 2
    assert clock.skipped == pytest.approx(2 * world.sources.query_timeout, abs=0.5)


def test_no_question_is_asked_twice(world):
    world.check()
    for server in (*world.own, world.resolver):
        assert len(server.questions) == len(set(server.questions))


@pytest.mark.parametrize(
    "values",
    [
        [r'"\027[31mred\007"', r'"v=DMARC1; p=no\007ne"'],
        [" ".join(f'"{"x" * 255}"' for _ in range(100))],
        [f'"v=DMARC1; p={n}"' for n in range(300)],
    ],
    ids=["control characters", "huge", "many"],
)
def test_hostile_texts_do_no_harm(world, values):
    world.publish("_dmarc.example.com", "TXT", *values)
    record = world.record("_dmarc.example.com")
    assert record.verdict != "ok"
    assert sum(map(len, record.found)) < 200_000


def test_a_circle_of_aliases_ends(world):
    world.withdraw("bounce.example.com", "MX")
    world.publish("bounce.example.com", "CNAME", "b.example.com.")
    world.publish("b.example.com", "CNAME", "bounce.example.com.")
    record = world.record("bounce.example.com")
    assert (record.verdict, record.cause) == ("mismatch", "cname_in_the_way")


def test_a_domain_that_is_not_registered(world):
    world.registry.records.pop(("example.com", "NS"))
    for server in world.own:
        server.records.clear()
    found = world.check()
    assert found.zone.apex is None
    assert "example.com does not exist in DNS" in found.warnings[0]
    assert not found.ok


@pytest.mark.parametrize("hidden", [["example.com"], ["example.com", "com"]], ids=str)
def test_a_resolver_that_keeps_ns_records_to_itself(world, hidden):
    """The zone is told all the same, by the SOA that comes with what there is not."""
    for name in hidden:
        world.resolver.faults[name, "NS"] = "nodata"
    found = world.check()
    assert found.ok
    assert (found.zone.apex, found.zone.name_servers) == ("example.com", ())
    assert found.warnings == (f"{world.resolver.place} tells no name servers of example.com",)


def test_an_international_domain(world):
    domain = "xn--strae-oqa.example.com"
    wanted = records(domain=domain)
    for record in wanted[:3]:
        world.publish(record.name, "CNAME", f"{record.value}.")
    found = world.check(wanted[:3], domain)
    assert found.ok
    assert found.zone.apex == "example.com"


def test_the_zone_of_a_name(world):
    zone = zone_of("a.b.example.com", world.sources)
    assert (zone.apex, zone.name_servers, zone.error) == (
        "example.com",
        ("ns1.example.com", "ns2.example.com"),
        None,
    )
    world.resolver.refuse = True
    assert "SERVFAIL" in zone_of("example.com", world.sources).error


def test_ses_saw_another_dns_host(world):
    found = world.check()
    assert moved_host_warning(found.soas, found.zone.name_servers, "ns1.example.com.") is None
    assert moved_host_warning(found.soas, found.zone.name_servers, "ns2.example.com") is None
    assert moved_host_warning(found.soas, found.zone.name_servers, None) is None
    assert "SES saw the name server ns7.old-host.net" in moved_host_warning(
        found.soas, found.zone.name_servers, "ns7.old-host.net"
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("9.9.9.9", ("9.9.9.9", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("::1", ("::1", 53)),
        ("[::1]:5353", ("::1", 5353)),
        ("localhost:53", ("localhost", 53)),
    ],
)
def test_a_resolver_as_it_is_typed(text, place):
    assert parse_server(text) == place


@pytest.mark.parametrize("text", [":53", "host:0", "host:99999", "host:x", "host:²"])
def test_what_is_no_resolver(text):
    with pytest.raises(UsageError):
        sources(text)


def test_a_resolver_that_has_no_address():
    """A label of 64 signs is refused before anybody is asked."""
    with pytest.raises(NetworkError, match="no address"):
        sources("x" * 64)


def test_the_resolver_may_come_from_the_environment():
    found = sources(environ={"SESCLI_RESOLVER": "127.0.0.1:5353"})
    assert found == replace(
        Sources((DnsServer("127.0.0.1:5353", "127.0.0.1", 5353),), authoritative=False), timeout=found.timeout
    )
