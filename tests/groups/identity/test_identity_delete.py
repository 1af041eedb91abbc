"""`sescli identity delete`: shows what depends on an identity, asks, and deletes."""

from __future__ import annotations

import json

import pytest
from gatekeeper import denied


@pytest.fixture
def with_dependents(sescli, ses, boto):
    """example.com with everything that can depend on it."""
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


def test_delete_shows_dependents_asks_and_deletes(sescli, with_dependents):
    ran = sescli("identity", "delete", "example.com", answers=[("Delete example.com?", True)], tty=True)
    assert ran.code == 0
    assert "configuration set main" in ran.stderr
    assert "bounce.example.com" in ran.stderr
    assert "partner" in ran.stderr
    assert "inbound/" in ran.stderr
    assert "inbound/other" not in ran.stderr
    assert "these identities stay, verified on their own: john@example.com, news.example.com" in ran.stderr
    assert "these identities have their MAIL FROM domain here: john@example.com" in ran.stderr
    assert "notexample.com" not in ran.stderr
    assert "example.com" not in names(with_dependents)
    assert "john@example.com" in names(with_dependents)


def test_delete_json_contains_dependents(sescli, with_dependents):
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


def test_delete_declined_changes_nothing(sescli, with_dependents):
    ran = sescli("identity", "delete", "example.com", answers=[("Delete example.com?", False)])
    assert ran.code == 2
    assert "example.com" in names(with_dependents)


def test_delete_without_terminal_requires_yes(sescli, with_dependents):
    ran = sescli("identity", "delete", "example.com")
    assert ran.code == 2
    assert "--yes" in ran.stderr
    assert "example.com" in names(with_dependents)


def test_delete_dry_run_changes_nothing(sescli, with_dependents):
    ran = sescli("identity", "delete", "example.com", "--dry-run", "-o", "json")
    assert [(call["operation"], call["parameters"]) for call in ran.json] == [
        ("DeleteEmailIdentity", {"EmailIdentity": "example.com"})
    ]
    assert "example.com" in names(with_dependents)


def test_delete_several_names_continues_after_missing_one(sescli, with_dependents):
    ran = sescli(
        "identity", "delete", "missing.example", "example.org", "notexample.com", "--yes", "-o", "json"
    )
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
    assert [gone["identity"] for gone in ran.json] == ["example.org", "notexample.com"]
    assert not names(with_dependents) & {"example.org", "notexample.com"}


def test_delete_missing_identity_reports_not_found(sescli, ses):
    ran = sescli("identity", "delete", "example.com", "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
    ran = sescli("identity", "delete", "a.example", "b.example", "--yes")
    assert ran.code == 5
    assert ran.stderr.count("error: ") == 2


def test_delete_continues_after_denied_lookups(sescli, ses, refusing, boto):
    sescli("identity", "verify", "a.example.com")
    client = boto("sesv2")
    refusing(
        **{
            "POST /v2/email/list-identities": denied("ListEmailIdentities"),
            "DescribeActiveReceiptRuleSet": denied("DescribeActiveReceiptRuleSet"),
            "GetIdentityMailFromDomainAttributes": denied("GetIdentityMailFromDomainAttributes"),
        }
    )
    ran = sescli("identity", "delete", "a.example.com", "--yes")
    assert ran.code == 0
    assert ran.stderr.count("warning: could not check which") == 3
    assert client.list_email_identities()["EmailIdentities"] == []


def test_delete_reports_denied_deletion(sescli, ses, refusing, boto):
    sescli("identity", "verify", "example.com")
    refusing(**{"DELETE /v2/email/identities/example.com": denied("DeleteEmailIdentity")})
    ran = sescli("identity", "delete", "example.com", "--yes", "-o", "json")
    assert ran.code == 4
    assert "DeleteEmailIdentity" in ran.error["message"]
    assert names(boto) == {"example.com"}


def test_delete_missing_object_does_not_suggest_to_create_it(sescli, ses):
    for line in (["identity", "delete", "none.example"], ["receipt", "rule-set", "delete", "none"]):
        ran = sescli(*line, "--yes", "-o", "json")
        assert ran.code == 5
        assert " list" in ran.error["hint"]
        assert "verify" not in ran.error["hint"]
        assert "create" not in ran.error["hint"]
