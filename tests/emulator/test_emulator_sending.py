"""SendEmail: allowed senders, rejected messages, and the outcome of accepted messages.

docs/ses-behavior.md#identity-inheritance, #addresses, #headers-not-allowed, #suppressed-sends, #simulator
"""

from email import message_from_bytes
from email.policy import default

import pytest
from refusals import refused, simple, to

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def send(ses, *recipients, sender="shop@example.com", content=None, **more):
    destination = to(*(recipients or ("ann@example.org",)))
    return ses.send_email(
        FromEmailAddress=sender, Destination=destination, Content=content or simple(), **more
    )["MessageId"]


def test_sent_message_is_complete_in_inbox(shop, inbox):
    attachment = {"FileName": "bill.pdf", "RawContent": b"%PDF", "ContentTransferEncoding": "BASE64"}
    message_id = shop.send_email(
        FromEmailAddress="Shop <shop@example.com>",
        Destination={
            "ToAddresses": ["Ann <ann@example.org>"],
            "CcAddresses": ["c@example.org"],
            "BccAddresses": ["b@example.org"],
        },
        ReplyToAddresses=["help@example.com"],
        Content={
            "Simple": {
                "Subject": {"Data": "Grüße"},
                "Body": {"Text": {"Data": "plain"}, "Html": {"Data": "<p>rich</p>"}},
                "Headers": [{"Name": "X-Campaign", "Value": "winter"}],
                "Attachments": [attachment],
            }
        },
        EmailTags=[{"Name": "tier", "Value": "gold"}],
    )["MessageId"]
    mail = inbox.get(message_id)
    assert mail == next(inbox.messages())
    assert (mail.from_, mail.to, mail.cc, mail.bcc) == (
        "Shop <shop@example.com>",
        ("Ann <ann@example.org>",),
        ("c@example.org",),
        ("b@example.org",),
    )
    assert (mail.reply_to, mail.subject, mail.text, mail.html) == (
        ("help@example.com",),
        "Grüße",
        "plain",
        "<p>rich</p>",
    )
    assert mail.headers == ({"name": "X-Campaign", "value": "winter"},)
    assert mail.tags == {"tier": "gold"}
    assert [(each.name, each.type, each.size) for each in mail.attachments] == [
        ("bill.pdf", "application/pdf", 4)
    ]
    assert mail.status == "delivered"
    assert inbox.attachment(message_id, 1) == b"%PDF"
    parsed = message_from_bytes(inbox.raw(mail.id), policy=default)
    assert parsed["Subject"] == "Grüße"
    assert parsed["Bcc"] is None
    assert parsed["X-Campaign"] == "winter"
    assert [part.get_content_type() for part in parsed.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    assert parsed.get_body(("plain",)).get_content().strip() == "plain"
    assert parsed.get_body(("html",)).get_content().strip() == "<p>rich</p>"
    assert inbox.raw(mail.id) == inbox.raw(message_id)


@pytest.mark.parametrize(
    ("verified", "sender"),
    [
        ("example.com", "anyone@example.com"),
        ("example.com", "anyone@EXAMPLE.com"),
        ("example.com", "anyone@news.example.com"),
        ("ann@example.org", "Ann <ann@example.org>"),
        ("ann@example.org", "ann+orders@example.org"),
        ("ann@example.org", "ann@EXAMPLE.ORG"),
    ],
)
def test_verified_sender_may_send(v2, verified, sender):
    v2.create_email_identity(EmailIdentity=verified)
    send(v2, sender=sender)


@pytest.mark.parametrize("sender", ["Ann@example.org", "bob@example.org", "ann@sub.example.org", "a@org"])
def test_unverified_sender_is_rejected(v2, sender):
    v2.create_email_identity(EmailIdentity="ann@example.org")
    with refused("MessageRejected" if sender != "a@org" else "BadRequestException"):
        send(v2, sender=sender)


def test_unverified_sender_error_names_sender_and_region(client):
    with refused("MessageRejected", "failed the check in region EU-WEST-1: nobody@example.com"):
        send(client("sesv2", "eu-west-1"), sender="Nobody <nobody@example.com>")


def test_feedback_address_must_be_verified(shop):
    with refused("MessageRejected", "bounces@example.org"):
        send(shop, FeedbackForwardingEmailAddress="bounces@example.org")


def test_message_accepts_at_most_50_recipients(shop, inbox):
    send(shop, *(f"r{n}@example.org" for n in range(50)))
    with refused("BadRequestException", "exceeds 50"):
        send(shop, *(f"r{n}@example.org" for n in range(51)))
    with refused("BadRequestException"):
        shop.send_email(FromEmailAddress="shop@example.com", Destination={}, Content=simple())


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "ann@nodot", "a b@example.org", "jörg@example.org", "a@b.org\nBcc: c@d.org"],
)
def test_invalid_recipient_is_rejected(shop, inbox, address):
    with refused("BadRequestException"):
        send(shop, address)
    assert list(inbox.messages()) == []


@pytest.mark.parametrize(
    "name",
    ["Bcc", "cc", "Content-Disposition", "Content-Type", "Date", "From", "Message-ID", "MIME-Version",
     "Reply-To", "Return-Path", "Subject", "To"],
)  # fmt: skip
def test_reserved_headers_are_rejected(shop, name):
    with refused("BadRequestException", name):
        send(shop, content=simple(Headers=[{"Name": name, "Value": "x"}]))


@pytest.mark.parametrize(
    "header",
    [
        ("X-A", "b\r\nBcc: x@example.org"),
        ("X A", "b"),
        ("X:", "b"),
        ("X-A", "ü"),
        ("X-A", "v" * 996),
        ("X-" + "A" * 125, "b"),
    ],
)
def test_malformed_headers_are_rejected(shop, header):
    with refused("BadRequestException"):
        send(shop, content=simple(Headers=[{"Name": header[0], "Value": header[1]}]))


def test_message_accepts_at_most_15_headers(shop):
    headers = [{"Name": f"X-{n}", "Value": "v"} for n in range(16)]
    send(shop, content=simple(Headers=headers[:15]))
    with refused("BadRequestException"):
        send(shop, content=simple(Headers=headers))


def test_subject_with_line_break_is_rejected(shop):
    with refused("BadRequestException", "line break"):
        send(shop, content=simple(subject="a\r\nBcc: x@example.org"))


@pytest.mark.parametrize("tag", [("a b", "c"), ("a", "b.c"), ("", "x"), ("a", "x" * 257)])
def test_malformed_message_tags_are_rejected(shop, tag):
    with refused("BadRequestException"):
        send(shop, EmailTags=[{"Name": tag[0], "Value": tag[1]}])


@pytest.mark.parametrize("name", ["run.exe", "a.tar.JS", "x.ps1xml"])
def test_forbidden_attachment_types_are_rejected(shop, name):
    with refused("MessageRejected", name):
        send(shop, content=simple(Attachments=[{"FileName": name, "RawContent": b"x"}]))


def test_message_above_40_mb_is_rejected(shop):
    big = [{"FileName": "a.bin", "RawContent": bytes(32 * 1024 * 1024)}]
    with refused("BadRequestException", "Message length is more than"):
        send(shop, content=simple(Attachments=big))


def test_infected_attachment_is_accepted_then_rejected(shop, inbox):
    send(shop, content=simple(Attachments=[{"FileName": "a.txt", "RawContent": EICAR}]))
    mail = next(inbox.messages())
    assert (mail.status, mail.reason) == ("rejected", "Bad content")


def test_content_must_have_exactly_one_kind(shop):
    for content in ({}, {**simple(), "Raw": {"Data": b"From: a@example.com\n\nx"}}):
        with refused("BadRequestException"):
            shop.send_email(
                FromEmailAddress="a@example.com", Destination=to("b@example.org"), Content=content
            )


def test_unknown_configuration_set_is_not_found(shop):
    with refused("NotFoundException", "nope", 404):
        send(shop, ConfigurationSetName="nope")


def test_paused_configuration_set_or_account_rejects_send(shop, inbox):
    shop.create_configuration_set(ConfigurationSetName="mine", SendingOptions={"SendingEnabled": False})
    with refused("SendingPausedException", "mine"):
        send(shop, ConfigurationSetName="mine")
    shop.put_account_sending_attributes(SendingEnabled=False)
    with refused("SendingPausedException"):
        send(shop)
    assert list(inbox.messages()) == []


def test_pending_domain_rejects_send(manual):
    ses, inbox = manual
    assert ses.create_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Status"] == "PENDING"
    with refused("MessageRejected"):
        send(ses)
    inbox.control(verify="example.com")
    assert ses.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Status"] == "SUCCESS"
    send(ses)


def test_unverified_required_mail_from_rejects_send(manual):
    ses, inbox = manual
    ses.create_email_identity(EmailIdentity="example.com")
    inbox.control(verify="example.com")
    for behaviour in ("USE_DEFAULT_VALUE", "REJECT_MESSAGE"):
        ses.put_email_identity_mail_from_attributes(
            EmailIdentity="example.com", MailFromDomain="m.example.com", BehaviorOnMxFailure=behaviour
        )
        if behaviour == "USE_DEFAULT_VALUE":
            send(ses)
    with refused("MailFromDomainNotVerifiedException", "m.example.com"):
        send(ses)
    inbox.control(verify="example.com")
    send(ses)


# The simulator


@pytest.mark.parametrize(
    ("mailbox", "status"),
    [
        ("success", "delivered"),
        ("bounce", "bounced"),
        ("complaint", "complained"),
        ("ooto", "ooto"),
        ("suppressionlist", "bounced"),
        ("bounce+job42", "bounced"),
    ],
)
def test_simulator_addresses_have_their_status(shop, inbox, mailbox, status):
    send(shop, f"{mailbox}@simulator.amazonses.com")
    assert next(inbox.messages()).status == status


def test_simulator_does_not_count_in_statistics_or_suppression(shop, v1):
    for mailbox in ("success", "bounce", "complaint"):
        send(shop, f"{mailbox}@simulator.amazonses.com")
    assert shop.get_account()["SendQuota"]["SentLast24Hours"] == 0
    assert v1.get_send_statistics()["SendDataPoints"] == []
    assert shop.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []


def test_message_shows_status_per_recipient(shop, inbox):
    send(shop, "success@simulator.amazonses.com", "bounce@simulator.amazonses.com", "ann@example.org")
    mail = next(inbox.messages())
    assert mail.status == "bounced"
    assert [each.status for each in mail.recipients] == ["delivered", "bounced", "delivered"]


# Raw messages

RAW = b"""From: Shop <shop@example.com>
To: Ann <ann@example.org>
Cc: bob@example.org
Bcc: eve@example.org
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
X-SES-CONFIGURATION-SET: mine
X-SES-MESSAGE-TAGS: tier=gold, run=7
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<p>=FC</p>
--x
Content-Type: text/plain
Content-Disposition: attachment; filename=a.txt

hello
--x--
"""


def test_raw_message_fields_are_parsed(shop, inbox):
    shop.create_configuration_set(ConfigurationSetName="mine")
    shop.send_email(Content={"Raw": {"Data": RAW}}, EmailTags=[{"Name": "tier", "Value": "silver"}])
    mail = next(inbox.messages())
    assert (mail.to, mail.cc, mail.bcc) == (
        ("Ann <ann@example.org>",),
        ("bob@example.org",),
        ("eve@example.org",),
    )
    assert (mail.subject, mail.html, mail.text) == ("Grüße", "<p>ü</p>", None)
    assert (mail.config_set, mail.tags) == ("mine", {"tier": "silver", "run": "7"})
    assert inbox.raw(mail.id) == RAW
    assert inbox.attachment(mail.id, 1) == b"hello"


def test_raw_message_envelope_overrides_header(shop, inbox):
    raw = RAW.replace(b"X-SES-CONFIGURATION-SET: mine\n", b"")
    shop.send_email(
        FromEmailAddress="shop@example.com",
        Destination=to("ann@example.org", "hidden@example.org"),
        Content={"Raw": {"Data": raw}},
    )
    mail = next(inbox.messages())
    assert (mail.to, mail.cc, mail.bcc) == (("Ann <ann@example.org>",), (), ("hidden@example.org",))
    assert [each.address for each in mail.recipients] == ["ann@example.org", "hidden@example.org"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"To: a@example.org\n\nno sender", "BadRequestException"),
        (b"From: x@example.net\nTo: a@example.org\n\nforeign", "MessageRejected"),
        (b"From: a@example.com\nSender: x@example.net\nTo: a@example.org\n\nforeign", "MessageRejected"),
        (
            b"From: a@example.com\nTo: b@example.org\nContent-Disposition: attachment; filename=a.exe\n\nx",
            "MessageRejected",
        ),
        (b"From: a@example.com\n\nto nobody", "BadRequestException"),
        (b"\xff\xfe\x00", "BadRequestException"),
    ],
)
def test_invalid_raw_message_is_rejected(shop, inbox, raw, code):
    with refused(code):
        shop.send_email(Content={"Raw": {"Data": raw}})
    assert list(inbox.messages()) == []


def test_v1_and_v2_share_outbox(shop, v1, inbox):
    v1.send_email(
        Source="shop@example.com",
        Destination=to("ann@example.org"),
        Message={"Subject": {"Data": "<&>"}, "Body": {"Text": {"Data": "t"}}},
        Tags=[{"Name": "a", "Value": "b"}],
    )
    answer = v1.send_raw_email(
        RawMessage={"Data": b"From: shop@example.com\nTo: a@example.org\nSubject: raw\n\nx"},
        Destinations=["b@example.org"],
    )
    raw, first = inbox.messages()
    assert (raw.message_id, raw.to, raw.subject) == (answer["MessageId"], ("b@example.org",), "raw")
    assert (first.subject, first.tags) == ("<&>", {"a": "b"})
    with refused("MessageRejected", "foreign@example.net"):
        v1.send_email(
            Source="foreign@example.net",
            Destination=to("ann@example.org"),
            Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
        )
    with refused("InvalidParameterValue", "10485760"):
        v1.send_raw_email(
            RawMessage={"Data": b"From: shop@example.com\nTo: a@example.org\n\n" + b"x" * 10485761}
        )


def test_list_management_needs_one_recipient_and_respects_unsubscribe(shop, inbox):
    shop.create_contact_list(
        ContactListName="news",
        Topics=[{"TopicName": "offers", "DisplayName": "Offers", "DefaultSubscriptionStatus": "OPT_IN"}],
    )
    options = {"ContactListName": "news", "TopicName": "offers"}
    with refused("BadRequestException", "one recipient"):
        send(shop, "a@example.org", "b@example.org", ListManagementOptions=options)
    send(shop, "a@example.org", ListManagementOptions=options)
    assert {header["name"] for header in next(inbox.messages()).headers} == {
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
    }
    assert shop.get_contact(ContactListName="news", EmailAddress="a@example.org")["UnsubscribeAll"] is False
    with refused("BadRequestException", "sports"):
        send(shop, "a@example.org", ListManagementOptions={"ContactListName": "news", "TopicName": "sports"})
    with refused("NotFoundException", status=404):
        send(shop, "a@example.org", ListManagementOptions={"ContactListName": "other"})
    shop.create_contact(
        ContactListName="news",
        EmailAddress="c@example.org",
        TopicPreferences=[{"TopicName": "offers", "SubscriptionStatus": "OPT_OUT"}],
    )
    send(shop, "c@example.org", ListManagementOptions=options)
    left = next(inbox.messages())
    assert (left.status, left.reason) == ("bounced", "UnsubscribedRecipient")


def test_unsubscribe_url_is_filled_in(shop, inbox):
    shop.create_contact_list(ContactListName="news")
    text = "Bye: {{amazonSESUnsubscribeUrl}}"
    templated = {"Template": {"TemplateContent": {"Subject": "s", "Text": text}, "TemplateData": "{}"}}
    for content in (simple(text=text), templated):
        send(shop, content=content, ListManagementOptions={"ContactListName": "news"})
        mail = next(inbox.messages())
        url = {header["name"]: header["value"] for header in mail.headers}["List-Unsubscribe"].strip("<>")
        assert url.startswith("https://")
        assert mail.text == f"Bye: {url}"
    with refused("BadRequestException", "at most 2"):
        send(shop, content=simple(text=text * 3), ListManagementOptions={"ContactListName": "news"})
