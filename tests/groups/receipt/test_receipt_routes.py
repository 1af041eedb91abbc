"""`sescli receipt test`: the recipient conditions of SES one by one, and the result of each rule."""

from __future__ import annotations

import pytest
from gatekeeper import denied

from sescli.mail.addresses import parse_address
from sescli.mail.recipient_conditions import condition

STOP = {"StopAction": {"Scope": "RuleSet"}}


@pytest.mark.parametrize(
    ("recipient", "address", "is_match"),
    [
        ("user@example.com", "user@example.com", True),
        ("user@example.com", "USER@Example.COM", True),
        ("user@example.com", "user+label@example.com", True),
        ("user@example.com", "user+a+b@example.com", True),
        ("user@example.com", "other@example.com", False),
        ("user@example.com", "user@sub.example.com", False),
        ("user@example.com", "user@example.org", False),
        ("user@example.com", "xuser@example.com", False),
        ("user+label@example.com", "user+label@example.com", True),
        ("user+label@example.com", "user@example.com", False),
        ("user+label@example.com", "user+other@example.com", False),
        ("example.com", "anyone@example.com", True),
        ("example.com", "any+one@EXAMPLE.com", True),
        ("example.com", "anyone@sub.example.com", False),
        ("example.com", "anyone@badexample.com", False),
        ("sub.example.com", "anyone@sub.example.com", True),
        ("sub.example.com", "anyone@example.com", False),
        (".example.com", "anyone@sub.example.com", True),
        (".example.com", "anyone@deep.sub.example.com", True),
        (".example.com", "anyone@example.com", False),
        (".example.com", "anyone@badexample.com", False),
    ],
)
def test_recipient_condition_matches_as_in_ses(recipient, address, is_match):
    matched, reason = condition((recipient,), parse_address(address))
    assert matched is is_match
    assert reason


def test_no_recipient_condition_matches_every_address():
    assert condition((), parse_address("a@example.com"))[0] is True


@pytest.mark.parametrize(
    ("recipient", "address", "explanation"),
    [
        ("example.com", "a@sub.example.com", ".example.com would"),
        (".example.com", "a@example.com", "not example.com itself"),
        ("user+label@example.com", "user@example.com", "user@example.com would match all"),
    ],
)
def test_recipient_condition_explains_near_miss(recipient, address, explanation):
    assert explanation in condition(("other@example.org", recipient), parse_address(address))[1]


@pytest.fixture
def active_rule_set(boto):
    """An active rule set with all kinds of rules, and a verified domain."""
    v1 = boto("ses")
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    v1.create_receipt_rule_set(RuleSetName="main")
    header = {"AddHeaderAction": {"HeaderName": "X-A", "HeaderValue": "a"}}
    waiting = {
        "LambdaAction": {
            "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:F",
            "InvocationType": "RequestResponse",
        }
    }
    previous = {}
    for name, enabled, recipients, actions in (
        ("off", False, ["jane@example.com"], [STOP]),
        ("support", True, ["support@example.com"], [header]),
        ("jane", True, ["jane@example.com"], [header, waiting]),
        ("domain", True, ["example.com"], [header, STOP, header]),
        ("late", True, [], [header]),
    ):
        rule = {"Name": name, "Enabled": enabled, "Recipients": recipients, "Actions": actions}
        v1.create_receipt_rule(RuleSetName="main", Rule=rule, **previous)
        previous = {"After": name}
    v1.set_active_receipt_rule_set(RuleSetName="main")
    return v1


def test_receipt_test_shows_the_result_of_each_rule(sescli, active_rule_set):
    found = sescli("receipt", "test", "Jane+news@example.com", "-o", "json").json
    assert (found["accepted"], found["active"], found["verified_identity"]) == (True, True, "example.com")
    assert [(rule["name"], rule["verdict"]) for rule in found["rules"]] == [
        ("off", "disabled"),
        ("support", "no match"),
        ("jane", "matches"),
        ("domain", "matches"),
        ("late", "not reached"),
    ]
    off, _, jane, domain, late = found["rules"]
    assert "enabled, it would match" in off["reason"]
    assert "any +label" in jane["reason"]
    assert "can stop" in jane["reason"]
    assert domain["actions"] == ["header X-A: a", "stop"]  # actions after the stop do not run
    assert "domain stops the rule set" in late["reason"]


def test_receipt_test_accepts_subdomain_of_verified_domain(sescli, active_rule_set):
    found = sescli("receipt", "test", "bob@shop.example.com", "-o", "json")
    assert found.code == 0
    assert found.json["verified_identity"] == "example.com"
    assert [rule["name"] for rule in found.json["rules"] if rule["verdict"] == "matches"] == ["late"]


def test_receipt_test_exits_3_if_ses_would_reject_the_message(sescli, active_rule_set):
    ran = sescli("receipt", "test", "bob@example.org", "-o", "json")
    assert (ran.code, ran.json["accepted"], ran.json["domain_verified"]) == (3, False, False)
    active_rule_set.delete_receipt_rule(RuleSetName="main", RuleName="late")
    ran = sescli("receipt", "test", "bob@shop.example.com", "-o", "json")
    assert (ran.code, ran.json["accepted"], ran.json["domain_verified"]) == (3, False, True)
    assert "no enabled rule" in ran.json["reason"]


def test_receipt_test_with_inactive_rule_set(sescli, active_rule_set):
    active_rule_set.clone_receipt_rule_set(RuleSetName="next", OriginalRuleSetName="main")
    ran = sescli("receipt", "test", "jane@example.com", "--set", "next", "-o", "json")
    assert (ran.code, ran.json["active"]) == (0, False)
    assert "but next is not active" in ran.json["reason"]


def test_receipt_test_with_denied_domain_look_up(sescli, active_rule_set, refusing):
    refusing(**{"GET /v2/email/identities/example.com": denied("GetEmailIdentity")})
    ran = sescli("receipt", "test", "jane@example.com", "-o", "json")
    assert (ran.code, ran.json["domain_verified"], ran.json["accepted"]) == (0, None, True)


def test_receipt_test_rejects_pending_domain(sescli, patient_ses, boto):
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    boto("ses").create_receipt_rule_set(RuleSetName="main")
    boto("ses").create_receipt_rule(
        RuleSetName="main", Rule={"Name": "all", "Enabled": True, "Actions": [STOP]}
    )
    boto("ses").set_active_receipt_rule_set(RuleSetName="main")
    assert sescli("receipt", "test", "jane@example.com").code == 3
    patient_ses.control(verify="example.com")
    assert sescli("receipt", "test", "jane@example.com").code == 0


def test_receipt_test_rejects_invalid_address(sescli, ses):
    assert sescli("receipt", "test", "jane", "-o", "json").error["code"] == "InvalidAddress"
