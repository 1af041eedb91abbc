"""`sescli identity publish` against the Route 53 of the emulator, read back through boto3."""

from __future__ import annotations

import json
import re
import time

import pytest
from gatekeeper import Altered, Refusal, throttled
from name_server import NameServer
from pseudo_terminal import OnTerminal

PUBLISH = ("identity", "publish", "example.com")
SPF = '"v=spf1 include:amazonses.com ~all"'
FEEDBACK = "10 feedback-smtp.us-east-1.amazonses.com."


@pytest.fixture
def route53(boto, ses):
    return boto("route53")


def create(route53, name="example.com", *, private=False, comment="c"):
    made = route53.create_hosted_zone(
        Name=name,
        CallerReference=f"{name}{comment}",
        HostedZoneConfig={"Comment": comment, "PrivateZone": private},
    )
    return made["HostedZone"]["Id"].rpartition("/")[2]


@pytest.fixture
def zone(route53):
    return create(route53)


@pytest.fixture
def domain(sescli, zone):
    """A pending domain with a MAIL FROM domain and a hosted zone."""
    assert sescli("identity", "verify", "example.com", "--mail-from", "bounce").code == 0
    return zone


@pytest.fixture
def read(route53, zone):
    """The record sets of the zone, without NS and SOA."""

    def sets(zone_id=zone):
        pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone_id)
        return {
            (one["Name"].rstrip("."), one["Type"]): [value["Value"] for value in one["ResourceRecords"]]
            for page in pages
            for one in page["ResourceRecordSets"]
            if one["Type"] not in {"NS", "SOA"} and "ResourceRecords" in one
        }

    return sets


@pytest.fixture
def put(route53, zone):
    """Put a record set into the zone without sescli."""

    def upsert(name, kind, *values, zone_id=zone, ttl=300, **more):
        plain = {"TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]} if values else {}
        record_set = {"Name": name, "Type": kind, **plain, **more}
        change = {"Action": "UPSERT", "ResourceRecordSet": record_set}
        route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": [change]})

    return upsert


def test_publish_writes_every_record_of_identity_records(sescli, domain, read):
    ran = sescli(*PUBLISH, "--yes")
    assert (ran.code, ran.stdout) == (
        0,
        f"Published 6 record sets to example.com ({domain}) in Route 53. All name servers have the change.\n",
    )
    assert "Next: sescli identity check example.com" in ran.stderr
    wanted = sescli("identity", "records", "example.com", "--format", "route53").json["Changes"]
    assert read() == {
        (change["ResourceRecordSet"]["Name"].rstrip("."), change["ResourceRecordSet"]["Type"]): [
            record["Value"] for record in change["ResourceRecordSet"]["ResourceRecords"]
        ]
        for change in wanted
    }


def test_publish_finds_nothing_to_do_after_change_batch(sescli, domain, route53):
    text = sescli("identity", "records", "example.com", "--for", "all", "--format", "route53").stdout
    route53.change_resource_record_sets(HostedZoneId=domain, ChangeBatch=json.loads(text))
    ran = sescli(*PUBLISH, "--for", "all")
    assert (ran.code, "No changes" in ran.stdout) == (0, True)


def test_publish_shows_changes_before_question(sescli, domain, read, put):
    put("_amazonses.example.com", "TXT", '"theirs"')
    ran = sescli(
        *PUBLISH,
        "--legacy-txt",
        tty=True,
        answers=[(f"This adds 7 records to example.com ({domain}) in Route 53. Publish?", False)],
    )
    assert (ran.code, list(read())) == (2, [("_amazonses.example.com", "TXT")])
    assert "nothing was changed" in ran.stderr
    shown = re.sub("\x1b\\[[0-9;]*m", "", ran.stderr)
    assert f"+ MX     bounce.example.com\n       + {FEEDBACK}" in shown
    assert '~ TXT    _amazonses.example.com\n         "theirs"\n       + "' in shown
    ran = sescli(*PUBLISH, tty=True, answers=[("Publish?", True)])
    assert (ran.code, len(read())) == (0, 7)


def test_publish_without_terminal_requires_yes(sescli, domain, read):
    ran = sescli(*PUBLISH)
    assert (ran.code, read()) == (2, {})
    assert "--yes" in ran.stderr
    assert "+ MX     bounce.example.com" in ran.stderr


def test_publish_second_run_writes_nothing(sescli, domain, read, refusing):
    first = sescli(*PUBLISH, "--yes", "-o", "json").json
    assert {change["action"] for change in first["changes"]} == {"create"}
    before = read()
    refusing(**{f"POST /2013-04-01/hostedzone/{domain}/rrset/": denied("ChangeResourceRecordSets")})
    ran = sescli(*PUBLISH)
    assert (ran.code, ran.stdout) == (
        0,
        f"No changes: example.com ({domain}) in Route 53 already has all records.\n",
    )
    again = sescli(*PUBLISH, "-o", "json").json
    assert {change["action"] for change in again["changes"]} == {"unchanged"}
    assert (again["status"], again["change_id"], read()) == ("UNCHANGED", None, before)


def denied(operation):
    return Refusal(403, "AccessDenied", f"User: test is not authorized to perform: route53:{operation}")


def test_publish_json(sescli, domain, put):
    put("_dmarc.example.com", "TXT", '"v=DMARC1; p=reject"', ttl=60)
    data = sescli(*PUBLISH, "--only", "dmarc,mail-from", "--yes", "-o", "json").json
    changes = data.pop("changes")
    change_id = data.pop("change_id")
    assert change_id
    assert "/" not in change_id
    assert data == {
        "domain": "example.com",
        "zone": {"id": domain, "name": "example.com", "comment": "c", "records": 3},
        "status": "INSYNC",
    }
    assert changes == [
        {
            "action": "create",
            "type": "MX",
            "name": "bounce.example.com",
            "purpose": "mail_from_mx",
            "before": [],
            "after": [FEEDBACK],
            "ttl_before": None,
            "ttl": 1800,
            "reason": None,
            "fix": None,
        },
        {
            "action": "create",
            "type": "TXT",
            "name": "bounce.example.com",
            "purpose": "mail_from_spf",
            "before": [],
            "after": [SPF],
            "ttl_before": None,
            "ttl": 1800,
            "reason": None,
            "fix": None,
        },
        {
            "action": "keep",
            "type": "TXT",
            "name": "_dmarc.example.com",
            "purpose": "dmarc",
            "before": ['"v=DMARC1; p=reject"'],
            "after": ['"v=DMARC1; p=reject"'],
            "ttl_before": 60,
            "ttl": 60,
            "reason": "your DMARC policy",
            "fix": None,
        },
    ]


# Existing records stay.


def test_publish_keeps_other_records(sescli, domain, read, put):
    others = {
        ("example.com", "TXT"): ['"v=spf1 include:_spf.google.com ~all"', '"google-site-verification=x"'],
        ("example.com", "MX"): ["1 smtp.google.com."],
        ("www.example.com", "CNAME"): ["example.github.io."],
        ("google._domainkey.example.com", "TXT"): ['"v=DKIM1; p=abc"'],
        ("bounce.example.com", "A"): ["192.0.2.1"],
        ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=quarantine"'],
    }
    for (name, kind), values in others.items():
        put(name, kind, *values)
    put("bounce.example.com", "TXT", '"z"', '"a \\"quoted\\" one"')
    assert sescli(*PUBLISH, "--yes").code == 0
    after = read()
    assert {key: after[key] for key in others} == others
    assert after["bounce.example.com", "TXT"] == ['"z"', '"a \\"quoted\\" one"', SPF]


@pytest.mark.parametrize("text", ["include:spf.sender.net", "redirect=spf.sender.net"])
def test_publish_keeps_spf_record_that_allows_ses_through_another(
    sescli, domain, put, read, text, monkeypatch
):
    """The MAIL FROM domain has an SPF record whose include leads to SES."""
    with NameServer() as resolver:
        resolver.publish("spf.sender.net", "TXT", '"v=spf1 include:amazonses.com -all"')
        put("bounce.example.com", "TXT", f'"v=spf1 {text}"')
        monkeypatch.setenv("SESCLI_RESOLVER", resolver.place)
        ran = sescli(*PUBLISH, "--yes", "-o", "json")
    assert ran.code == 0, ran.stderr
    [spf] = [change for change in ran.json["changes"] if change["purpose"] == "mail_from_spf"]
    assert (spf["action"], "through" in spf["reason"]) == ("unchanged", True)
    assert read()["bounce.example.com", "TXT"] == [f'"v=spf1 {text}"']


def test_publish_announces_replacement(sescli, domain, read, put):
    token = sescli("identity", "show", "example.com", "-q", "dkim.tokens[0]").stdout.strip()
    name = f"{token}._domainkey.example.com"
    put(name, "CNAME", f"{token}.dkim.amazonses.com.example.com")
    ran = sescli(
        *PUBLISH,
        answers=[(f"This replaces the CNAME record of {name} in example.com ({domain})", True)],
        tty=True,
    )
    assert ran.code == 0
    assert f"- {token}.dkim.amazonses.com.example.com" in ran.stderr
    assert read()[name, "CNAME"] == [f"{token}.dkim.amazonses.com."]


def test_publish_receiving_names_current_mail_server(sescli, domain, read, put):
    put("example.com", "MX", "1 smtp.google.com.")
    ran = sescli(*PUBLISH, "--only", "receiving")
    assert ran.code == 2
    assert "SES then receives all email for example.com" in ran.stderr
    assert "replaces the MX servers smtp.google.com" in ran.stderr
    assert sescli(*PUBLISH, "--only", "receiving", "--yes").code == 0
    assert read() == {("example.com", "MX"): ["10 inbound-smtp.us-east-1.amazonaws.com."]}


def test_publish_replaces_dmarc_with_ttl(sescli, domain, read, put, route53):
    put("_dmarc.example.com", "TXT", '"v=DMARC1; p=reject"')
    ran = sescli(*PUBLISH, "--only", "dmarc", "--replace-dmarc", "--ttl", "60", "--yes")
    assert ran.code == 0
    assert read() == {("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=none;"']}
    (one,) = route53.list_resource_record_sets(HostedZoneId=domain, StartRecordName="_dmarc.example.com")[
        "ResourceRecordSets"
    ][:1]
    assert one["TTL"] == 60


def test_publish_conflict_writes_nothing(sescli, domain, read, put):
    put("bounce.example.com", "MX", "10 mx.google.com.")
    put("bounce.example.com", "TXT", '"v=spf1 mx -all"')
    before = read()
    ran = sescli(*PUBLISH, "--yes")
    assert (ran.code, ran.stdout, read()) == (1, "Nothing was published.\n", before)
    assert "mail to bounce.example.com goes to mx.google.com" in ran.stderr
    assert "change it to: v=spf1 mx include:amazonses.com -all" in ran.stderr
    assert "sescli identity publish example.com --only dkim,dmarc" in ran.stderr
    ran = sescli(*PUBLISH, "--yes", "-o", "json")
    assert (ran.code, ran.json["status"], ran.error["code"]) == (1, "CONFLICT", "Conflict")
    assert sescli(*PUBLISH, "--only", "dkim,dmarc", "--yes").code == 0
    assert len(read()) == 6


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        (
            "MX",
            {"SetIdentifier": "a", "Weight": 10, "values": ["10 x.example.net."]},
            "part of weighted routing",
        ),
        (
            "TXT",
            {"SetIdentifier": "a", "Region": "eu-west-1", "values": ['"x"']},
            "part of latency routing",
        ),
        (
            "MX",
            {"AliasTarget": {"HostedZoneId": "Z", "DNSName": "x", "EvaluateTargetHealth": False}},
            "is an alias",
        ),
        ("CNAME", {"values": ["elsewhere.net."]}, "is a CNAME to elsewhere.net"),
        ("NS", {"values": ["ns1.elsewhere.net."]}, "is delegated to ns1.elsewhere.net"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_publish_rejects_special_record_sets(sescli, domain, put, kind, more, words):
    put("bounce.example.com", kind, *more.pop("values", []), **more)
    ran = sescli(*PUBLISH, "--yes")
    assert ran.code == 1
    assert words in ran.stderr


def test_publish_splits_long_key_and_recognizes_it(sescli, zone, read, tmp_path, key_file):
    assert (
        sescli(
            "identity", "verify", "example.com", "--dkim-selector", "sel", "--dkim-private-key", key_file
        ).code
        == 0
    )
    ran = sescli(*PUBLISH, "--only", "dkim", "--yes")
    assert "SES does not return the public key" in ran.stderr
    assert read() == {}
    arguments = (*PUBLISH, "--only", "dkim", "--dkim-private-key", key_file, "--yes")
    assert sescli(*arguments).code == 0
    (value,) = read()["sel._domainkey.example.com", "TXT"]
    assert value.startswith('"p=MII')
    assert value.count('" "') == 1
    assert "No changes" in sescli(*arguments).stdout


@pytest.fixture
def key_file(tmp_path):
    import subprocess

    path = tmp_path / "dkim.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(path), "2048"], check=True, capture_output=True)
    return str(path)


# The zone.


def test_publish_uses_zone_of_closest_parent(sescli, zone, route53, read):
    shop = create(route53, "shop.example.com")
    create(route53, "other.example.com")
    sescli("identity", "verify", "mail.shop.example.com")
    assert sescli("identity", "publish", "mail.shop.example.com", "--yes").code == 0
    assert len(read(shop)) == 4
    assert read() == {}


def test_publish_requires_choice_between_zones_of_same_name(sescli, domain, route53, read):
    other = create(route53, comment="old one")
    ran = sescli(*PUBLISH, "--yes")
    assert ran.code == 2
    assert f"{other} (2 record sets, old one)" in ran.stderr
    assert domain in ran.stderr
    assert "--zone-id" in ran.stderr
    assert sescli(*PUBLISH, "--yes", "--zone-id", f"/hostedzone/{other}").code == 0
    assert (len(read(other)), read()) == (6, {})


def test_publish_skips_private_zone(sescli, domain, route53, read):
    private = create(route53, private=True)
    ran = sescli(*PUBLISH, "--yes")
    assert (ran.code, len(read())) == (0, 6)
    assert f"Skipped the private zone example.com ({private})" in ran.stderr
    ran = sescli(*PUBLISH, "--yes", "--zone-id", private)
    assert (ran.code, "is private" in ran.stderr) == (2, True)


@pytest.mark.parametrize(
    ("servers", "words"),
    [
        (
            ["ns1.other.example", "ns2.other.example"],
            "other name servers serve example.com (ns1.other.example, ns2",
        ),
        ([], "check that it is registered and delegated"),
        (["ns-2048.awsdns-64.com", "ns-2049.awsdns-65.net"], None),
        (None, None),
    ],
    ids=["elsewhere", "nowhere", "here", "not told"],
)
def test_publish_warns_if_domain_is_not_delegated_to_zone(sescli, domain, read, servers, words):
    with NameServer() as resolver:
        resolver.publish("com", "NS", "a.gtld.example.")
        resolver.refuse = servers is None
        if servers:
            resolver.publish("example.com", "NS", *(f"{server}." for server in servers))
        ran = sescli(*PUBLISH, "--yes", "--resolver", resolver.place)
    assert (ran.code, len(read())) == (0, 6)
    assert ("warning" in ran.stderr) == (words is not None)
    assert words is None or (words in ran.stderr and "ns-2048.awsdns-64.com" in ran.stderr)


def test_publish_continues_if_name_servers_cannot_be_read(sescli, domain, refusing, read):
    refusing(**{f"GET /2013-04-01/hostedzone/{domain}": denied("GetHostedZone")})
    with NameServer() as resolver:
        resolver.publish("example.com", "NS", "ns1.other.example.")
        ran = sescli(*PUBLISH, "--yes", "--resolver", resolver.place)
    assert (ran.code, "warning" in ran.stderr, len(read())) == (0, False, 6)


@pytest.mark.parametrize(
    ("zone_id", "code", "words"),
    [
        ("Z0NE", 5, "Z0NE"),
        ("not an id", 2, "not a hosted zone ID"),
        ("../../x", 2, "not a hosted zone ID"),
    ],
)
def test_publish_rejects_invalid_zone_id(sescli, domain, zone_id, code, words):
    ran = sescli(*PUBLISH, "--yes", "--zone-id", zone_id)
    assert ran.code == code
    assert words in ran.stderr


def test_publish_rejects_zone_of_another_domain(sescli, domain, route53):
    other = create(route53, "ample.com")
    ran = sescli(*PUBLISH, "--yes", "--zone-id", other)
    assert (ran.code, "example.com is not in the zone" in ran.stderr) == (2, True)


def test_publish_without_zone_names_similar_zones(sescli, route53):
    sescli("identity", "verify", "example.com")
    ran = sescli(*PUBLISH, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NoHostedZone")
    assert "no public zones" in ran.error["message"]
    for name in ("www.example.com", "other.net"):
        create(route53, name)
    create(route53, "private.example.com", private=True)
    message = sescli(*PUBLISH, "--yes", "-o", "json").error["message"]
    assert message.endswith("; this account has www.example.com")


def test_publish_reads_all_pages_of_zones(sescli, domain, refusing, put, read):
    """The emulator does not page zones, and few records fit on one page. So the test serves the pages."""
    page = f"""<ListHostedZonesByNameResponse><HostedZones><HostedZone><Id>/hostedzone/ZPRIVATE</Id>
        <Name>example.com.</Name><CallerReference>x</CallerReference><Config><PrivateZone>true</PrivateZone></Config>
        </HostedZone></HostedZones><IsTruncated>true</IsTruncated><NextDNSName>example.com.</NextDNSName>
        <NextHostedZoneId>{domain}</NextHostedZoneId><MaxItems>1</MaxItems></ListHostedZonesByNameResponse>"""
    refusing(**{"GET /2013-04-01/hostedzonesbyname": Page(page, times=1)})
    ran = sescli(*PUBLISH, "--yes")
    assert (ran.code, len(read())) == (0, 6)
    assert "Skipped the private zone example.com (ZPRIVATE)" in ran.stderr


class Page(Refusal):
    """One answer of Route 53."""

    def __init__(self, text, times=None):
        super().__init__(200, "", "", times)
        self.text = text

    def body(self, *, xml):
        assert xml
        return self.text.encode()


def test_publish_reads_all_pages_of_record_sets(sescli, domain, refusing):
    page = """<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet>
        <Name>bounce.example.com.</Name><Type>A</Type><TTL>1</TTL>
        <ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>
        </ResourceRecordSet></ResourceRecordSets><IsTruncated>true</IsTruncated>
        <NextRecordName>bounce.example.com.</NextRecordName><NextRecordType>{}</NextRecordType>
        <MaxItems>1</MaxItems></ListResourceRecordSetsResponse>"""
    first = sescli(*PUBLISH, "--yes")
    assert first.code == 0
    refusing(**{f"GET /2013-04-01/hostedzone/{domain}/rrset": Page(page.format("MX"), times=1)})
    ran = sescli(*PUBLISH, "--only", "mail-from", "-o", "json")
    assert [change["action"] for change in ran.json["changes"]] == ["unchanged", "unchanged"]


def test_publish_stops_at_repeated_page(sescli, domain, refusing):
    page = """<ListResourceRecordSetsResponse><ResourceRecordSets/><IsTruncated>true</IsTruncated>
        <NextRecordName>bounce.example.com.</NextRecordName><MaxItems>1</MaxItems>
        </ListResourceRecordSetsResponse>"""
    refusing(**{f"GET /2013-04-01/hostedzone/{domain}/rrset": Page(page)})
    ran = sescli(*PUBLISH, "--only", "mail-from", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "RepeatedToken")


# The change itself.


def test_publish_dry_run_shows_one_batch_and_sends_nothing(sescli, domain, read, put):
    put("bounce.example.com", "TXT", '"x"', ttl=77)
    before = read()
    (call,) = sescli(*PUBLISH, "--only", "mail-from", "--dry-run", "-o", "json").json
    assert (call["service"], call["operation"]) == ("route53", "ChangeResourceRecordSets")
    assert call["parameters"]["HostedZoneId"] == domain
    assert [
        (
            change["Action"],
            change["ResourceRecordSet"]["Type"],
            change["ResourceRecordSet"]["TTL"],
            [record["Value"] for record in change["ResourceRecordSet"]["ResourceRecords"]],
        )
        for change in call["parameters"]["ChangeBatch"]["Changes"]
    ] == [
        ("CREATE", "MX", 1800, [FEEDBACK]),
        ("DELETE", "TXT", 77, ['"x"']),
        ("CREATE", "TXT", 77, ['"x"', SPF]),
    ]
    assert read() == before


def test_publish_waits_until_all_name_servers_have_change(sescli, domain, refusing, read):
    pending = {
        f"POST /2013-04-01/hostedzone/{domain}/rrset/": Altered(b"INSYNC", b"PENDING"),
        "GET /2013-04-01/change/C2682N5HXP0BZ4": Altered(b"INSYNC", b"PENDING", times=1),
    }
    refusing(**pending)
    ran = sescli(*PUBLISH, "--yes", "-o", "json")
    assert (ran.code, ran.json["status"], ran.json["change_id"]) == (0, "INSYNC", "C2682N5HXP0BZ4")
    assert pending["GET /2013-04-01/change/C2682N5HXP0BZ4"].given == 1


def test_publish_wait_ends_at_timeout(sescli, domain, refusing, read):
    refusing(
        **{
            f"POST /2013-04-01/hostedzone/{domain}/rrset/": Altered(b"INSYNC", b"PENDING"),
            "GET /2013-04-01/change/C2682N5HXP0BZ4": Altered(b"INSYNC", b"PENDING"),
        }
    )
    ran = sescli(*PUBLISH, "--yes", "--timeout", "1s", "-o", "json")
    assert (ran.code, ran.error["code"]) == (3, "NotInSync")
    assert "--id C2682N5HXP0BZ4" in ran.error["hint"]
    assert len(read()) == 6


@pytest.mark.parametrize(("status", "code"), [(400, "Throttling"), (503, "ServiceUnavailable")])
def test_publish_wait_continues_after_failed_read(sescli, domain, refusing, status, code):
    failing = Refusal(status, code, "later", times=3)  # as often as botocore tries
    refusing(
        **{
            f"POST /2013-04-01/hostedzone/{domain}/rrset/": Altered(b"INSYNC", b"PENDING"),
            "GET /2013-04-01/change/C2682N5HXP0BZ4": failing,
        }
    )
    ran = sescli(*PUBLISH, "--yes", "-o", "json")
    assert (ran.code, ran.json["status"], failing.given) == (0, "INSYNC", 3)


def test_publish_no_wait_reports_pending_change(sescli, domain, refusing):
    refusing(**{f"POST /2013-04-01/hostedzone/{domain}/rrset/": Altered(b"INSYNC", b"PENDING")})
    ran = sescli(*PUBLISH, "--yes", "--no-wait")
    assert (ran.code, "The name servers do not all have the change yet" in ran.stdout) == (0, True)


def test_publish_succeeds_if_wait_is_denied(sescli, domain, refusing):
    refusing(
        **{
            f"POST /2013-04-01/hostedzone/{domain}/rrset/": Altered(b"INSYNC", b"PENDING"),
            "GET /2013-04-01/change/C2682N5HXP0BZ4": denied("GetChange"),
        }
    )
    ran = sescli(*PUBLISH, "--yes", "-o", "json")
    assert (ran.code, ran.json["status"]) == (0, "PENDING")
    assert "permission denied (requires route53:GetChange)" in ran.stderr


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("ListHostedZonesByName", "GET /2013-04-01/hostedzonesbyname"),
        ("ListResourceRecordSets", "GET /2013-04-01/hostedzone/{}/rrset"),
        ("ChangeResourceRecordSets", "POST /2013-04-01/hostedzone/{}/rrset/"),
    ],
)
def test_publish_names_missing_permission(sescli, domain, refusing, read, operation, path):
    refusing(**{path.format(domain): denied(operation)})
    ran = sescli(*PUBLISH, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"], read()) == (4, "AccessDenied", {})
    assert f"route53:{operation}" in ran.error["message"]
    assert "--dns-profile" in ran.error["hint"]


@pytest.mark.parametrize("code", ["Throttling", "PriorRequestNotComplete"])
def test_publish_retries_busy_route53(sescli, domain, refusing, read, code):
    path = f"POST /2013-04-01/hostedzone/{domain}/rrset/"
    refusing(**{path: Refusal(400, code, "wait", times=1)})
    assert sescli(*PUBLISH, "--yes").code == 0
    refusing(**{path: Refusal(400, code, "wait")})
    ran = sescli(*PUBLISH, "--ttl", "5", "--yes", "-o", "json")
    assert (ran.code, ran.error["retryable"]) == (6, True)


def test_publish_reports_throttled_read(sescli, domain, refusing):
    refusing(**{"GET /2013-04-01/hostedzonesbyname": throttled(9)})
    assert sescli(*PUBLISH, "--yes").code == 6


def test_publish_reports_rejected_batch(sescli, domain, refusing):
    """As if someone else created one of the records at the same time."""
    message = (
        "[Tried to create resource record set [name='bounce.example.com.', type='MX'] but it already exists]"
    )
    refusing(
        **{
            f"POST /2013-04-01/hostedzone/{domain}/rrset/": Refusal(
                400, "InvalidChangeBatch", message.replace("'", "&apos;")
            )
        }
    )
    ran = sescli(*PUBLISH, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "InvalidChangeBatch")
    assert message in ran.error["message"]
    assert ran.error["hint"].endswith("sescli identity publish example.com")


def test_publish_does_not_overwrite_concurrent_change(sescli, domain, read, put, route53, refusing):
    """The batch deletes exactly the values that were read, so Route 53 rejects it, and so does the emulator."""
    put("bounce.example.com", "TXT", '"x"')
    stale = '"changed&apos;s"'
    refusing(
        **{
            f"GET /2013-04-01/hostedzone/{domain}/rrset": Altered(b'"x"', stale.encode()),
        }
    )
    ran = sescli(*PUBLISH, "--only", "mail-from", "--yes")
    assert ran.code == 1
    assert read() == {("bounce.example.com", "TXT"): ['"x"']}


# Options.


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "dkim,spam"], "use one or more of: dkim, mail-from"),
        (["--only", ","], "use one or more of"),
        (["--for", "all of it"], "use sending, receiving or all"),
        (["--timeout", "soon"], "not a valid duration"),
        (["--ttl", "0"], "--ttl"),
    ],
)
def test_publish_rejects_invalid_options(sescli, domain, read, arguments, words):
    ran = sescli(*PUBLISH, *arguments, "--yes")
    assert (ran.code, read()) == (2, {})
    assert words in ran.stderr


def test_publish_rejects_parts_that_domain_does_not_need(sescli, zone):
    sescli("identity", "verify", "example.com")
    ran = sescli(*PUBLISH, "--only", "mail-from", "--yes")
    assert (ran.code, "needs no mail-from records" in ran.stderr) == (2, True)


def test_publish_requires_configured_region(sescli, domain, monkeypatch, read):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = sescli(*PUBLISH, "--yes")
    assert (ran.code, read()) == (2, {})
    assert "no region is configured" in ran.stderr


def test_publish_rejects_address(sescli, domain):
    sescli("identity", "verify", "jane@example.com")
    ran = sescli("identity", "publish", "jane@example.com", "--yes")
    assert (ran.code, "needs no DNS records" in ran.stderr) == (2, True)


def test_publish_accepts_address_with_mail_from_domain(sescli, zone, read):
    sescli("identity", "verify", "jane@example.com")
    sescli("identity", "mail-from", "set", "jane@example.com", "--domain", "bounce")
    ran = sescli("identity", "publish", "jane@example.com", "--yes")
    assert (ran.code, set(read())) == (0, {("bounce.example.com", "MX"), ("bounce.example.com", "TXT")})
    assert "Next: sescli identity check jane@example.com" in ran.stderr


def test_publish_only_overrides_for(sescli, domain, read):
    assert sescli(*PUBLISH, "--for", "receiving", "--only", "dmarc", "--yes").code == 0
    assert set(read()) == {("_dmarc.example.com", "TXT")}


def test_publish_uses_zone_of_dns_profile(sescli, domain, read, bare_machine, monkeypatch):
    """Its credentials sign only the calls to Route 53."""
    folder = bare_machine / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        "[dns]\naws_access_key_id = AKIADNS\naws_secret_access_key = x\nregion = us-east-1\n"
    )
    ran = sescli(*PUBLISH, "--yes", "--dns-profile", "dns")
    assert (ran.code, len(read())) == (0, 6)
    ran = sescli(*PUBLISH, "--yes", "--dns-profile", "missing", "-o", "json")
    assert (ran.code, ran.error["code"]) == (4, "ProfileNotFound")
    (call,) = sescli(*PUBLISH, "--ttl", "5", "--dns-profile", "dns", "--dry-run", "-o", "json").json
    assert json.dumps(call).count('"DELETE"') == 6


def test_publish_output_contains_no_control_characters(sescli, domain, put):
    put("bounce.example.com", "TXT", '"\u202egnp.exe"')
    ran = sescli(*PUBLISH, tty=True, answers=[("Publish?", False)])
    assert "gnp.exe" in ran.stderr
    assert "\u202e" not in ran.stderr


# On a terminal.


@pytest.fixture
def terminal(domain):
    """The program on a real terminal, against the same Route 53."""
    return lambda *more: OnTerminal(*PUBLISH, *more)


def test_publish_interrupted_at_question_changes_nothing(terminal, read):
    asked = terminal()
    screen = asked.until("(y/N)")
    assert '+ "v=DMARC1; p=none;"' in screen
    asked.type("\x03")
    assert (asked.end(), read()) == (130, {})


def test_publish_interrupted_in_wait_says_that_change_was_made(terminal, domain, refusing, read):
    look = Altered(b"INSYNC", b"PENDING")
    refusing(
        **{
            f"POST /2013-04-01/hostedzone/{domain}/rrset/": Altered(b"INSYNC", b"PENDING"),
            "GET /2013-04-01/change/C2682N5HXP0BZ4": look,
        }
    )
    waiting = terminal("--yes")
    waiting.until("Waiting until all Route 53 name servers")
    deadline = time.monotonic() + 20
    while not look.given:
        assert time.monotonic() < deadline
        waiting.read(0.05)
    waiting.type("\x03")
    assert waiting.end() == 130
    assert "the change C2682N5HXP0BZ4 was submitted" in " ".join(waiting.screen.split())
    assert len(read()) == 6
