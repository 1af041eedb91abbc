"""Wildcard records, as parked domains have: they answer for every name, and they are named."""

from __future__ import annotations

import pytest
from dns_world import dkim_name

PARKED = {
    "bounce.example.com MX": ("*.example.com", "MX", "0 .", "MX"),
    "bounce.example.com TXT": ("*.example.com", "TXT", '"v=spf1 -all"', "TXT v=spf1 -all"),
    "_dmarc.example.com TXT": ("*.example.com", "TXT", '"v=spf1 -all"', "TXT v=spf1 -all"),
}


@pytest.mark.parametrize("where", sorted(PARKED))
def test_check_names_wildcard_of_parked_domain(world, where):
    name, kind = where.split()
    wildcard, published, value, said = PARKED[where]
    for each in ("MX", "TXT"):
        world.withdraw("bounce.example.com", each)
    world.withdraw("_dmarc.example.com", "TXT")
    world.publish(wildcard, published, value)
    found = next(record for record in world.check().records if (record.name, record.type) == (name, kind))
    assert (found.cause, found.verdict != "ok") == ("wildcard", True)
    assert f"the wildcard record {wildcard} ({said}" in found.reason
    assert "takes precedence over the wildcard" in found.fix


@pytest.mark.parametrize("value", ["parked.example.net.", "a.parked.example.net."])
def test_check_names_wildcard_cname(world, value):
    """Every name is a CNAME to the parking service."""
    for name, kind in list(world.first.records):
        if name.endswith((".example.com", "_dmarc.example.com")) and kind in {"CNAME", "MX", "TXT"}:
            world.withdraw(name, kind)
    world.publish("*.example.com", "CNAME", value)
    for record in world.check().records:
        assert record.cause == "wildcard", record
        assert f"the wildcard record *.example.com (CNAME {value.removesuffix('.')})" in record.reason


def test_check_names_wildcard_address_next_to_missing_record(world):
    """The name exists only because of the wildcard."""
    for each in ("MX", "TXT"):
        world.withdraw("bounce.example.com", each)
    world.publish("*.example.com", "A", "192.0.2.1")
    record = world.record("bounce.example.com", "mail_from_mx")
    assert (record.verdict, record.cause) == ("missing", "wildcard")
    assert "the wildcard record *.example.com (A 192.0.2.1)" in record.reason


def test_check_does_not_call_own_record_a_wildcard(world):
    world.publish("*.example.com", "TXT", '"v=spf1 -all"')
    world.publish("bounce.example.com", "TXT", '"v=spf1 mx -all"')
    record = world.record("bounce.example.com", "mail_from_spf")
    assert record.cause == "spf_without_ses"
    world.publish(dkim_name(), "CNAME", "other.example.net.")
    assert world.record(dkim_name()).cause == "other_value"
