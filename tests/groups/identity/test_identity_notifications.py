"""`sescli identity notifications`: topics, headers and feedback forwarding, against the embedded SES."""

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


def test_show_json(sescli):
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
    assert f"{TOPIC}, with the headers of the mail" in ran.stdout


def test_set_topics_headers_and_forwarding_at_once(sescli, boto):
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


def test_only_what_changes_is_called_and_forwarding_goes_off_last_and_on_first(sescli, boto):
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
    assert "nothing was changed" in change(sescli, *BOTH, "--no-forwarding").stdout


def test_headers_can_be_turned_off_again(sescli, boto):
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
        (["--headers", "bounce"], "give --bounce ARN too"),
        (["--headers", "bounces"], "bounce, complaint, delivery, all or none"),
        (["--headers", ""], "bounce, complaint, delivery, all or none"),
        (["--bounce", "topic"], "not the ARN of an SNS topic"),
        (["--bounce", ""], "not the ARN of an SNS topic"),
        (["--bounce", f"{TOPIC}\r\nX: y"], "not the ARN of an SNS topic"),
        (["--bounce", f"{TOPIC}.fifo"], "FIFO"),
        (["--bounce", TOPIC.replace("us-east-1", "eu-west-1")], "a topic in eu-west-1"),
    ],
)
def test_what_cannot_work_is_refused(sescli, boto, arguments, words):
    before = attributes(boto)
    ran = change(sescli, *arguments)
    assert ran.code == 2
    assert words in ran.stderr
    assert attributes(boto) == before


def test_taking_a_topic_away_while_nothing_is_mailed_is_refused(sescli, boto):
    change(sescli, *BOTH, "--no-forwarding")
    ran = change(sescli, "--complaint", "none")
    assert (ran.code, "--complaint ARN too, or --forwarding" in ran.stderr) == (2, True)
    assert attributes(boto)["ComplaintTopic"] == TOPIC


def test_the_events_of_the_default_configuration_set_count_too(sescli, boto):
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


def test_what_is_not_there(sescli):
    for verb in (["show"], ["set", "--forwarding"]):
        ran = sescli("identity", "notifications", *verb, "nobody.example", "-o", "json")
        assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
        assert "sescli identity setup nobody.example" in ran.error["hint"]


def test_a_failure_in_between_says_what_was_done(sescli, boto, refusing):
    refusing(SetIdentityHeadersInNotificationsEnabled=denied("SetIdentityHeadersInNotificationsEnabled"))
    ran = change(sescli, "--bounce", TOPIC, "--headers", "all", "-o", "json")
    assert ran.code == 4
    assert ran.error["message"].startswith("done: topic of bounce; then: ")
    assert attributes(boto)["BounceTopic"] == TOPIC


def test_denied_and_throttled(sescli, refusing):
    refusing(GetIdentityNotificationAttributes=denied("GetIdentityNotificationAttributes"))
    assert sescli("identity", "notifications", "show", "example.com").code == 4
    refusing(GetIdentityNotificationAttributes=throttled(9))
    assert sescli("identity", "notifications", "show", "example.com").code == 6
