"""DNS providers: recognized by real name servers, and record names as their control panels expect them."""

from __future__ import annotations

import pytest

from sescli.dns.hosts import HOSTS, place
from sescli.dns.records import Record

SEEN = {
    "Route 53": [
        "ns-421.awsdns-52.com",
        "ns-1622.awsdns-10.co.uk",
        "ns-902.awsdns-48.net",
        "ns-1364.awsdns-42.org",
    ],
    "Cloudflare": ["kate.ns.cloudflare.com", "LEE.ns.cloudflare.com."],
    "GoDaddy": ["ns51.domaincontrol.com", "ns52.domaincontrol.com"],
    "Namecheap": ["dns1.registrar-servers.com", "dns2.registrar-servers.com"],
    "Squarespace": ["ns01.squarespacedns.com", "ns02.squarespacedns.com"],
    "Google Cloud DNS or Squarespace": ["ns-cloud-b1.googledomains.com", "ns-cloud-b2.googledomains.com"],
    "IONOS": ["ns1025.ui-dns.de", "ns1042.ui-dns.com", "ns1069.ui-dns.biz", "ns1124.ui-dns.org"],
    "Hetzner": ["hydrogen.ns.hetzner.com", "oxygen.ns.hetzner.com", "helium.ns.hetzner.de"],
    "OVHcloud": ["dns108.ovh.net", "ns108.ovh.net"],
    "Gandi": ["ns-21-a.gandi.net", "ns-173-b.gandi.net", "ns-156-c.gandi.net"],
    "DigitalOcean": ["ns1.digitalocean.com", "ns2.digitalocean.com", "ns3.digitalocean.com"],
    "Azure DNS": [
        "ns1-03.azure-dns.com",
        "ns2-03.azure-dns.net",
        "ns3-03.azure-dns.org",
        "ns4-03.azure-dns.info",
    ],
    "Hover": ["ns1.hover.com", "ns2.hover.com"],
    "Porkbun": ["curitiba.ns.porkbun.com", "salvador.ns.porkbun.com"],
    "DNSimple": ["ns1.dnsimple.com", "ns2.dnsimple-edge.net"],
    "Linode": ["ns1.linode.com", "ns5.linode.com"],
}


def record(kind, name, value="target.example.net"):
    return Record(kind, name, value, None, 1800, "dkim", required=True)


def test_every_provider_has_sample_name_servers():
    assert set(SEEN) == {host.name for host in HOSTS}


@pytest.mark.parametrize("name", SEEN)
def test_place_recognizes_provider_by_name_servers(name):
    found = place("example.com", SEEN[name]).host
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "name_servers",
    [
        [],
        ["ns1.example.com", "ns2.example.com"],
        ["kate.ns.cloudflare.com", "ns1.hover.com"],
        ["kate.ns.cloudflare.com.example.net"],
        ["kate.ns.cloudflare.com", "ns1.example.com"],
    ],
    ids=str,
)
def test_place_of_unknown_or_mixed_name_servers_has_no_provider(name_servers):
    assert place("example.com", name_servers).host is None


@pytest.mark.parametrize(
    ("host", "name", "typed"),
    [
        ("Cloudflare", "a._domainkey.example.com", "a._domainkey"),
        ("Cloudflare", "bounce.news.example.com", "bounce.news"),
        ("Cloudflare", "example.com", "@"),
        ("Route 53", "example.com", ""),
        ("Porkbun", "example.com", ""),
        ("Cloudflare", "notexample.com", "notexample.com"),
    ],
)
def test_typed_removes_zone_from_name(host, name, typed):
    assert place("example.com", SEEN[host]).typed(record("MX", name)).name == typed


def test_typed_adds_trailing_dot_where_provider_appends_zone():
    gandi = place("example.com", SEEN["Gandi"])
    assert gandi.typed(record("CNAME", "a.example.com")).value == "target.example.net."
    assert gandi.typed(record("TXT", "a.example.com", "v=spf1 ~all")).value == "v=spf1 ~all"
    assert gandi.typed(record("TXT", "a.example.com", None)).value is None
    cloudflare = place("example.com", SEEN["Cloudflare"])
    assert cloudflare.typed(record("CNAME", "a.example.com")).value == "target.example.net"


def test_typed_changes_nothing_for_unknown_provider():
    whole = record("CNAME", "a.example.com")
    assert place("example.com", ["ns1.example.net"]).typed(whole) == whole
