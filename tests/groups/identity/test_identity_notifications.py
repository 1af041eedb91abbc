"""`sescli identity notifications`: topics, headers and feedback forwarding, against the emulator."""

from __future__ import annotations

import pytest
from gatekeeper import denied, throttled

TOPIC = "arn:aws:sns:us-east-1:123456789012:bounces"
BOTH = ("--bounce", TOPIC, "--complaint", TOPIC)


@pytest.fixture(autouse=True)
def verified(sescli, ses):
    sescli("identity", "verify", "example.com")


def change(sescli, *more):
    return sescli("identity", "notifications", "set", "example.com", *more)


def attributes(boto):
    answer = boto("ses").get_identity_notification_attributes(Identities=["example.com"])
    return answer["NotificationAttributes"]["example.com"]


def test_show_reports_topics_headers_and_forwarding(sescli):
    change(sescli, "--bounce", TOPIC, "--headers", "bounce")
    shown = sescli("identity", "notifications", "show", "example.com", "-o", "json").json
    assert shown == {
        "identity": "example.com",
        "bounce": {"topic": TOPIC, "headers": True},
        "complaint": {"topic": None, "headers": False},
        "delivery": {"topic": None, "headers": False},
        "feedback_forwarding": True,
    }
    ran = sescli("identity", "notifications", "show", "example.com")
    assert f"{TOPIC}, with message headers" in ran.stdout


def test_set_applies_topics_headers_and_forwarding(sescli, boto):
    ran = change(sescli, *BOTH, "--delivery", f"{TOPIC}-2", "--headers", "bounce,delivery", "--no-forwarding")
    assert ran.code == 0
    assert attributes(boto) == {
        "BounceTopic": TOPIC,
        "ComplaintTopic": TOPIC,
        "DeliveryTopic": f"{TOPIC}-2",
        "ForwardingEnabled": False,
        "HeadersInBounceNotificationsEnabled": True,
        "HeadersInComplaintNotificationsEnabled": False,
        "HeadersInDeliveryNotificationsEnabled": True,
    }
    assert boto("sesv2").get_email_identity(EmailIdentity="example.com")["FeedbackForwardingStatus"] is False


def test_set_makes_only_needed_calls_in_safe_order(sescli, boto):
    ran = change(sescli, *BOTH, "--headers", "all", "--no-forwarding", "--dry-run", "-o", "json")
    assert [call["operation"] for call in ran.json] == [
        "SetIdentityNotificationTopic",
        "SetIdentityHeadersInNotificationsEnabled",
        "SetIdentityNotificationTopic",
        "SetIdentityHeadersInNotificationsEnabled",
        "PutEmailIdentityFeedbackAttributes",
    ]
    assert "BounceTopic" not in attributes(boto) or not attributes(boto)["BounceTopic"]
    change(sescli, *BOTH, "--headers", "all", "--no-forwarding")
    ran = change(sescli, "--bounce", "none", "--forwarding", "--dry-run", "-o", "json")
    assert [(call["operation"], call["parameters"]) for call in ran.json] == [
        (
            "PutEmailIdentityFeedbackAttributes",
            {"EmailIdentity": "example.com", "EmailForwardingEnabled": True},
        ),
        ("SetIdentityNotificationTopic", {"Identity": "example.com", "NotificationType": "Bounce"}),
    ]
    assert "Nothing changed." in change(sescli, *BOTH, "--no-forwarding").stdout


def test_set_turns_headers_off(sescli, boto):
    change(sescli, *BOTH, "--headers", "all")
    assert change(sescli, "--headers", "none").code == 0
    assert attributes(boto)["HeadersInBounceNotificationsEnabled"] is False
    assert change(sescli, "--complaint", "none").code == 0
    assert not attributes(boto).get("ComplaintTopic")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing to set"),
        (["--no-forwarding"], "--bounce ARN --complaint ARN"),
        (["--no-forwarding", "--bounce", TOPIC], "complaint notifications"),
        (["--no-forwarding", *BOTH, "--bounce", "none"], "bounce notifications"),
        (["--headers", "bounce"], "also use --bounce ARN"),
        (["--headers", "bounces"], "bounce, complaint, delivery, all or none"),
        (["--headers", ""], "bounce, complaint, delivery, all or none"),
        (["--bounce", "topic"], "not the ARN of an SNS topic"),
        (["--bounce", ""], "not the ARN of an SNS topic"),
        (["--bounce", f"{TOPIC}\r\nX: y"], "not the ARN of an SNS topic"),
        (["--bounce", f"{TOPIC}.fifo"], "FIFO"),
        (["--bounce", TOPIC.replace("us-east-1", "eu-west-1")], "a topic in eu-west-1"),
    ],
)
def test_set_rejects_invalid_arguments(sescli, boto, arguments, words):
    before = attributes(boto)
    ran = change(sescli, *arguments)
    assert ran.code == 2
    assert words in ran.stderr
    assert attributes(boto) == before


def test_set_refuses_to_remove_last_receiver(sescli, boto):
    change(sescli, *BOTH, "--no-forwarding")
    ran = change(sescli, "--complaint", "none")
    assert (ran.code, "also use --complaint ARN, or use --forwarding" in ran.stderr) == (2, True)
    assert attributes(boto)["ComplaintTopic"] == TOPIC


def test_set_accepts_events_of_default_configuration_set(sescli, boto):
    v2 = boto("sesv2")
    v2.create_configuration_set(ConfigurationSetName="main")
    destination = {"Enabled": False, "MatchingEventTypes": ["BOUNCE"], "SnsDestination": {"TopicArn": TOPIC}}
    names = {"ConfigurationSetName": "main", "EventDestinationName": "events"}
    v2.create_configuration_set_event_destination(**names, EventDestination=destination)
    sescli("identity", "config-set", "example.com", "main")
    assert change(sescli, "--no-forwarding").code == 2
    destination |= {"Enabled": True, "MatchingEventTypes": ["BOUNCE", "COMPLAINT"]}
    v2.update_configuration_set_event_destination(**names, EventDestination=destination)
    assert change(sescli, "--no-forwarding").code == 0
    assert attributes(boto)["ForwardingEnabled"] is False


def test_notifications_of_missing_identity_report_not_found(sescli):
    for verb in (["show"], ["set", "--forwarding"]):
        ran = sescli("identity", "notifications", *verb, "missing.example", "-o", "json")
        assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
        assert "sescli identity setup missing.example" in ran.error["hint"]


def test_set_failure_lists_changes_already_made(sescli, boto, refusing):
    refusing(SetIdentityHeadersInNotificationsEnabled=denied("SetIdentityHeadersInNotificationsEnabled"))
    ran = change(sescli, "--bounce", TOPIC, "--headers", "all", "-o", "json")
    assert ran.code == 4
    assert ran.error["message"].startswith("changed bounce topic; then: ")
    assert attributes(boto)["BounceTopic"] == TOPIC


def test_show_reports_denied_and_throttled_calls(sescli, refusing):
    refusing(GetIdentityNotificationAttributes=denied("GetIdentityNotificationAttributes"))
    assert sescli("identity", "notifications", "show", "example.com").code == 4
    refusing(GetIdentityNotificationAttributes=throttled(9))
    assert sescli("identity", "notifications", "show", "example.com").code == 6
