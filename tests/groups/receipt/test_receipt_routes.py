"""`sescli receipt test`: the recipient conditions of SES, one by one, and the way through a rule set."""

from __future__ import annotations

import pytest
from gatekeeper import denied

from sescli.mail.addresses import parse_address
from sescli.mail.recipient_conditions import condition

STOP = {"StopAction": {"Scope": "RuleSet"}}


@pytest.mark.parametrize(
    ("recipient", "address", "fits"),
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
def test_a_recipient_condition(recipient, address, fits):
    matched, reason = condition((recipient,), parse_address(address))
    assert matched is fits
    assert reason


def test_no_condition_takes_everybody():
    assert condition((), parse_address("a@example.com"))[0] is True


@pytest.mark.parametrize(
    ("recipient", "address", "told"),
    [
        ("example.com", "a@sub.example.com", ".example.com would"),
        (".example.com", "a@example.com", "not example.com itself"),
        ("user+label@example.com", "user@example.com", "user@example.com would match all"),
    ],
)
def test_a_near_miss_is_explained(recipient, address, told):
    assert told in condition(("other@example.org", recipient), parse_address(address))[1]


@pytest.fixture
def routed(boto):
    """A rule set with a bit of everything, active, and a verified domain."""
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


def test_the_way_through_a_rule_set(sescli, routed):
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
    assert "would take the mail" in off["reason"]
    assert "any +label" in jane["reason"]
    assert "may stop" in jane["reason"]
    assert domain["actions"] == ["header X-A: a", "stop"]  # what stands after the stop does not run
    assert "domain stops the rule set" in late["reason"]


def test_a_subdomain_is_covered_by_the_verified_domain_above_it(sescli, routed):
    found = sescli("receipt", "test", "bob@shop.example.com", "-o", "json")
    assert found.code == 0
    assert found.json["verified_identity"] == "example.com"
    assert [rule["name"] for rule in found.json["rules"] if rule["verdict"] == "matches"] == ["late"]


def test_mail_that_ses_would_reject(sescli, routed):
    ran = sescli("receipt", "test", "bob@example.org", "-o", "json")
    assert (ran.code, ran.json["accepted"], ran.json["domain_verified"]) == (3, False, False)
    routed.delete_receipt_rule(RuleSetName="main", RuleName="late")
    ran = sescli("receipt", "test", "bob@shop.example.com", "-o", "json")
    assert (ran.code, ran.json["accepted"], ran.json["domain_verified"]) == (3, False, True)
    assert "no enabled rule" in ran.json["reason"]


def test_another_set_than_the_active_one(sescli, routed):
    routed.clone_receipt_rule_set(RuleSetName="next", OriginalRuleSetName="main")
    ran = sescli("receipt", "test", "jane@example.com", "--set", "next", "-o", "json")
    assert (ran.code, ran.json["active"]) == (0, False)
    assert "if next were active" in ran.json["reason"]


def test_a_domain_that_may_not_be_asked_for_is_left_open(sescli, routed, refusing):
    refusing(**{"GET /v2/email/identities/example.com": denied("GetEmailIdentity")})
    ran = sescli("receipt", "test", "jane@example.com", "-o", "json")
    assert (ran.code, ran.json["domain_verified"], ran.json["accepted"]) == (0, None, True)


def test_a_pending_domain_receives_nothing(sescli, patient_ses, boto):
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    boto("ses").create_receipt_rule_set(RuleSetName="main")
    boto("ses").create_receipt_rule(
        RuleSetName="main", Rule={"Name": "all", "Enabled": True, "Actions": [STOP]}
    )
    boto("ses").set_active_receipt_rule_set(RuleSetName="main")
    assert sescli("receipt", "test", "jane@example.com").code == 3
    patient_ses.control(verify="example.com")
    assert sescli("receipt", "test", "jane@example.com").code == 0


def test_what_is_no_address(sescli, ses):
    assert sescli("receipt", "test", "jane", "-o", "json").error["code"] == "InvalidAddress"
