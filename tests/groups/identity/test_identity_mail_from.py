"""`sescli identity mail-from` and `config-set`, against the emulator."""

from __future__ import annotations

import pytest
from gatekeeper import Answer, denied, throttled

PUT = "PUT /v2/email/identities/example.com/mail-from"


def mail_from(boto, name="example.com"):
    return boto("sesv2").get_email_identity(EmailIdentity=name)["MailFromAttributes"]


@pytest.fixture
def verified(sescli, ses):
    sescli("identity", "verify", "example.com")


def set_mail_from(sescli, *more):
    return sescli("identity", "mail-from", "set", "example.com", *more)


# show


def test_show_explains_missing_mail_from_domain(sescli, verified):
    ran = sescli("identity", "mail-from", "show", "example.com")
    assert ran.code == 0
    assert "SES uses amazonses.com for bounces" in ran.stdout
    assert "sescli identity mail-from set example.com --domain bounce" in ran.stderr


def test_show_json_contains_records(sescli, verified):
    set_mail_from(sescli, "--domain", "bounce")
    shown = sescli("identity", "mail-from", "show", "example.com", "-o", "json").json
    records = shown.pop("records")
    assert shown == {
        "identity": "example.com",
        "mail_from_domain": "bounce.example.com",
        "mail_from_status": "SUCCESS",
        "mail_from_on_mx_failure": "USE_DEFAULT_VALUE",
    }
    assert [(record["type"], record["value"], record["priority"]) for record in records] == [
        ("MX", "feedback-smtp.us-east-1.amazonses.com", 10),
        ("TXT", "v=spf1 include:amazonses.com ~all", None),
    ]


def test_show_explains_pending_status(sescli, patient_ses):
    sescli("identity", "verify", "example.com", "--mail-from", "bounce")
    ran = sescli("identity", "mail-from", "show", "example.com")
    assert "SES has not found the MX record yet" in ran.stdout
    assert "SES sends with amazonses.com until it finds the MX record" in ran.stdout
    assert "sescli identity check example.com" in ran.stderr


def test_show_after_72_hours_hints_at_restart(sescli, refusing):
    failed = {
        "MailFromDomain": "bounce.example.com",
        "MailFromDomainStatus": "FAILED",
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
    }
    refusing(**{"GET /v2/email/identities/example.com": Answer({"MailFromAttributes": failed})})
    ran = sescli("identity", "mail-from", "show", "example.com")
    assert "within 72 hours and stopped looking" in ran.stdout
    assert "SES rejects email until it finds the MX record" in ran.stdout
    assert "look again: sescli identity mail-from set example.com" in ran.stderr
    ran = sescli("identity", "mail-from", "set", "example.com", "--dry-run", "-o", "json")
    assert ran.json[0]["parameters"] == {
        "EmailIdentity": "example.com",
        "MailFromDomain": "bounce.example.com",
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
    }


# set


@pytest.mark.parametrize("given", ["mail", "mail.example.com", "MAIL.Example.com."])
def test_set_accepts_label_or_full_name(sescli, verified, boto, given):
    ran = set_mail_from(sescli, "--domain", given)
    assert ran.code == 0
    assert "feedback-smtp.us-east-1.amazonses.com" in ran.stdout
    assert mail_from(boto)["MailFromDomain"] == "mail.example.com"
    assert mail_from(boto)["BehaviorOnMxFailure"] == "USE_DEFAULT_VALUE"


@pytest.mark.parametrize("spelt", ["reject", "REJECT_MESSAGE", "RejectMessage"])
def test_set_changes_mx_failure_action_and_keeps_domain(sescli, verified, boto, spelt):
    set_mail_from(sescli, "--domain", "mail")
    assert set_mail_from(sescli, "--on-mx-failure", spelt).code == 0
    assert mail_from(boto)["MailFromDomain"] == "mail.example.com"
    assert mail_from(boto)["BehaviorOnMxFailure"] == "REJECT_MESSAGE"
    assert set_mail_from(sescli, "--domain", "bounce", "--yes").code == 0
    assert mail_from(boto)["BehaviorOnMxFailure"] == "REJECT_MESSAGE"


def test_set_asks_before_email_is_rejected(sescli, verified, boto):
    ran = set_mail_from(sescli, "--domain", "mail", "--on-mx-failure", "reject")
    assert ran.code == 2
    assert (
        "SES rejects all email from example.com until it finds the MX record of mail.example.com"
        in ran.stderr
    )
    assert "MailFromDomain" not in mail_from(boto)
    ran = sescli(
        *("identity", "mail-from", "set", "example.com", "--domain", "mail", "--on-mx-failure", "reject"),
        answers=[("Reject email while mail.example.com has no MX record?", True)],
    )
    assert ran.code == 0
    assert "SES rejects email." in ran.stdout


def test_set_accepts_address(sescli, ses, boto):
    sescli("identity", "verify", "jane@example.com")
    ran = sescli("identity", "mail-from", "set", "jane@example.com", "--domain", "bounce")
    assert ran.code == 0
    assert mail_from(boto, "jane@example.com")["MailFromDomain"] == "bounce.example.com"


def test_set_warns_if_domain_is_identity(sescli, verified):
    sescli("identity", "verify", "mail.example.com")
    assert "mail.example.com is also an identity" in set_mail_from(sescli, "--domain", "mail").stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--domain is required"),
        (["--domain", "mail.example.org"], "not a subdomain of example.com"),
        (["--domain", "example.com"], "not a subdomain of example.com"),
        (["--domain", "notexample.com"], "not a subdomain of example.com"),
        (["--domain", "a b"], "not a domain name"),
        (["--domain", "mail\r\nevil"], "not a domain name"),
        (["--domain", "jane@example.com"], "is an email address"),
        (["--domain", "https://mail.example.com"], "is a link"),
        (["--domain", "mail", "--on-mx-failure", "bounce"], "use-default or reject"),
    ],
)
def test_set_rejects_invalid_arguments(sescli, verified, boto, arguments, words):
    ran = set_mail_from(sescli, *arguments)
    assert ran.code == 2
    assert words in ran.stderr
    assert "MailFromDomain" not in mail_from(boto)


# clear


def test_clear_shows_effect_and_asks(sescli, verified, boto):
    set_mail_from(sescli, "--domain", "mail")
    ran = sescli("identity", "mail-from", "clear", "example.com")
    assert ran.code == 2
    assert "Bounces go to amazonses.com instead of mail.example.com" in ran.stderr
    assert "DMARC passes through DKIM alone" in ran.stderr
    sescli("identity", "dkim", "disable", "example.com", "--yes")
    ran = sescli("identity", "mail-from", "clear", "example.com", answers=[("DMARC fails", False)], tty=True)
    assert ran.code == 2
    assert mail_from(boto)["MailFromDomain"] == "mail.example.com"
    ran = sescli("identity", "mail-from", "clear", "example.com", "--yes", "-o", "json")
    assert ran.json["mail_from_domain"] is None
    assert "MailFromDomain" not in mail_from(boto)
    ran = sescli("identity", "mail-from", "clear", "example.com")
    assert (ran.code, "has no MAIL FROM domain" in ran.stdout) == (0, True)


def test_clear_dry_run_changes_nothing(sescli, verified, boto):
    set_mail_from(sescli, "--domain", "mail")
    ran = sescli("identity", "mail-from", "clear", "example.com", "--dry-run", "-o", "json")
    assert [(call["operation"], call["parameters"]) for call in ran.json] == [
        ("PutEmailIdentityMailFromAttributes", {"EmailIdentity": "example.com"})
    ]
    assert mail_from(boto)["MailFromDomain"] == "mail.example.com"


@pytest.mark.parametrize("verb", [("show",), ("set", "--domain", "mail"), ("clear",)])
def test_mail_from_of_missing_identity_reports_not_found(sescli, ses, verb):
    ran = sescli("identity", "mail-from", *verb, "example.com", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")


def test_set_reports_denied_and_throttled_calls(sescli, verified, refusing):
    refusing(**{PUT: denied("PutEmailIdentityMailFromAttributes")})
    assert set_mail_from(sescli, "--domain", "mail").code == 4
    refusing(**{PUT: throttled(9)})
    assert set_mail_from(sescli, "--domain", "mail").code == 6


# config-set


def test_config_set_sets_shows_and_removes_default(sescli, verified, boto):
    v2 = boto("sesv2")
    v2.create_configuration_set(ConfigurationSetName="main")
    assert sescli("identity", "config-set", "example.com", "-o", "json").json["config_set"] is None
    assert sescli("identity", "config-set", "example.com", "main").code == 0
    assert v2.get_email_identity(EmailIdentity="example.com")["ConfigurationSetName"] == "main"
    shown = sescli("identity", "config-set", "example.com", "-o", "json").json
    assert shown == {"identity": "example.com", "config_set": "main"}
    ran = sescli("identity", "config-set", "example.com", "--none", "--dry-run", "-o", "json")
    assert ran.json[0]["parameters"] == {"EmailIdentity": "example.com"}
    assert sescli("identity", "config-set", "example.com", "--none").code == 0
    assert "ConfigurationSetName" not in v2.get_email_identity(EmailIdentity="example.com")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["example.com", "nope"], 5, "configuration set nope not found"),
        (["missing.example", "nope"], 5, "identity missing.example not found"),
        (["missing.example", "--none"], 5, "identity missing.example not found"),
        (["missing.example"], 5, "identity missing.example not found"),
        (["example.com", "a b"], 2, "64 letters"),
        (["example.com", "main", "--none"], 2, "cannot be combined"),
    ],
)
def test_config_set_rejects_missing_or_invalid_names(sescli, verified, arguments, code, words):
    ran = sescli("identity", "config-set", *arguments)
    assert ran.code == code
    assert words in ran.stderr
