"""The records of a domain, according to the SES documentation."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from sescli.dns.records import WantedRecords
from sescli.dns.regions import RECEIVING
from sescli.errors import ApiError, UsageError

TOKENS = ["token1abc123", "token2def456", "token3ghi789"]


def easy(**more):
    return {"DkimAttributes": {"Tokens": TOKENS, "SigningAttributesOrigin": "AWS_SES", **more}}


def wanted(identity, region="us-east-1", **known):
    return WantedRecords("example.com", identity, region, **known)


def test_easy_dkim_has_three_cnames_to_signing_zone():
    records = list(wanted(easy(SigningHostedZone="k1.dkim.example.net")).dkim())
    assert [asdict(record) for record in records[:1]] == [
        {
            "type": "CNAME",
            "name": "token1abc123._domainkey.example.com",
            "value": "token1abc123.k1.dkim.example.net",
            "priority": None,
            "ttl": 1800,
            "purpose": "dkim",
            "required": True,
        }
    ]
    assert len(records) == 3


@pytest.mark.parametrize(
    ("region", "zone"),
    [
        ("us-east-1", "dkim.amazonses.com"),
        ("eu-west-1", "dkim.amazonses.com"),
        ("us-gov-west-1", "dkim.amazonses.com"),
        ("us-gov-east-1", "dkim.us-gov-east-1.amazonses.com"),
        ("af-south-1", "dkim.af-south-1.amazonses.com"),
        ("il-central-1", "dkim.il-central-1.amazonses.com"),
        ("ca-west-1", "dkim.ca-west-1.amazonses.com"),
    ],
)
def test_dkim_without_signing_zone_uses_zone_of_region(region, zone):
    record = next(wanted(easy(), region).dkim())
    assert record.value == f"token1abc123.{zone}"


def test_byodkim_has_one_txt_with_given_key():
    identity = easy(Tokens=["sel2026"], SigningAttributesOrigin="EXTERNAL")
    (record,) = wanted(identity).dkim()
    assert (record.type, record.name, record.value) == ("TXT", "sel2026._domainkey.example.com", None)
    (record,) = wanted(identity, dkim_public_key="MIIB").dkim()
    assert record.value == "p=MIIB"


def test_mail_from_has_mx_of_region_and_spf():
    identity = easy() | {"MailFromAttributes": {"MailFromDomain": "bounce.example.com"}}
    mx, spf = wanted(identity, "eu-west-1").mail_from()
    assert (mx.type, mx.name, mx.value, mx.priority, mx.purpose) == (
        "MX",
        "bounce.example.com",
        "feedback-smtp.eu-west-1.amazonses.com",
        10,
        "mail_from_mx",
    )
    assert (spf.type, spf.value, spf.priority) == ("TXT", "v=spf1 include:amazonses.com ~all", None)


def test_sending_includes_optional_dmarc():
    records = wanted(easy()).for_purpose("sending")
    assert [record.purpose for record in records] == ["dkim", "dkim", "dkim", "dmarc"]
    assert (records[-1].name, records[-1].required) == ("_dmarc.example.com", False)
    assert records[-1].value.startswith("v=DMARC1; p=none")
    assert "pct" not in records[-1].value  # gone with RFC 9989


def test_legacy_txt_is_required_only_without_dkim():
    (record,) = wanted(easy(), verification_token="tok=").verification()
    assert (record.name, record.value, record.required) == ("_amazonses.example.com", "tok=", False)
    (record,) = wanted({}, verification_token="tok=").verification()
    assert record.required


def test_receiving_has_one_mx_of_domain():
    (record,) = wanted(easy(), "eu-west-1").for_purpose("receiving")
    assert (record.type, record.name, record.value, record.priority, record.purpose, record.required) == (
        "MX",
        "example.com",
        "inbound-smtp.eu-west-1.amazonaws.com",
        10,
        "inbound_mx",
        True,
    )


def test_receiving_is_rejected_in_region_without_receiving():
    assert len(RECEIVING) == 22
    with pytest.raises(UsageError, match="me-central-1"):
        wanted(easy(), "me-central-1").for_purpose("all")


@pytest.mark.parametrize("token", ["a\nevil.example. A 192.0.2.1", 'a"b', "a b", "${x}", "", "-"])
def test_invalid_token_is_rejected(token):
    with pytest.raises(ApiError):
        wanted(easy(Tokens=[token])).for_purpose("sending")


def test_txt_with_control_characters_is_rejected():
    with pytest.raises(ApiError):
        wanted(easy(), verification_token="a\nb").for_purpose("sending")
