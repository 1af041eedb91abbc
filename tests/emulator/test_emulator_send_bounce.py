"""SendBounce: bounces a message after it was received (docs/ses-behavior.md#sendbounce, RFC 3464)."""

import email

import pytest
from refusals import refused

from sescli.emulator.delivery import DeliverRequest

MAIL = b"From: Jane <jane@example.org>\nTo: support@example.com\nSubject: Order 1001\n\nWhere is it?\n"
GONE = [{"Recipient": "support@example.com", "BounceType": "DoesNotExist"}]


@pytest.fixture
def came(v1, v2, inbox):
    """Deliver a message to support@example.com and return its message ID."""
    v2.create_email_identity(EmailIdentity="example.com")
    v1.create_receipt_rule_set(RuleSetName="main")
    v1.set_active_receipt_rule_set(RuleSetName="main")
    v1.create_receipt_rule(RuleSetName="main", Rule={"Name": "all", "Enabled": True})

    def run_import(sender="jane@example.org"):
        incoming = DeliverRequest(MAIL, recipients=["support@example.com"], sender=sender)
        return inbox.deliver(incoming).message_id

    return run_import


def test_send_bounce_notifies_original_sender(v1, inbox, came):
    v1.send_bounce(
        OriginalMessageId=came(),
        BounceSender="mailer-daemon@example.com",
        Explanation="Nobody of that name.",
        MessageDsn={
            "ReportingMta": "dns; mx.example.com",
            "ExtensionFields": [{"Name": "X-Case", "Value": "7\r\nBcc: x@example.net"}],
        },
        BouncedRecipientInfoList=[
            *GONE,
            {
                "Recipient": "sales@example.com",
                "RecipientDsnFields": {
                    "Action": "delayed",
                    "Status": "4.4.1",
                    "DiagnosticCode": "smtp; 421 later",
                },
            },
        ],
    )
    (mail,) = inbox.messages()
    assert (mail.from_, mail.to) == ("mailer-daemon@example.com", ("jane@example.org",))
    bounce = email.message_from_bytes(inbox.raw(mail.id))
    assert (bounce.get_content_type(), bounce.get_param("report-type")) == (
        "multipart/report",
        "delivery-status",
    )
    text, status, head = bounce.get_payload()
    assert text.get_payload().strip() == "Nobody of that name."
    about, gone, later = status.get_payload()
    assert (about["Reporting-MTA"], about["X-Case"]) == ("dns; mx.example.com", "7 Bcc: x@example.net")
    assert (gone["Final-Recipient"], gone["Action"], gone["Status"]) == (
        "rfc822; support@example.com",
        "failed",
        "5.1.1",
    )
    assert (later["Action"], later["Status"], later["Diagnostic-Code"]) == (
        "delayed",
        "4.4.1",
        "smtp; 421 later",
    )
    assert "Subject: Order 1001" in head.get_payload()
    assert "Where is it?" not in head.get_payload()


def test_send_bounce_accepts_only_messages_of_last_day(v1, inbox, came):
    message_id = came()
    inbox.control(clock="+23h")
    v1.send_bounce(OriginalMessageId=message_id, BounceSender="d@example.com", BouncedRecipientInfoList=GONE)
    inbox.control(clock="+2h")
    with refused("MessageRejected", "24 hours"):
        v1.send_bounce(
            OriginalMessageId=message_id, BounceSender="d@example.com", BouncedRecipientInfoList=GONE
        )


def test_send_bounce_rejects_invalid_request(v1, came):
    message_id = came()
    with refused("MessageRejected", "d@example.net"):
        v1.send_bounce(
            OriginalMessageId=message_id, BounceSender="d@example.net", BouncedRecipientInfoList=GONE
        )
    with refused("InvalidParameterValue", "BounceType"):
        v1.send_bounce(
            OriginalMessageId=message_id,
            BounceSender="d@example.com",
            BouncedRecipientInfoList=[{"Recipient": "support@example.com"}],
        )
    with refused("InvalidParameterValue"):
        v1.send_bounce(
            OriginalMessageId=message_id, BounceSender="d@example.com", BouncedRecipientInfoList=[]
        )
    with refused("InvalidParameterValue", "header field"):
        v1.send_bounce(
            OriginalMessageId=message_id,
            BounceSender="d@example.com",
            MessageDsn={"ReportingMta": "dns; a", "ExtensionFields": [{"Name": "a: b", "Value": "c"}]},
            BouncedRecipientInfoList=GONE,
        )
    with refused("MessageRejected", "itself a bounce"):
        v1.send_bounce(
            OriginalMessageId=came(sender=""), BounceSender="d@example.com", BouncedRecipientInfoList=GONE
        )
