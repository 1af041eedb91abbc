"""A host name that is not the expected one is compared label by label, and what is wrong is named."""

from __future__ import annotations

import pytest
from dns_world import dkim_name, records

from sescli.dns.targets import explain_target

MX = "feedback-smtp.us-east-1.amazonses.com"
INBOUND = "inbound-smtp.us-east-1.amazonaws.com"
DKIM = "aaa.dkim.amazonses.com"


@pytest.mark.parametrize(
    ("expected", "found", "cause", "said"),
    [
        (
            MX,
            "feedback-smtp.eu-west-1.amazonses.com",
            "other_region",
            "another region, eu-west-1, not in us-east-1",
        ),
        (MX, "feedback-smtp.us-east-1.amazonaws.com", "other_value", "must end with amazonses.com"),
        (MX, "feedback-smtp.us-east-1.amazon.com", "other_value", "lacks amazonses and has amazon"),
        (
            MX,
            "feedback-smtp.undefined.amazonses.com",
            "other_value",
            "'undefined' in the mail server name is not a",
        ),
        (MX, "feedback-smtp.${region}.amazonses.com", "stray_text", "contains '$'"),
        (
            MX,
            "feedback-smtp.us-east.amazonses.com",
            "other_value",
            "'us-east' in the mail server name is not a",
        ),
        (MX, "feedback-smtp.amazonses.com", "other_value", "lacks us-east-1"),
        (
            MX,
            "inbound-smtp.us-east-1.amazonaws.com",
            "other_value",
            "inbound-smtp receives email for a domain",
        ),
        (MX, "inbound-smtp.us-east-1.amazonses.com", "other_value", "this record needs feedback-smtp"),
        (MX, "email-smtp.us-east-1.amazonaws.com", "other_value", "email-smtp is for sending over SMTP"),
        (MX, "feedback.us-east-1.amazonses.com", "other_value", "lacks feedback-smtp and has feedback"),
        (MX, "us-east-1.amazonses.com", "cut", "lacks its beginning, feedback-smtp."),
        (MX, f"{MX}.bounce.example.com", "target_zone_appended", "appended the zone"),
        (MX, f"{MX}.example.com", "target_zone_appended", "appended the zone"),
        (MX, f"{MX}.evil.net", "other_value", "is followed by .evil.net"),
        (MX, f"{MX}.com", "other_value", "is followed by .com"),
        (MX, "mx.example.net", "other_value", "points to another server"),
        (INBOUND, "inbound-smtp.us-east-1.amazonses.com", "other_value", "must end with amazonaws.com"),
        (INBOUND, MX, "other_value", "this record needs inbound-smtp"),
        (INBOUND, "inbound-smtp.eu-west-1.amazonaws.com", "other_region", "another region"),
        (DKIM, "aaa.dkim.eu-south-1.amazonses.com", "other_region", "the DKIM zone of another region"),
        (DKIM, "aaa.dkim.undefined.amazonses.com", "other_value", "has undefined"),
        (DKIM, "aaa.undefined.amazonses.com", "other_value", "lacks dkim and has undefined"),
        (DKIM, "aaa.dkim.amazonaws.com", "other_value", "must end with amazonses.com"),
        (DKIM, "bbb.dkim.amazonses.com", "other_value", "lacks aaa and has bbb"),
        (DKIM, "dkim.aaa.amazonses.com", "other_value", "in another order"),
        (DKIM, "aaa.dkim.amazonses.co", "cut", "cut off"),
        (DKIM, "a", "other_value", "points to another target"),
        (DKIM, r"aaa.dkim.amazonses.com\032", "stray_text", "ends with a space"),
        (DKIM, r"\032aaa.dkim.amazonses.com", "stray_text", "begins with a space"),
        (DKIM, r"\"aaa.dkim.amazonses.com\"", "stray_text", "quotation marks"),
        (DKIM, "http://aaa.dkim.amazonses.com", "stray_text", "is a URL"),
        (DKIM, "https://aaa.dkim.amazonses.com/", "stray_text", "is a URL"),
        (DKIM, r"aaa.dkim.amazonses.com\032ttl\0323600", "stray_text", "is followed by other text"),
        (DKIM, "aaa.dkim.amazonses.com,", "stray_text", "is followed by other text"),
        (DKIM, "aaa.dkim.amazonses.com/", "stray_text", "is followed by other text"),
        (MX, rf"10\032{MX}", "stray_text", "begins with the priority"),
    ],
    ids=str,
)
def test_explain_target_names_what_is_wrong(expected, found, cause, said):
    what = "target" if expected == DKIM else "mail server name"
    finding = explain_target(what, "bounce.example.com", expected, found)
    assert (finding.cause, said in finding.reason) == (cause, True), finding.reason
    assert finding.fix


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (r"aaa.dkim.amazonses.com\032.", "ends with a space"),
        (r"\"aaa.dkim.amazonses.com\".", "quotation marks"),
        ("http://aaa.dkim.amazonses.com.", "is a URL"),
        (r"aaa.dkim.amazonses.com\032in\032a.", "is followed by other text"),
    ],
    ids=str,
)
def test_dkim_check_explains_stray_text(world, target, said):
    """The text of the record reaches sescli through a real DNS message."""
    world.publish(dkim_name(), "CNAME", target)
    record = world.record(dkim_name())
    assert (record.verdict, record.cause) == ("mismatch", "stray_text")
    assert said in record.reason
    assert record.fix == f"enter exactly: {DKIM}"


def test_mail_from_check_compares_labels_of_mx(world):
    world.publish("bounce.example.com", "MX", "10 inbound-smtp.us-east-1.amazonaws.com.")
    record = world.record("bounce.example.com", "mail_from_mx")
    assert "this record needs feedback-smtp" in record.reason
    assert record.found == ("10 inbound-smtp.us-east-1.amazonaws.com",)


def test_dkim_check_names_alias_in_between(world):
    """AWS does not say whether SES accepts a CNAME to a CNAME."""
    world.publish(dkim_name(), "CNAME", "mid.example.com.")
    world.publish("mid.example.com", "CNAME", f"{DKIM}.")
    record = world.record(dkim_name(), wanted=records())
    assert "leads to the expected target, but through mid.example.com" in record.reason


def test_legacy_token_check_does_not_call_other_token_cut(world):
    wanted = records(verification_token="b3RoZXJ0b2tlbm90aGVydG9rZW4=")
    world.publish("_amazonses.example.com", "TXT", '"b3"')
    assert world.record("_amazonses.example.com", wanted=wanted).cause == "other_value"
