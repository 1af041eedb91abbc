"""Checks with servers that fail, lag or are not queried."""

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


def test_check_of_new_record_reports_negative_cache_time(world):
    """The resolver queried too early and caches the negative answer (RFC 2308)."""
    world.resolver.records[NAME, "NOTHING"] = ["-"]
    record = world.record(NAME)
    assert (record.verdict, record.cause, record.published) == ("ok", "not_seen_yet", True)
    assert record.wait == 300
    assert (
        f"published; {world.resolver.place} still returns the previous answer, for at most 5 min"
        in record.reason
    )


def test_check_of_changed_record_reports_ttl_of_old_one(world):
    world.resolver.publish(NAME, "CNAME", "old.example.net.")
    world.resolver.ttl = 7260
    record = world.record(NAME)
    assert (record.verdict, record.cause, record.wait) == ("ok", "not_seen_yet", 7260)
    assert "2 h 1 min" in record.reason


def test_check_of_removed_record_reports_cached_answer(world):
    world.withdraw(NAME, "CNAME")
    world.resolver.publish(NAME, "CNAME", "aaa.dkim.amazonses.com.")
    record = world.record(NAME)
    assert (record.verdict, record.published) == ("missing", False)
    assert "has the correct record: from a cache" in record.reason


def test_check_reports_servers_that_differ(world):
    del world.second.records[NAME, "CNAME"]
    record = world.record(NAME)
    assert (record.verdict, record.cause, record.published) == ("missing", "servers_differ", False)
    assert "ns1.example.com is correct, but ns2.example.com: the name does not exist" in record.reason


def test_check_warns_of_different_zone_versions(world):
    world.second.publish("example.com", "SOA", "ns1.example.com. a.example.com. 7 3600 600 86400 300")
    [warning] = world.check().warnings
    assert "ns1.example.com 1, ns2.example.com 7" in warning


@pytest.mark.parametrize("fault", ["servfail", "refused", "silent", "nonsense"])
def test_check_reports_failed_lookup_as_error_not_missing(world, fault, clock):
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


def test_check_warns_of_one_silent_server(world, clock):
    world.second.faults["*", "*"] = "silent"
    found = world.check()
    assert found.ok
    assert found.warnings == ("ns2.example.com is a name server of example.com, but does not answer in time",)


def test_check_warns_of_lame_delegation(world):
    world.second.zones[:] = ["example.net"]
    found = world.check()
    assert found.ok
    [warning] = found.warnings
    assert "ns2.example.com" in warning
    assert "REFUSED" in warning
    assert "lame delegation" in warning


def test_check_warns_of_server_without_authority(world):
    world.second.authoritative = False
    assert "without authority" in " ".join(world.check().warnings)


def test_check_warns_of_name_server_without_address(world):
    for server in world.own:
        server.records["example.com", "NS"].append("ns3.example.com.")
    world.registry.records["example.com", "NS"].append("ns3.example.com.")
    assert "ns3.example.com is a name server of example.com, but has no address" in world.check().warnings


@pytest.mark.parametrize("both", [False, True], ids=["delegates", "serves both zones"])
def test_check_warns_of_delegation_to_other_servers(world, both):
    world.registry.zones += ["example.com"] * both
    world.registry.publish("example.com", "NS", "ns1.example.com.", "ns9.old-host.net.")
    [warning] = world.check().warnings
    assert "com delegates example.com to ns1.example.com, ns9.old-host.net" in warning
    assert "the zone has ns1.example.com, ns2.example.com" in warning


def test_check_is_unverified_when_zone_servers_are_unreachable(world, clock):
    """Only the resolver answers, and it can have a zone that only this network sees."""
    for server in world.own:
        server.faults["*", "*"] = "silent"
    found = world.check()
    assert (found.ok, found.unknown) == (False, False)
    assert {(record.verdict, record.cause) for record in found.records} == {("unverified", "internal_view")}
    assert "no name server of example.com is reachable from this network" in found.warnings[0]
    record = found.records[0]
    assert record.published is None
    assert "no name server that com delegates example.com to answers" in record.reason
    assert "--resolver 9.9.9.9" in record.fix


def test_check_keeps_wrong_record_that_only_resolver_sees(world, clock):
    world.withdraw(NAME, "CNAME")
    for server in world.own:
        server.faults["*", "*"] = "silent"
    record = world.record(NAME)
    assert (record.verdict, record.published) == ("missing", None)
    assert f"seen only by {world.resolver.place}" in record.reason


def test_check_is_unverified_when_delegation_is_unknown(world, clock):
    """The name servers that the resolver names answer, but can be those of an internal zone."""
    world.registry.faults["*", "*"] = "silent"
    found = world.check()
    assert {record.verdict for record in found.records} == {"unverified"}
    assert "could not read from the zone above" in found.warnings[0]
    assert found.records[0].published is None


@pytest.fixture
def internal(world):
    """An internal zone example.com, where the resolver of this network sends its queries."""
    server = world.other
    server.serve_zone("example.com", "int.example.com")
    server.publish("int.example.com", "A", server.address)
    for host, each in zip(("ns1.example.com", "ns2.example.com"), world.own, strict=True):
        world.registry.publish(host, "A", each.address)
    world.resolver.over = (server, world.registry)
    return server


def test_check_ignores_internal_zone_with_all_records(world, internal):
    """Split horizon: the public zone, which SES sees, lacks the record."""
    internal.records.update({key: value for key, value in world.first.records.items() if key[1] != "NS"})
    internal.serve_zone("example.com", "int.example.com")
    world.withdraw(NAME, "CNAME")
    found = world.check()
    record = found.records[0]
    assert (record.verdict, record.published) == ("missing", False)
    assert "or from a zone that only your network sees" in record.reason
    assert found.zone.name_servers == ("ns1.example.com", "ns2.example.com")
    [warning] = found.warnings
    assert "uses other name servers for example.com (int.example.com) than com delegates to" in warning


def test_check_accepts_public_zone_next_to_internal_one(world, internal):
    found = world.check()
    assert found.ok
    assert "answers from another zone, which only your network sees" in found.records[0].reason


def test_check_does_not_accept_internal_zone_when_public_servers_are_silent(world, internal, clock):
    """The delegation is not forgotten because its servers do not answer."""
    internal.records.update({key: value for key, value in world.first.records.items() if key[1] != "NS"})
    internal.serve_zone("example.com", "int.example.com")
    for server in world.own:
        server.faults["*", "*"] = "silent"
    found = world.check()
    assert found.zone.name_servers == ("ns1.example.com", "ns2.example.com")
    assert {record.verdict for record in found.records} == {"unverified"}


def test_check_warns_of_zone_that_only_this_network_sees(world):
    """The domain is not registered, but the resolver has it."""
    del world.registry.records["example.com", "NS"]
    found = world.check()
    assert {record.verdict for record in found.records} == {"unverified"}
    assert found.warnings[0] == "com does not delegate example.com, so only your network sees this zone"


def test_check_names_servers_of_parent_when_resolver_fails(world):
    """A lame delegation: the resolver returns SERVFAIL, and the zone above knows who should answer."""
    for host, server in zip(("ns1.example.com", "ns2.example.com"), world.own, strict=True):
        world.registry.publish(host, "A", server.address)
        server.zones[:] = ["example.net"]
        world.resolver.faults[host, "*"] = "servfail"
    for name in ("example.com", NAME, "bounce.example.com"):
        world.resolver.faults[name, "*"] = "servfail"
    found = world.check()
    assert found.zone.name_servers == ("ns1.example.com", "ns2.example.com")
    assert "ns1.example.com is a name server of example.com, but returns REFUSED" in " ".join(found.warnings)
    record = found.records[0]
    assert (record.verdict, record.cause) == ("error", "servfail")
    assert "ns1.example.com returns REFUSED; ns2.example.com returns REFUSED" in record.reason


def test_check_finds_zone_below_through_its_parent(world):
    """The same servers have the zone and a zone below it, without a referral between them."""
    for server in world.own:
        server.serve_zone("mail.example.com", "ns1.example.com", "ns2.example.com")
    found = world.check(records(domain="mail.example.com"), "mail.example.com")
    assert (found.zone.apex, found.zone.is_delegated) == ("mail.example.com", True)


def test_check_reports_broken_dnssec(world):
    """A validating resolver returns SERVFAIL, but answers without validation (RFC 4035 3.2.2)."""
    world.resolver.faults[NAME, "CNAME"] = "dnssec"
    record = world.record(NAME)
    assert (record.verdict, record.cause, record.published) == ("error", "dnssec", True)
    assert "registrar" in record.fix


def test_check_reports_failing_resolver(world):
    world.resolver.faults[NAME, "CNAME"] = "servfail"
    record = world.record(NAME)
    assert (record.verdict, record.cause) == ("error", "resolver_servfail")


def test_check_ignores_silent_resolver(world, clock):
    world.resolver.faults[NAME, "CNAME"] = "silent"
    record = world.record(NAME)
    assert record.verdict == "ok"
    assert "checked only at the name servers of the zone" in record.reason


def test_check_uses_second_resolver_when_first_fails(world):
    with NameServer("127.0.0.7") as failing:
        failing.refuse = True
        both = (DnsServer(failing.place, failing.address, failing.port), *world.sources.recursive)
        assert world.check(recursive=both).ok


def test_check_follows_delegation_of_name(world):
    """bounce.example.com is a separate zone at another server."""
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


def test_check_reports_delegation_to_missing_server(world):
    for kind in ("MX", "TXT"):
        world.withdraw("bounce.example.com", kind)
        world.resolver.faults["bounce.example.com", kind] = "servfail"
    world.publish("bounce.example.com", "NS", "ns.nowhere.example.net.")
    record = world.record("bounce.example.com")
    assert (record.verdict, record.cause) == ("error", "servfail")
    assert [seen.state for seen in record.answers] == ["referral", "referral", "servfail"]
    [_, _, _, mx, _, _] = check_records(records(), "example.com", sources(world.first.place)).records
    assert (mx.verdict, mx.cause) == ("error", "referral")
    assert "refers to ns.nowhere.example.net" in mx.reason


def test_check_with_resolver_queries_only_it(world):
    found = check_records(records(), "example.com", sources(world.resolver.place))
    assert found.ok
    assert {seen.role for record in found.records for seen in record.answers} == {"recursive"}
    assert not world.first.questions


def test_check_with_authoritative_resolver_knows_published_records(world):
    found = check_records(records(), "example.com", sources(world.first.place))
    assert found.ok
    assert found.records[0].published is True


def test_check_reads_long_answer_over_tcp(world):
    world.publish(
        "bounce.example.com",
        "TXT",
        '"v=spf1 include:amazonses.com ~all"',
        *(f'"{n:0200}"' for n in range(20)),
    )
    record = world.record("bounce.example.com", "mail_from_spf")
    assert record.verdict == "ok"
    assert ("bounce.example.com", "TXT") in world.first.over_tcp


def test_check_works_with_server_without_edns(world):
    for server in (*world.own, world.resolver):
        server.faults["*", "*"] = "no-edns"
    assert world.check().ok


def test_check_ends_at_timeout_when_nothing_answers(world, clock):
    for server in (*world.own, world.resolver):
        server.faults["*", "*"] = "silent"
    found = world.check(query_timeout=2, timeout=5)
    assert clock.skipped <= 5
    assert {record.verdict for record in found.records} == {"error"}
    assert "does not answer in time" in found.warnings[0]


def test_check_stops_querying_silent_server(world, clock):
    """It must not delay the other queries."""
    world.second.faults["*", "*"] = "silent"
    world.check(tries=1)
    world.second.drain()
    asked = len(world.second.questions)
    world.withdraw(NAME, "CNAME")
    world.second.questions.clear()
    world.check(tries=1)
    world.second.drain()
    assert len(world.second.questions) <= asked, "the second check does not retry the silent server"


def test_check_with_resolver_reports_broken_dnssec(world):
    world.resolver.faults[NAME, "CNAME"] = "dnssec"
    [record, *_] = check_records(records(), "example.com", sources(world.resolver.place)).records
    assert (record.verdict, record.cause) == ("error", "dnssec")


def test_check_sends_unanswered_query_twice(world, clock):
    world.resolver.faults[NAME, "CNAME"] = "silent"
    world.check()
    assert world.resolver.questions.count((NAME, "CNAME")) == 2
    assert clock.skipped == pytest.approx(2 * world.sources.query_timeout, abs=0.5)


def test_check_sends_no_query_twice(world):
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
def test_check_limits_hostile_txt_values(world, values):
    world.publish("_dmarc.example.com", "TXT", *values)
    record = world.record("_dmarc.example.com")
    assert record.verdict != "ok"
    assert sum(map(len, record.found)) < 200_000


def test_check_stops_at_cname_loop(world):
    world.withdraw("bounce.example.com", "MX")
    world.publish("bounce.example.com", "CNAME", "b.example.com.")
    world.publish("b.example.com", "CNAME", "bounce.example.com.")
    record = world.record("bounce.example.com")
    assert (record.verdict, record.cause) == ("mismatch", "cname_in_the_way")


def test_check_warns_of_unregistered_domain(world):
    world.registry.records.pop(("example.com", "NS"))
    for server in world.own:
        server.records.clear()
    found = world.check()
    assert found.zone.apex is None
    assert "example.com does not exist in DNS" in found.warnings[0]
    assert not found.ok


def test_check_finds_zone_that_resolver_hides(world):
    """The zone above knows its name servers."""
    world.resolver.faults["example.com", "NS"] = "nodata"
    found = world.check()
    assert found.ok
    assert found.zone.name_servers == ("ns1.example.com", "ns2.example.com")


def test_check_finds_zone_without_ns_records(world):
    """The SOA in the negative answer still identifies the zone, but not who serves it."""
    for name in ("example.com", "com"):
        world.resolver.faults[name, "NS"] = "nodata"
    found = world.check()
    assert {record.verdict for record in found.records} == {"unverified"}
    assert (found.zone.apex, found.zone.name_servers) == ("example.com", ())
    assert found.warnings == (f"{world.resolver.place} returns no name servers for example.com",)


def test_check_accepts_international_domain(world):
    domain = "xn--strae-oqa.example.com"
    wanted = records(domain=domain)
    for record in wanted[:3]:
        world.publish(record.name, "CNAME", f"{record.value}.")
    found = world.check(wanted[:3], domain)
    assert found.ok
    assert found.zone.apex == "example.com"


def test_zone_of_finds_zone_or_error(world):
    zone = zone_of("a.b.example.com", world.sources)
    assert (zone.apex, zone.name_servers, zone.error) == (
        "example.com",
        ("ns1.example.com", "ns2.example.com"),
        None,
    )
    world.resolver.refuse = True
    assert "SERVFAIL" in zone_of("example.com", world.sources).error


def test_moved_host_warning_names_server_seen_by_ses(world):
    found = world.check()
    assert moved_host_warning(found.soas, found.zone.name_servers, "ns1.example.com.") is None
    assert moved_host_warning(found.soas, found.zone.name_servers, "ns2.example.com") is None
    assert moved_host_warning(found.soas, found.zone.name_servers, None) is None
    assert "SES last saw the name server ns7.old-host.net" in moved_host_warning(
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
def test_parse_server_accepts_host_and_port(text, place):
    assert parse_server(text) == place


@pytest.mark.parametrize("text", [":53", "host:0", "host:99999", "host:x", "host:²"])
def test_sources_rejects_invalid_resolver(text):
    with pytest.raises(UsageError):
        sources(text)


def test_sources_rejects_resolver_without_address():
    """A label of 64 characters is rejected before any query."""
    with pytest.raises(NetworkError, match="no address"):
        sources("x" * 64)


def test_sources_reads_resolver_from_environment():
    found = sources(environ={"SESCLI_RESOLVER": "127.0.0.1:5353"})
    assert found == replace(
        Sources((DnsServer("127.0.0.1:5353", "127.0.0.1", 5353),), authoritative=False), timeout=found.timeout
    )
