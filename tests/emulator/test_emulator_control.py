"""`local control`: settings for what AWS decides, on the command line and over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from clients import make_client
from emulator_access import AUTHORIZED
from refusals import refused, simple, to

from sescli.emulator import process
from sescli.emulator.client import Inbox
from sescli.errors import UsageError


@pytest.fixture
def control(sescli, endpoint, inbox):
    """Run `sescli local control …` on the server of the session."""
    return lambda *arguments: sescli("local", "control", *arguments, "--endpoint-url", endpoint)


def send(shop, *recipients):
    return shop.send_email(
        FromEmailAddress="a@example.com",
        Destination=to(*(recipients or ("b@example.net",))),
        Content=simple(),
    )


def sent_last_day(v2):
    return v2.get_account()["SendQuota"]["SentLast24Hours"]


# Showing settings


def test_control_without_options_shows_settings(control):
    """docs/emulator.md: an account in production, 1,000,000 per day, 500 per second."""
    shown = control("-o", "json").json
    assert shown | {"clock": None} == {
        "region": "us-east-1",
        "sandbox": False,
        "quota": 1_000_000,
        "rate": 500,
        "enforcement": "HEALTHY",
        "review": None,
        "dedicated_ips": [],
        "failures": [],
        "verification": "auto",
        "clock": None,
    }
    assert shown["clock"]["mode"] == "real"
    assert abs(shown["clock"]["offset_seconds"]) <= 1


def test_control_table_shows_settings_in_words(control):
    control("--sandbox", "on", "--quota", "-1", "--fail", "Throttling:2", "--clock", "2027-01-01T00:00Z")
    shown = control().stdout
    for words in (
        "yes",
        "no limit",
        "TooManyRequestsException (2 left)",
        "2027-01-01T00:00:00Z (stopped)",
    ):
        assert words in shown


# Each setting


def test_control_sandbox_limits_recipients_quota_and_rate(control, shop):
    """200 in 24 hours, 1 per second, verified recipients (docs/ses-behavior.md#sandbox)."""
    answer = control("--sandbox", "on", "-o", "json").json
    assert (answer["sandbox"], answer["quota"], answer["rate"]) == (True, 200, 1)
    with refused("MessageRejected", "not verified"):
        send(shop)
    control("--sandbox", "off")
    send(shop)


def test_control_quota_and_rate_limit_sends(control, shop):
    control("--quota", "2", "--rate", "100")
    assert shop.get_account()["SendQuota"] | {"SentLast24Hours": 0} == {
        "Max24HourSend": 2.0,
        "MaxSendRate": 100.0,
        "SentLast24Hours": 0,
    }
    send(shop, "b@example.net", "c@example.net")
    with refused("TooManyRequestsException", "Daily message quota exceeded", 429):
        send(shop)


def test_control_fail_applies_to_next_sends(control, shop):
    """429, Maximum sending rate exceeded (docs/ses-behavior.md#throttling)."""
    assert control("--fail", "Throttling:2", "-o", "json").json["failures"] == [
        {"code": "TooManyRequestsException", "left": 2}
    ]
    for _ in range(2):
        with refused("TooManyRequestsException", "Maximum sending rate exceeded", 429):
            send(shop)
    send(shop)
    assert control("-o", "json").json["failures"] == []


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("MessageRejected", "MessageRejected"),
        ("MESSAGE_REJECTED", "MessageRejected"),
        ("AccountSuspendedException", "AccountSuspendedException"),
        ("ACCOUNT_SUSPENDED", "AccountSuspendedException"),
        ("AccountSendingPausedException", "SendingPausedException"),
    ],
)
def test_control_fail_maps_code_to_api_error(control, shop, asked, answered):
    """v1 has MessageRejected for a suspended account too; v2 has a separate code.

    docs/ses-behavior.md#error-codes-v2, #error-codes-v1
    """
    control("--fail", asked)
    with refused(answered, "as requested"):
        send(shop)


def test_control_enforcement_and_review_change_account(control, v2):
    """EnforcementStatus, ReviewDetails (docs/ses-behavior.md#enforcement-status)."""
    control("--enforcement", "probation", "--review", "denied", "--sandbox", "on")
    account = v2.get_account()
    assert account["EnforcementStatus"] == "PROBATION"
    assert account["Details"]["ReviewDetails"]["Status"] == "DENIED"
    assert control("-o", "json").json["review"] == "DENIED"


def test_control_dedicated_ip_leases_address(control, v2):
    control("--dedicated-ip", "198.51.100.7")
    assert [each["Ip"] for each in v2.get_dedicated_ips()["DedicatedIps"]] == ["198.51.100.7"]
    assert control("-o", "json").json["dedicated_ips"] == ["198.51.100.7"]


def test_control_verify_verifies_identity(sescli, manual, manual_server):
    v2, _ = manual
    v2.create_email_identity(EmailIdentity="jane@example.org")
    ran = sescli("local", "control", "--verify", "jane@example.org", "--endpoint-url", manual_server)
    assert ran.code == 0
    assert v2.get_email_identity(EmailIdentity="jane@example.org")["VerifiedForSendingStatus"] is True


def test_control_applies_to_given_region(control, client):
    control("--quota", "7", "--region", "eu-west-1")
    assert client("sesv2", "eu-west-1").get_account()["SendQuota"]["Max24HourSend"] == 7
    assert client("sesv2").get_account()["SendQuota"]["Max24HourSend"] == 1_000_000
    assert control("-o", "json", "--region", "eu-west-1").json["region"] == "eu-west-1"


def test_control_uses_region_of_environment(control, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert control("-o", "json").json["region"] == "eu-west-1"


# The clock


def test_clock_shift_by_a_day_frees_quota(control, shop):
    """Max24HourSend applies to the last 24 hours (docs/ses-behavior.md#quota-counts-recipients)."""
    control("--quota", "1")
    send(shop)
    control("--clock", "+23h")
    with refused("TooManyRequestsException", "Daily message quota exceeded", 429):
        send(shop)
    control("--clock", "+2h")
    assert sent_last_day(shop) == 0
    send(shop)


def test_clock_stopped_at_time_stands_still(control, shop, inbox):
    control("--clock", "2027-03-01T12:00:00+01:00")
    for _ in range(2):
        send(shop)
    at = datetime(2027, 3, 1, 11, tzinfo=UTC)
    assert [mail.at for mail in inbox.messages()] == [at, at]
    control("--clock", "+90m")
    send(shop)
    assert next(inbox.messages()).at == at + timedelta(minutes=90)
    assert control("-o", "json").json["clock"]["mode"] == "frozen"


def test_clock_without_zone_is_utc(control):
    assert control("--clock", "2027-03-01", "-o", "json").json["clock"]["now"] == "2027-03-01T00:00:00Z"


def test_clock_shifts_add_up_and_real_resets_them(control):
    for shift, hours in (("+2h", 2), ("+1d", 26), ("-30m", 25.5)):
        clock = control("--clock", shift, "-o", "json").json["clock"]
        assert clock["mode"] == "shifted"
        assert abs(clock["offset_seconds"] - hours * 3600) <= 1
    assert control("--clock", "real", "-o", "json").json["clock"]["mode"] == "real"


def test_clock_does_not_affect_sending_rate(control, shop):
    control("--rate", "1", "--clock", "2027-03-01")
    send(shop, "b@example.net", "c@example.net")
    with refused("TooManyRequestsException", "Maximum sending rate exceeded", 429):
        send(shop)
    control("--clock", "+1d")
    with refused("TooManyRequestsException", "Maximum sending rate exceeded", 429):
        send(shop)


@pytest.mark.parametrize(
    "clock",
    ["tomorrow", "25h", "+h", "+1y", "", "2027-13-01", "9999-01-01", "1960-01-01", "-9999w", "+999999w"],
)
def test_clock_rejects_invalid_setting(control, clock):
    ran = control("--clock", clock, "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "Usage")
    assert control("-o", "json").json["clock"]["mode"] == "real"


# Several settings, and errors


def test_control_applies_all_settings_or_none(control):
    assert control("--quota", "9", "--rate", "9", "-o", "json").json["quota"] == 9
    ran = control("--quota", "5", "--enforcement", "nonsense", "--fail", "Throttling", "-o", "json")
    assert ran.code == 2
    shown = control("-o", "json").json
    assert (shown["quota"], shown["failures"]) == (9, [])
    assert control("--sandbox", "on", "--verify", "gone.example").code == 2
    control("--rate", "8")
    assert control("-o", "json").json["sandbox"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        ("--sandbox", "maybe"),
        ("--quota", "0"),
        ("--quota", "-2"),
        ("--rate", "-3"),
        ("--fail", "Throttling:x"),
        ("--verify", "gone.example"),
        ("--enforcement", "SICK"),
        ("--review", "MAYBE"),
        ("--dedicated-ip", "999.1.1.1"),
        ("--quota", "1", "--region", "nowhere"),
    ],
)
def test_control_rejects_invalid_value(control, wrong):
    before = control("-o", "json").json
    ran = control(*wrong, "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "Usage")
    assert control("-o", "json").json | {"clock": 0} == before | {"clock": 0}


def test_control_rejects_unknown_setting(endpoint, inbox):
    request = urllib.request.Request(
        f"{endpoint}/_sescli/control", json.dumps({"gravity": "off"}).encode(), AUTHORIZED
    )
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(request, timeout=10)
    assert (answer.value.code, json.load(answer.value)["message"]) == (400, "unknown setting: gravity")


def test_control_dry_run_changes_nothing(control):
    ran = control("--quota", "5", "--clock", "+1h", "--dry-run", "-o", "json")
    assert ran.code == 0
    assert "quota, clock" in ran.json["would"]
    shown = control("-o", "json").json
    assert (shown["quota"], shown["clock"]["mode"]) == (1_000_000, "real")


def test_control_without_server_hints_how_to_start(sescli):
    ran = sescli("local", "control", "--quota", "5", "-o", "json")
    assert (ran.code, ran.error["hint"]) == (5, "sescli local start")


# Reset and restart


def test_reset_restores_default_settings(control, inbox):
    control("--quota", "5", "--fail", "Throttling:3", "--clock", "+1d", "--enforcement", "SHUTDOWN")
    inbox.reset()
    shown = control("-o", "json").json
    assert (shown["quota"], shown["failures"], shown["enforcement"]) == (1_000_000, [], "HEALTHY")
    assert shown["clock"]["mode"] == "real"


def test_settings_survive_restart(tmp_path):
    try:
        Inbox(process.start(folder=tmp_path).endpoint_url).control(
            quota=5, clock="2027-03-01T12:00Z", review="PENDING"
        )
        process.stop(tmp_path)
        shown = Inbox(process.start(folder=tmp_path).endpoint_url).settings()
        assert (shown["quota"], shown["review"]) == (5, "PENDING")
        assert shown["clock"]["now"] == "2027-03-01T12:00:00Z"
    finally:
        process.stop(tmp_path)


# `local deliver` on the command line; test_emulator_deliver.py tests the rules

MAIL = "From: jane@example.org\nTo: support@example.com\nSubject: Order\n\nWhere is it?\n"


@pytest.fixture
def deliver(sescli, endpoint, inbox):
    return lambda *arguments: sescli(
        "local", "deliver", "-", *arguments, "--endpoint-url", endpoint, stdin=MAIL
    )


def receiving(v1, v2, *actions):
    v2.create_email_identity(EmailIdentity="example.com")
    v1.create_receipt_rule_set(RuleSetName="main")
    v1.set_active_receipt_rule_set(RuleSetName="main")
    rule = {"Name": "one", "Enabled": True, "Recipients": ["support@example.com"], "Actions": list(actions)}
    v1.create_receipt_rule(RuleSetName="main", Rule=rule)


STOP = {"StopAction": {"Scope": "RuleSet"}}


def test_deliver_reports_each_action(deliver, v1, v2):
    receiving(v1, v2, {"AddHeaderAction": {"HeaderName": "X-A", "HeaderValue": "1"}}, STOP)
    ran = deliver("--to", "support@example.com", "-o", "json")
    assert ran.code == 0
    assert ran.json["recipients"] == ["support@example.com"]
    assert [(step["rule"], step["action"], step["outcome"]) for step in ran.json["steps"]] == [
        ("one", "AddHeader", "done"),
        ("one", "Stop", "done"),
    ]
    assert len(ran.json["message_id"]) == 40
    table = deliver("--to", "support@example.com").stdout
    assert "stopped the rule set" in table


def test_deliver_refusal_has_command_that_fixes_it(deliver, v1, v2, endpoint):
    ran = deliver("--to", "support@example.com", "-o", "json")
    assert (ran.code, ran.error["code"]) == (3, "NoActiveRuleSet")
    receiving(v1, v2, STOP)
    ran = deliver("--to", "other@example.com", "-o", "json")
    assert (ran.code, ran.error["code"]) == (3, "NoRuleMatches")
    assert ran.error["hint"] == f"sescli --endpoint-url {endpoint} receipt test other@example.com"
    ran = deliver("--to", "support@example.com", "--to", "other@example.com")
    assert ran.code == 3
    assert "Delivered" in ran.stdout
    assert "reject other@example.com" in ran.stderr


def test_deliver_hint_adds_local_option(sescli, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    try:
        assert sescli("local", "start").code == 0
        for switch in ((), ("--local",)):
            ran = sescli(*switch, "local", "deliver", "-", "--to", "a@example.com", stdin=MAIL)
            assert "sescli --local receipt rule-set create NAME" in ran.stderr
    finally:
        sescli("local", "stop")


def test_deliver_failed_action_exits_with_3(deliver, v1, v2):
    receiving(v1, v2, {"S3Action": {"BucketName": "no-such-bucket"}})
    ran = deliver("--to", "support@example.com")
    assert ran.code == 3
    assert "NoSuchBucket" in ran.stdout
    assert "PublishFailure" in ran.stderr


def test_deliver_dry_run_delivers_nothing(deliver, v1, v2, inbox):
    action = {"SmtpReplyCode": "550", "Message": "gone", "Sender": "m@example.com"}
    receiving(v1, v2, {"BounceAction": action})
    assert deliver("--to", "support@example.com", "--dry-run").code == 0
    assert list(inbox.messages()) == []
    assert deliver("--to", "support@example.com", "--from", "owner@example.org").code == 0
    assert next(inbox.messages()).to == ("owner@example.org",)


def test_deliver_output_is_sanitized(sescli, endpoint, v1, v2):
    receiving(v1, v2, {"AddHeaderAction": {"HeaderName": "X-A", "HeaderValue": "\x1b[31m[bold]red"}})
    ran = sescli(
        "local",
        "deliver",
        "-",
        "--to",
        "support@example.com",
        "--endpoint-url",
        endpoint,
        stdin=MAIL,
        tty=False,
    )
    assert "\x1b" not in ran.stdout
    assert "[bold]red" in ran.stdout


@pytest.mark.parametrize("option", [("--source-ip", "here"), ("--verdict", "spam=MAYBE"), ("--to", "nobody")])
def test_deliver_rejects_invalid_option(deliver, option):
    assert deliver("--to", "support@example.com", *option).code == 2


def test_deliver_requires_recipient(deliver):
    ran = deliver("-o", "json")
    assert (ran.code, "--to" in ran.error["message"]) == (2, True)


def test_client_control_raises_usage_error(inbox):
    with pytest.raises(UsageError):
        inbox.control(clock="never")


def test_clock_is_shared_by_all_regions(control, client):
    control("--clock", "2027-03-01T12:00Z")
    for region in ("us-east-1", "eu-west-1"):
        v2 = make_client("sesv2", client("sesv2").meta.endpoint_url, region)
        v2.create_email_identity(EmailIdentity="example.com")
        info = v2.get_email_identity(EmailIdentity="example.com")["VerificationInfo"]
        assert info["LastSuccessTimestamp"] == datetime(2027, 3, 1, 12, tzinfo=UTC)
