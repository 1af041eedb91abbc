"""`sescli identity delete`: says what leans on an identity, asks, and deletes."""

from __future__ import annotations

import json

import pytest
from gatekeeper import denied


@pytest.fixture
def leaned_on(sescli, ses, boto):
    """example.com with all that can lean on it."""
    v2, v1 = boto("sesv2"), boto("ses")
    v2.create_configuration_set(ConfigurationSetName="main")
    sescli("identity", "verify", "example.com", "--config-set", "main", "--mail-from", "bounce")
    sescli("identity", "verify", "john@example.com", "--mail-from", "mail")
    sescli("identity", "verify", "news.example.com", "notexample.com", "example.org")
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    v2.create_email_identity_policy(EmailIdentity="example.com", PolicyName="partner", Policy=policy)
    v1.create_receipt_rule_set(RuleSetName="inbound")
    rules = {
        "mine": ["info@example.com"],
        "below": [".example.com"],
        "every": [],
        "other": ["example.org", "info@notexample.com"],
    }
    for name, recipients in rules.items():
        rule = {"Name": name, "Enabled": True, "Recipients": recipients}
        v1.create_receipt_rule(RuleSetName="inbound", Rule=rule)
    v1.set_active_receipt_rule_set(RuleSetName="inbound")
    return boto


def names(boto):
    return {found["IdentityName"] for found in boto("sesv2").list_email_identities()["EmailIdentities"]}


def test_it_says_what_leans_on_it_asks_and_deletes(sescli, leaned_on):
    ran = sescli("identity", "delete", "example.com", answers=[("Delete example.com?", True)], tty=True)
    assert ran.code == 0
    assert "configuration set main" in ran.stderr
    assert "bounce.example.com" in ran.stderr
    assert "partner" in ran.stderr
    assert "inbound/" in ran.stderr
    assert "inbound/other" not in ran.stderr
    assert "stay, verified on their own: john@example.com, news.example.com" in ran.stderr
    assert "have their MAIL FROM domain here: john@example.com" in ran.stderr
    assert "notexample.com" not in ran.stderr
    assert "example.com" not in names(leaned_on)
    assert "john@example.com" in names(leaned_on)


def test_json_tells_it_too(sescli, leaned_on):
    (gone,) = sescli("identity", "delete", "example.com", "--yes", "-o", "json").json
    assert sorted(gone.pop("receipt_rules")) == ["inbound/below", "inbound/every", "inbound/mine"]
    assert gone == {
        "identity": "example.com",
        "type": "DOMAIN",
        "config_set": "main",
        "mail_from_domain": "bounce.example.com",
        "policies": ["partner"],
        "identities_below": ["john@example.com", "news.example.com"],
        "mail_from_of": ["john@example.com"],
    }


def test_a_no_deletes_nothing(sescli, leaned_on):
    ran = sescli("identity", "delete", "example.com", answers=[("Delete example.com?", False)])
    assert ran.code == 2
    assert "example.com" in names(leaned_on)


def test_off_a_terminal_it_wants_yes(sescli, leaned_on):
    ran = sescli("identity", "delete", "example.com")
    assert ran.code == 2
    assert "--yes" in ran.stderr
    assert "example.com" in names(leaned_on)


def test_a_dry_run_deletes_nothing(sescli, leaned_on):
    ran = sescli("identity", "delete", "example.com", "--dry-run", "-o", "json")
    assert [(call["operation"], call["parameters"]) for call in ran.json] == [
        ("DeleteEmailIdentity", {"EmailIdentity": "example.com"})
    ]
    assert "example.com" in names(leaned_on)


def test_of_several_names_one_may_be_missing(sescli, leaned_on):
    ran = sescli(
        "identity", "delete", "nobody.example", "example.org", "notexample.com", "--yes", "-o", "json"
    )
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
    assert [gone["identity"] for gone in ran.json] == ["example.org", "notexample.com"]
    assert not names(leaned_on) & {"example.org", "notexample.com"}


def test_what_is_not_there(sescli, ses):
    ran = sescli("identity", "delete", "example.com", "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
    ran = sescli("identity", "delete", "a.example", "b.example", "--yes")
    assert ran.code == 5
    assert ran.stderr.count("error: ") == 2


def test_denied_look_ups_are_warnings_and_do_not_stop_it(sescli, ses, refusing, boto):
    sescli("identity", "verify", "a.example.com")
    past_the_gate = boto("sesv2")
    refusing(
        **{
            "POST /v2/email/list-identities": denied("ListEmailIdentities"),
            "DescribeActiveReceiptRuleSet": denied("DescribeActiveReceiptRuleSet"),
            "GetIdentityMailFromDomainAttributes": denied("GetIdentityMailFromDomainAttributes"),
        }
    )
    ran = sescli("identity", "delete", "a.example.com", "--yes")
    assert ran.code == 0
    assert ran.stderr.count("warning: not known") == 3
    assert past_the_gate.list_email_identities()["EmailIdentities"] == []


def test_a_denied_deletion(sescli, ses, refusing, boto):
    sescli("identity", "verify", "example.com")
    refusing(**{"DELETE /v2/email/identities/example.com": denied("DeleteEmailIdentity")})
    ran = sescli("identity", "delete", "example.com", "--yes", "-o", "json")
    assert ran.code == 4
    assert "DeleteEmailIdentity" in ran.error["message"]
    assert names(boto) == {"example.com"}


def test_what_is_not_there_is_not_to_be_made(sescli, ses):
    for line in (["identity", "delete", "none.example"], ["receipt", "rule-set", "delete", "none"]):
        ran = sescli(*line, "--yes", "-o", "json")
        assert ran.code == 5
        assert "list shows those there are" in ran.error["hint"]
        assert "verify" not in ran.error["hint"]
        assert "create" not in ran.error["hint"]
