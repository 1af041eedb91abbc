"""The events of a message: their types, their order and their members.

docs/ses-behavior.md#event-types, #simulator
"""

import base64
import json
import re

import pytest
from refusals import refused, simple, to

EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SIMULATOR = "simulator.amazonses.com"


@pytest.fixture
def told(shop, inbox):
    """Send a message and read its events."""

    def told(*addresses, sender="Ann <ann@example.com>", content=None, **more):
        sent = shop.send_email(
            FromEmailAddress=sender, Destination=to(*addresses), Content=content or simple(), **more
        )
        return inbox.events(sent["MessageId"])

    return told


# The events of each simulator address
# (docs/ses-behavior.md#simulator, #event-types)
FATES = {
    "success": ["Send", "Delivery"],
    "bounce": ["Send", "Bounce"],
    "complaint": ["Send", "Delivery", "Complaint"],
    "ooto": ["Send", "Delivery"],
    "suppressionlist": ["Send", "Bounce"],
}


@pytest.mark.parametrize("mailbox", FATES)
@pytest.mark.parametrize("label", ["", "+job42"])
def test_simulator_address_causes_its_events(told, mailbox, label):
    events = told(f"{mailbox}{label}@{SIMULATOR}")
    assert [event["eventType"] for event in events] == FATES[mailbox]


def test_real_recipient_has_send_and_delivery_events(told):
    assert [event["eventType"] for event in told("bob@example.org")] == ["Send", "Delivery"]


# The object of each event and its members. AWS may leave out those with "?"; here they are always present
# (docs/ses-behavior.md#event-contents).
OBJECTS = {
    "Send": ("send", set()),
    "Delivery": (
        "delivery",
        {"timestamp", "processingTimeMillis", "recipients", "smtpResponse", "reportingMTA"},
    ),
    "Bounce": (
        "bounce",
        {"bounceType", "bounceSubType", "bouncedRecipients", "timestamp", "feedbackId", "reportingMTA"},
    ),
    "Complaint": (
        "complaint",
        {
            "complainedRecipients", "timestamp", "feedbackId", "complaintSubType", "userAgent",
            "complaintFeedbackType", "arrivalDate",
        },
    ),
}  # fmt: skip
MAIL = {
    "timestamp", "messageId", "source", "sourceArn", "sendingAccountId", "destination", "headersTruncated",
    "headers", "commonHeaders", "tags",
}  # fmt: skip


def test_event_has_documented_members(told):
    for event in told(f"complaint@{SIMULATOR}", f"bounce@{SIMULATOR}"):
        name, members = OBJECTS[event["eventType"]]
        assert set(event) == {"eventType", "mail", name}
        assert set(event[name]) == members
        assert set(event["mail"]) == MAIL
        assert TIME.fullmatch(event["mail"]["timestamp"])
        assert not members or TIME.fullmatch(event[name]["timestamp"])


def test_bounce_event_names_recipient_and_reason(told):
    bounce = told(f"bounce@{SIMULATOR}", "bob@example.org")[1]["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "General")
    # 550 5.1.1 (docs/ses-behavior.md#simulator, #event-contents)
    assert bounce["bouncedRecipients"] == [
        {
            "emailAddress": f"bounce@{SIMULATOR}",
            "action": "failed",
            "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown",
        }
    ]


def test_several_bounces_of_message_share_event(told):
    """See docs/ses-behavior.md#simulator."""
    _, bounce = told(f"bounce@{SIMULATOR}", f"bounce+2@{SIMULATOR}")
    assert [each["emailAddress"] for each in bounce["bounce"]["bouncedRecipients"]] == [
        f"bounce@{SIMULATOR}",
        f"bounce+2@{SIMULATOR}",
    ]


@pytest.mark.parametrize("reason", ["BOUNCE", "COMPLAINT"])
def test_suppressed_recipient_has_send_and_bounce_events(told, shop, reason):
    """Accepted, then a Bounce event OnAccountSuppressionList (docs/ses-behavior.md#suppressed-sends)."""
    shop.put_suppressed_destination(EmailAddress="gone@example.org", Reason=reason)
    send, bounce = told("Gone <GONE@example.org>")
    assert send["eventType"] == "Send"
    assert (bounce["bounce"]["bounceType"], bounce["bounce"]["bounceSubType"]) == (
        "Permanent",
        "OnAccountSuppressionList",
    )


def test_global_suppression_list_has_own_bounce_subtype(told):
    """Suppressed as if on the global list (docs/ses-behavior.md#simulator, #bounce-types)."""
    assert told(f"suppressionlist@{SIMULATOR}")[1]["bounce"]["bounceSubType"] == "Suppressed"


def test_simulated_bounce_is_not_added_to_suppression_list(told, shop):
    """Not in reputation; the simulator's addresses can be used again and again.

    docs/ses-behavior.md#simulator-limits
    """
    told(f"bounce@{SIMULATOR}")
    told(f"complaint@{SIMULATOR}")
    assert shop.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []


def test_unsubscribed_recipient_bounces(told, shop):
    """SES bounces messages to unsubscribed recipients: UnsubscribedRecipient (docs/ses-behavior.md#list-management)."""
    shop.create_contact_list(ContactListName="news")
    shop.create_contact(ContactListName="news", EmailAddress="bob@example.org", UnsubscribeAll=True)
    events = told("bob@example.org", ListManagementOptions={"ContactListName": "news"})
    assert [event["eventType"] for event in events] == ["Send", "Bounce"]
    assert events[1]["bounce"]["bounceSubType"] == "UnsubscribedRecipient"
    assert shop.get_account()["SendQuota"]["SentLast24Hours"] == 1


def test_virus_attachment_causes_reject_event(told):
    """The EICAR file, to a verified address: reason "Bad content" (docs/ses-behavior.md#virus-rejection)."""
    attachment = {"FileName": "test.txt", "RawContent": EICAR.encode()}
    *_, reject = told("ann@example.com", content=simple(Attachments=[attachment]))
    assert reject["eventType"] == "Reject"
    assert reject["reject"] == {"reason": "Bad content"}


def test_virus_in_raw_message_causes_reject_event(shop, inbox):
    coded = base64.b64encode(EICAR.encode()).decode()
    raw = (
        "From: ann@example.com\nTo: ann@example.com\nSubject: x\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHello\n--b\n"
        "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
        f"Content-Disposition: attachment; filename=t.txt\n\n{coded}\n--b--\n"
    )
    sent = shop.send_email(Content={"Raw": {"Data": raw.encode()}})
    assert inbox.events(sent["MessageId"])[-1]["eventType"] == "Reject"


def test_missing_variable_causes_rendering_failure_event(told, shop):
    """eventType with a space, the object `failure`, and its text.

    docs/ses-behavior.md#event-types, #missing-variables
    """
    shop.create_email_template(
        TemplateName="hello", TemplateContent={"Subject": "Hello {{name}}", "Text": "x"}
    )
    (event,) = told("bob@example.org", content={"Template": {"TemplateName": "hello", "TemplateData": "{}"}})
    assert event["eventType"] == "Rendering Failure"
    assert event["failure"] == {
        "templateName": "hello",
        "errorMessage": "Attribute 'name' is not present in the rendering data.",
    }
    assert "headers" not in event["mail"]


# The `mail` object of an event


def test_event_describes_api_message(told, shop):
    shop.create_configuration_set(ConfigurationSetName="orders")
    send = told(
        "Bob <bob@example.org>",
        ConfigurationSetName="orders",
        ReplyToAddresses=["help@example.com"],
        EmailTags=[{"Name": "campaign", "Value": "spring"}],
        content=simple("Grüße", Headers=[{"Name": "X-Job", "Value": "42"}]),
    )[0]
    mail = send["mail"]
    assert mail["source"] == "Ann <ann@example.com>"
    assert mail["sourceArn"] == "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    assert mail["sendingAccountId"] == "123456789012"
    assert mail["destination"] == ["bob@example.org"]
    headers = {header["name"]: header["value"] for header in mail["headers"]}
    assert headers["To"] == "Bob <bob@example.org>"
    assert headers["X-Job"] == "42"
    assert headers["Subject"] == "Grüße"
    assert mail["commonHeaders"] == {
        "from": ["Ann <ann@example.com>"],
        "replyTo": ["help@example.com"],
        "to": ["Bob <bob@example.org>"],
        "messageId": mail["messageId"],
        "subject": "Grüße",
    }
    # Automatic tags on every event; values are lists (docs/ses-behavior.md#automatic-tags, #event-contents)
    assert mail["tags"] == {
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": ["orders"],
        "ses:source-ip": ["127.0.0.1"],
        "ses:from-domain": ["example.com"],
        "ses:caller-identity": ["local"],
        "campaign": ["spring"],
    }


def test_delivery_event_has_outgoing_ip_tag(told):
    """ses:outgoing-ip (delivery) (docs/ses-behavior.md#automatic-tags)."""
    send, delivery = told("bob@example.org")
    assert "ses:outgoing-ip" not in send["mail"]["tags"]
    assert delivery["mail"]["tags"]["ses:outgoing-ip"]


def test_event_describes_raw_message(v1, shop, inbox):
    shop.create_configuration_set(ConfigurationSetName="orders")
    raw = (
        "From: Ann <ann@example.com>\nTo: bob@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n"
        "X-SES-CONFIGURATION-SET: orders\nX-SES-MESSAGE-TAGS: campaign=spring, tier=gold\n\nHello\n"
    )
    sent = v1.send_raw_email(RawMessage={"Data": raw.encode()}, Tags=[{"Name": "tier", "Value": "silver"}])
    mail = inbox.events(sent["MessageId"])[0]["mail"]
    assert mail["tags"]["ses:configuration-set"] == ["orders"]
    assert mail["tags"]["ses:operation"] == ["SendRawEmail"]
    assert mail["tags"]["campaign"] == ["spring"]
    # API tags override header tags (docs/ses-behavior.md#automatic-tags)
    assert mail["tags"]["tier"] == ["silver"]
    assert {"name": "X-SES-MESSAGE-TAGS", "value": "campaign=spring, tier=gold"} in mail["headers"]


def test_raw_message_with_unknown_charset_has_events(shop, inbox):
    raw = b"From: ann@example.com\nTo: bob@example.org\nSubject: Gr\xfc\xdfe\nX-Odd: =?nope?q?x?= \xff\n\n\xff\n"
    sent = shop.send_email(Content={"Raw": {"Data": raw}})
    assert [event["eventType"] for event in inbox.events(sent["MessageId"])] == ["Send", "Delivery"]


def test_event_truncates_many_headers(told):
    many = [{"Name": f"X-Long-{n}", "Value": "x" * 900} for n in range(14)]
    mail = told("bob@example.org", content=simple(Headers=many))[0]["mail"]
    assert mail["headersTruncated"] is True
    assert sum(len(each["name"]) + len(each["value"]) for each in mail["headers"]) <= 10 * 1024


def test_events_are_identical_in_every_request(told, inbox):
    events = told(f"complaint@{SIMULATOR}")
    assert inbox.events(events[0]["mail"]["messageId"]) == events
    assert json.dumps(events).isascii()


# GetMessageInsights (docs/ses-behavior.md#bounce-types: it spells the bounce types in capitals)


def test_insights_list_events_per_recipient(told, shop):
    sent = told(f"complaint@{SIMULATOR}", f"bounce@{SIMULATOR}", "bob@gmail.com")[0]["mail"]["messageId"]
    insights = shop.get_message_insights(MessageId=sent)
    assert insights["FromEmailAddress"] == "Ann <ann@example.com>"
    assert insights["Subject"] == "Hello"
    by_address = {each["Destination"]: each for each in insights["Insights"]}
    assert {address: [event["Type"] for event in each["Events"]] for address, each in by_address.items()} == {
        f"complaint@{SIMULATOR}": ["SEND", "DELIVERY", "COMPLAINT"],
        f"bounce@{SIMULATOR}": ["SEND", "BOUNCE"],
        "bob@gmail.com": ["SEND", "DELIVERY"],
    }
    assert by_address["bob@gmail.com"]["Isp"] == "Gmail"
    assert by_address[f"bounce@{SIMULATOR}"]["Events"][1]["Details"]["Bounce"] == {
        "BounceType": "PERMANENT",
        "BounceSubType": "General",
        "DiagnosticCode": "smtp; 550 5.1.1 user unknown",
    }


def test_insights_of_unknown_message_are_not_found(shop):
    with refused("NotFoundException", status=404):
        shop.get_message_insights(MessageId="0100")
