"""`send` and `bulk` check the same things before a send, with the same result and in the same words."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from gatekeeper import denied

BATCH = """\
version: 1
name: news
from: {sender}
content: {{subject: Hello, text: Hi}}
recipients:
"""


@dataclass
class Checked:
    """What a command said before the send: whether it would send, why not, how to fix it, and its warnings."""

    is_ok: bool
    problems: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@pytest.fixture
def send_check(sescli):
    def check(sender="hello@example.com", to=("jane@example.net",), config_set=None):
        options = [f"--to={address}" for address in to]
        options += ["--config-set", config_set] if config_set else []
        ran = sescli(
            *("send", "email", "--from", sender, *options, "--subject", "s", "--text", "t"), "-o", "json"
        )
        lines = ran.stderr.splitlines()
        warnings = [line.removeprefix("warning: ") for line in lines if line.startswith("warning: ")]
        if ran.code == 0:
            return Checked(is_ok=True, warnings=warnings)
        error = ran.error
        return Checked(False, [error["message"]], [error["hint"]], [error["code"]], warnings)

    return check


@pytest.fixture
def bulk_check(sescli, tmp_path):
    def check(sender="hello@example.com", to=("jane@example.net",), config_set=None):
        path = tmp_path / "batch.yaml"
        head = BATCH.format(sender=sender) + "".join(f"  - {{to: {address}}}\n" for address in to)
        path.write_text(head + (f"config_set: {config_set}\n" if config_set else ""))
        found = sescli("bulk", "validate", str(path), "-o", "json").json
        checked = Checked(found["ok"])
        for one in found["findings"]:
            if one["level"] == "warning":
                checked.warnings.append(one["message"])
            else:
                checked.problems.append(one["message"])
                checked.hints.append(one["hint"])
                checked.codes.append(one["code"])
        for kind in found["problems"]:
            checked.problems += [reason["reason"] for reason in kind["reasons"]]
            checked.codes.append(kind["code"])
        return checked

    return check


@pytest.fixture(params=["send", "bulk"])
def check(request):
    """One of the two commands: `check(sender, to, config_set)` gives what it found."""
    return request.getfixturevalue(f"{request.param}_check")


@pytest.fixture
def client(ses, boto):
    """The account in us-east-1, with example.com verified."""
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    return boto("sesv2")


# Sender


@pytest.mark.parametrize(
    "sender",
    ["owner@other.example", "owner+news@other.example", "a@mail.example.com", "a@EXAMPLE.com"],
    ids=["address", "label", "subdomain", "case of the domain"],
)
def test_preflight_accepts_a_sender_that_an_identity_covers(check, client, sender):
    client.create_email_identity(EmailIdentity="owner@other.example")
    assert check(sender) == Checked(is_ok=True)


@pytest.mark.parametrize("sender", ["me@other.example", "Owner@other.example", "owner@mail.other.example"])
def test_preflight_refuses_a_sender_that_no_identity_covers(check, client, sender):
    client.create_email_identity(EmailIdentity="owner@other.example")
    found = check(sender)
    assert found.problems == [f"neither {sender} nor its domain is verified in us-east-1"]
    assert f"sescli identity verify {sender.partition('@')[2]}" in found.hints[0]
    assert found.codes == ["SenderNotVerified"]


def test_preflight_accepts_a_pending_address_of_a_verified_domain(check, patient_ses, boto):
    for name in ("example.com", "hello@example.com"):
        boto("sesv2").create_email_identity(EmailIdentity=name)
    patient_ses.control(verify="example.com")
    assert check("hello@example.com") == Checked(is_ok=True)


def test_preflight_refuses_a_pending_sender_and_says_where_to_look(check, patient_ses, boto):
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    found = check("hello@example.com")
    assert found.codes == ["SenderNotVerified"]
    assert "example.com is PENDING" in found.hints[0]
    assert "sescli identity show example.com" in found.hints[0]


# Configuration set


def test_preflight_refuses_a_paused_configuration_set(check, client):
    client.create_configuration_set(ConfigurationSetName="promo", SendingOptions={"SendingEnabled": False})
    found = check(config_set="promo")
    assert not found.is_ok
    assert found.problems == ["sending is paused for the configuration set promo in us-east-1"]
    assert "sescli config-set sending promo --on" in found.hints[0]
    assert found.codes == ["ConfigurationSetSendingPaused"]


def test_preflight_refuses_a_missing_configuration_set(check, client):
    found = check(config_set="promo")
    assert found.problems == ['configuration set "promo" not found in us-east-1']
    assert "sescli config-set create promo" in found.hints[0]
    assert found.codes[0] in {"NotFoundException", "ConfigSetNotFound"}


# Account


def test_preflight_refuses_an_account_whose_sending_is_off(check, client):
    client.put_account_sending_attributes(SendingEnabled=False)
    found = check()
    assert found.problems == ["sending is paused for this account in us-east-1"]
    assert "sescli reputation sending --on" in found.hints[0]
    assert found.codes[0] in {"AccountSendingPaused", "SendingPaused"}


def test_preflight_refuses_an_account_that_aws_has_paused(check, client, ses):
    ses.control(enforcement="SHUTDOWN")
    found = check()
    assert found.problems == ["AWS has paused sending for this account in us-east-1"]
    assert "sescli status" in found.hints[0]
    assert "--on" not in found.hints[0]
    assert found.codes[0] in {"AccountSendingPaused", "SendingPaused"}


def test_preflight_warns_of_a_quota_that_is_too_small(check, client, ses):
    ses.control(quota=1)
    to = ("success@simulator.amazonses.com", "bounce@simulator.amazonses.com", "jane@example.net")
    assert "the 24-hour quota has 1 left, and this send has 3 recipients" in check(to=to).warnings


# Recipients


@pytest.mark.parametrize("recipient", ["jane@example.net", "jane+news@example.net", "a@mail.example.com"])
def test_preflight_accepts_a_sandbox_recipient_that_an_identity_covers(check, client, ses, recipient):
    ses.control(sandbox=True)
    client.create_email_identity(EmailIdentity="jane@example.net")
    assert check(to=[recipient]) == Checked(is_ok=True)


@pytest.mark.parametrize("recipient", ["jo@example.net", "Jane@example.net"])
def test_preflight_refuses_a_sandbox_recipient_that_is_not_verified(check, client, ses, recipient):
    ses.control(sandbox=True)
    client.create_email_identity(EmailIdentity="jane@example.net")
    found = check(to=[recipient])
    assert found.problems == [f"the account is in the sandbox in us-east-1, and {recipient} is not verified"]
    assert found.codes[0] in {"RecipientNotVerified", "Sandbox"}


def test_preflight_warns_of_a_suppressed_recipient_in_any_case(check, client):
    client.put_suppressed_destination(EmailAddress="jane@example.net", Reason="BOUNCE")
    (warning,) = check(to=["Jane@example.net"]).warnings
    assert "on the suppression list" in warning
    assert "SES accepts" in warning
    assert "does not deliver" in warning


# Look-ups that fail


def test_preflight_warns_of_denied_look_ups_and_sends(check, client, refusing):
    client.create_configuration_set(ConfigurationSetName="promo")
    refusing(
        GetIdentityVerificationAttributes=denied("GetIdentityVerificationAttributes"),
        **{
            "GET /v2/email/account": denied("GetAccount"),
            "GET /v2/email/configuration-sets/promo": denied("GetConfigurationSet"),
            "GET /v2/email/suppression/addresses/jane%40example.net": denied("GetSuppressedDestination"),
        },
    )
    found = check(config_set="promo")
    assert (found.is_ok, found.problems) == (True, [])
    for subject in (
        "the account",
        "the sender hello@example.com",
        "the configuration set promo",
        "the suppression list",
    ):
        assert f"could not check {subject}: permission denied" in " ".join(found.warnings)
    assert len(found.warnings) == 4


# A pause that only SES's refusal shows


@pytest.fixture
def paused_unseen(client, refusing):
    """A paused configuration set that may not be looked up."""
    client.create_configuration_set(ConfigurationSetName="promo", SendingOptions={"SendingEnabled": False})
    refusing(**{"GET /v2/email/configuration-sets/promo": denied("GetConfigurationSet")})


def test_send_email_names_the_fix_for_a_pause_that_ses_reports(send_check, paused_unseen):
    found = send_check(config_set="promo")
    assert not found.is_ok
    assert found.codes == ["SendingPausedException"]
    assert "sescli config-set sending promo --on" in found.hints[0]


def test_bulk_run_names_the_fix_for_a_pause_that_ses_reports(sescli, bulk_check, paused_unseen, tmp_path):
    assert bulk_check(config_set="promo").is_ok
    ran = sescli("bulk", "run", str(tmp_path / "batch.yaml"), "--yes")
    assert ran.code == 3
    assert "sescli config-set sending promo --on" in " ".join(ran.stderr.split())
    shown = sescli("bulk", "show", "-o", "json").json
    assert "sescli config-set sending promo --on" in shown["remedy"]
    assert "account" not in shown["remedy"]


def test_bulk_validate_checks_thousands_of_sandbox_recipients_in_few_calls(sescli, client, ses, tmp_path):
    ses.control(sandbox=True)
    path = tmp_path / "batch.yaml"
    rows = "".join(f"  - {{to: user{number}@example.com}}\n" for number in range(3_000))
    path.write_text(BATCH.format(sender="hello@example.com") + rows + "  - {to: jo@example.net}\n")
    ran = sescli("bulk", "validate", str(path), "--skip-invalid", "-v", "-o", "json")
    assert (ran.json["ready"], ran.json["invalid"]) == (3_000, 1)
    calls = [line.partition(" in us-east-1")[0] for line in ran.stderr.splitlines() if " ms" in line]
    assert calls == [
        "sesv2 GetAccount",
        "ses GetIdentityVerificationAttributes",
        "sesv2 ListEmailIdentities",
        "sesv2 ListSuppressedDestinations",
    ]
