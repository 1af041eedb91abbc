"""`sescli send` against the local SES emulator; its inbox shows what arrived."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gatekeeper import Refusal, denied
from repository import EXAMPLES

EMAIL = ("send", "email", "--from", "hello@example.com")
PLAIN = (*EMAIL, "--to", "jane@example.net", "--subject", "Hello", "--text", "It works.")


@pytest.fixture
def shop(ses, boto):
    """An account with example.com verified, and the template of the guide."""
    client = boto("sesv2")
    client.create_email_identity(EmailIdentity="example.com")
    client.create_email_template(
        TemplateName="Order",
        TemplateContent={"Subject": "Order {{id}}", "Text": "Dear {{name}}, {{id}}: ${{total}}"},
    )
    return ses


def only(inbox):
    (mail,) = inbox.messages()
    return mail


# Email


def test_send_email_delivers_a_text_message(sescli, shop):
    ran = sescli(*PLAIN, "-o", "json")
    mail = only(shop)
    assert ran.code == 0
    assert ran.json == {"message_id": mail.message_id, "config_set": None, "to": ["jane@example.net"]}
    assert (mail.from_, mail.to, mail.subject, mail.text, mail.html) == (
        "hello@example.com",
        ("jane@example.net",),
        "Hello",
        "It works.",
        None,
    )


def test_send_email_passes_every_option_to_ses(sescli, shop, boto, tmp_path):
    boto("sesv2").create_configuration_set(ConfigurationSetName="set-1")
    pdf = tmp_path / "a;b.pdf"
    pdf.write_bytes(b"%PDF\x00\xff")
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"\x89PNG")
    ran = sescli(
        *("send", "email", "--from", "Füße <hello@example.com>", "--to", "Doe <a@example.net>", "--to", "b@example.net"),
        *("--cc", "c@example.net", "--bcc", "d@example.net", "--reply-to", "r@example.com"),
        *("--subject", "Grüße", "--html", f"@{EXAMPLES / 'mail' / 'welcome.html'}"),
        *("--attach", f"{tmp_path}/a;;b.pdf;name=Rechnung.pdf", "--attach", f"{logo};cid=logo"),
        *("--header", "X-Campaign: spring", "--tag", "campaign=spring", "--config-set", "set-1"),
        *("--unsubscribe-url", "https://example.com/u?id=1", "--unsubscribe-mailto", "u@example.com"),
        *("-o", "json"),
    )  # fmt: skip
    assert ran.code == 0, ran.stderr
    assert ran.json["config_set"] == "set-1"
    mail = only(shop)
    assert (mail.cc, mail.bcc, mail.reply_to) == (("c@example.net",), ("d@example.net",), ("r@example.com",))
    assert (mail.subject, mail.config_set, mail.tags["campaign"]) == ("Grüße", "set-1", "spring")
    assert "- Read the guide (https://example.com/guide)" in mail.text
    assert "<h1>Welcome to our service!</h1>" in mail.html
    headers = {header["name"]: header["value"] for header in mail.headers}
    assert headers["X-Campaign"] == "spring"
    assert headers["List-Unsubscribe"] == "<https://example.com/u?id=1>, <mailto:u@example.com>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [(each.name, each.type, each.size) for each in mail.attachments] == [
        ("Rechnung.pdf", "application/pdf", 6),
        ("logo.png", "image/png", 4),
    ]
    assert shop.attachment(mail.id, 1) == b"%PDF\x00\xff"


def test_send_email_reads_bodies_from_stdin_file_url_and_escaped_at(sescli, shop, tmp_path):
    path = tmp_path / "a b.txt"
    path.write_text("ü")
    command = (*EMAIL, "--to", "a@example.net", "--subject", "s", "--text")
    for given, stdin, text in (("-", "piped ü", "piped ü"), (f"file://{path}", "", "ü"), ("@@x", "", "@x")):
        assert sescli(*command, given, stdin=stdin).code == 0
        assert next(iter(shop.messages())).text == text


def test_send_email_refuses_standard_input_for_two_bodies(sescli, shop):
    ran = sescli(*EMAIL, "--to", "a@example.net", "--subject", "s", "--text", "-", "--html", "-", stdin="x")
    assert (ran.code, "standard input: is empty" in ran.stderr) == (2, True)


def test_send_email_does_not_read_a_file_for_the_subject(sescli, shop):
    assert sescli(*EMAIL, "--to", "a@example.net", "--subject", "@/etc/passwd", "--text", "t").code == 0
    assert only(shop).subject == "@/etc/passwd"


def test_send_email_with_contact_list_adds_unsubscribe_header(sescli, shop, boto):
    boto("sesv2").create_contact_list(ContactListName="news")
    assert sescli(*PLAIN, "--list", "news").code == 0
    assert any(header["name"] == "List-Unsubscribe" for header in only(shop).headers)
    two = sescli(*PLAIN, "--to", "b@example.net", "--list", "news")
    assert (two.code, "one recipient" in two.stderr) == (2, True)


def test_send_email_prints_one_line_and_the_next_command(sescli, shop):
    ran = sescli(*PLAIN)
    assert ran.stdout.startswith("SES accepted the message to jane@example.net in us-east-1: ")
    assert ran.stdout.count("\n") == 1
    assert ran.stderr.startswith("Next: sescli ")


def test_send_email_names_all_missing_options(sescli, ses):
    ran = sescli("send", "email")
    assert ran.code == 2
    assert "missing: --from, --to (or --cc, --bcc), --subject, --text or --html" in ran.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--to", "nobody"], "'nobody' is not an email address"),
        (["--to", "a@example.net\nBcc: x@example.net"], "a line break"),
        (["--to", "=?utf-8?q?a=0ABcc:_x?= <a@example.net>"], "hidden in the encoded-word"),
        (["--subject", "a\r\nBcc: x@example.net"], "a carriage return"),
        (["--subject", "=?utf-8?b?YQ0KQmNjOiB4?="], "hidden in the encoded-word"),
        (["--reply-to", "a\0@example.net"], "a NUL"),
        (["--header", "X-A: 1\nBcc: x@example.net"], "a line break"),
        (["--header", "X-A: =?utf-8?q?a=0Ab?="], "hidden in the encoded-word"),
        (["--header", "Subject: x"], "the header Subject cannot be set"),
        (["--header", "Bcc: x@example.net"], "the header Bcc cannot be set"),
        (["--header", "X-A"], "no ':'"),
        (["--tag", "a=b c"], "not a valid tag"),
        (["--tag", "a=1\nb"], "not a valid tag"),
        (["--config-set", "a\r\nb"], "configuration set"),
        (["--attach", "/no/such/file.pdf"], "/no/such/file.pdf: the attachment cannot be read"),
        (["--attach", "EXE"], "does not deliver attachments of the type .exe"),
        (["--attach", "TXT;name=a.bat"], "does not deliver attachments of the type .bat"),
        (["--attach", "TXT;name=a\nb.txt"], "a line break"),
        (["--unsubscribe-url", "http://example.com"], "not an https URL"),
        (["--unsubscribe-url", "https://example.com/\r\nBcc: x"], "a carriage return"),
        (["--header", "List-Unsubscribe: <x>", "--unsubscribe-mailto", "u@example.com"], "is given twice"),
        ([f"--header=X-{number}: 1" for number in range(16)], "16 headers"),
        ([f"--to=a{number}@example.net" for number in range(51)], "52 recipients"),
        (["--html", "@/no/such.html"], "/no/such.html: cannot be read"),
    ],
)
def test_send_email_refuses_a_bad_field_with_exit_2(sescli, ses, tmp_path, options, says):
    for name in ("EXE", "TXT"):
        (tmp_path / f"a.{name.lower()}").write_text("x")
        options = [option.replace(name, str(tmp_path / f"a.{name.lower()}")) for option in options]
    for preflight in ([], ["--no-preflight"]):
        ran = sescli(*PLAIN, *options, *preflight, "-o", "json")
        assert ran.code == 2
        assert says in ran.error["message"]
    assert list(ses.messages()) == []


def test_send_email_refuses_an_unverified_sender_before_the_send(sescli, shop):
    command = ("send", "email", "--from", "me@other.example", *PLAIN[4:], "-o", "json")
    ran = sescli(*command)
    assert (ran.code, ran.error["code"]) == (3, "SenderNotVerified")
    assert "us-east-1" in ran.error["message"]
    assert "sescli identity verify other.example" in ran.error["hint"]
    refused = sescli(*command, "--no-preflight")
    assert (refused.code, refused.error["code"]) == (1, "MessageRejected")
    assert list(shop.messages()) == []


def test_send_email_accepts_a_sender_that_an_identity_covers(sescli, shop, boto):
    boto("sesv2").create_email_identity(EmailIdentity="Me@other.example")
    for sender in ("a@mail.example.com", "Me@other.example", "Me+x@other.example"):
        assert sescli("send", "email", "--from", sender, *PLAIN[4:]).code == 0, sender
    wrong_case = sescli("send", "email", "--from", "me@other.example", *PLAIN[4:])
    assert wrong_case.code == 3


def test_send_email_in_the_sandbox_needs_verified_or_simulated_recipients(sescli, shop, boto):
    shop.control(sandbox=True)
    ran = sescli(*PLAIN, "-o", "json")
    assert (ran.code, ran.error["code"]) == (3, "RecipientNotVerified")
    boto("sesv2").create_email_identity(EmailIdentity="jane@example.net")
    assert sescli(*PLAIN).code == 0
    simulated = sescli(*EMAIL, "--to", "success+a@simulator.amazonses.com", "--subject", "s", "--text", "t")
    assert simulated.code in {0, 6}  # a sandbox sends one a second


def test_send_email_exits_5_for_an_unknown_configuration_set(sescli, shop):
    ran = sescli(*PLAIN, "--config-set", "none", "-o", "json")
    assert (ran.code, 'configuration set "none" not found' in ran.error["message"]) == (5, True)


def test_send_template_reports_all_problems_at_once(sescli, shop):
    ran = sescli(
        *(
            "send",
            "template",
            "None",
            "--from",
            "a@other.example",
            "--to",
            "b@example.net",
            "--config-set",
            "none",
        )
    )
    assert ran.code == 3
    for problem in ("a@other.example", 'configuration set "none" not found', 'template "None" not found'):
        assert problem in ran.stderr


def test_send_email_warns_of_a_suppressed_recipient_and_sends(sescli, shop, boto):
    boto("sesv2").put_suppressed_destination(EmailAddress="jane@example.net", Reason="BOUNCE")
    ran = sescli(*PLAIN, "--quiet")
    assert ran.code == 0
    assert "warning: jane@example.net is on the suppression list (BOUNCE)" in ran.stderr


def test_send_template_sends_with_warnings_when_look_ups_are_denied(sescli, shop, refusing):
    refusing(
        GetIdentityVerificationAttributes=denied("GetIdentityVerificationAttributes"),
        **{
            "GET /v2/email/account": denied("GetAccount"),
            "GET /v2/email/suppression/addresses/jane%40example.net": denied("GetSuppressedDestination"),
            "GET /v2/email/templates/Order": denied("GetEmailTemplate"),
        },
    )
    ran = sescli(
        "send", "template", "Order", "--from", "a@example.com", "--to", "jane@example.net", "--data", "id=1"
    )
    assert ran.code == 0, ran.stderr
    warned = [line for line in ran.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warned) == 4, ran.stderr
    assert only(shop).status == "rendering_failed"


def test_send_email_does_not_retry_an_unknown_outcome(sescli, shop, refusing):
    lost = Refusal(503, "ServiceUnavailable", "try later")
    refusing(**{"POST /v2/email/outbound-emails": lost})
    ran = sescli(*PLAIN, "-o", "json")
    assert (ran.code, lost.given) == (6, 1)
    assert ran.error["retryable"] is False


def test_send_email_exits_6_when_throttled_or_out_of_quota(sescli, shop):
    shop.control(fail="TooManyRequestsException:1")
    assert sescli(*PLAIN).code == 6
    shop.control(quota=1)
    assert sescli(*PLAIN).code == 0
    ran = sescli(*PLAIN)
    assert ran.code == 6
    assert "24-hour quota has 0 left" in ran.stderr


def test_send_email_without_credentials_exits_4_without_warnings(sescli, shop, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    ran = sescli(*PLAIN, "-o", "json")
    assert (ran.code, ran.error["code"]) == (4, "NoCredentials")
    assert "warning" not in ran.stderr


def test_send_email_exits_6_without_a_connection(sescli, shop, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert sescli(*PLAIN).code == 6


def test_send_email_needs_a_region(sescli, shop, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = sescli(*PLAIN)
    assert ran.code == 2
    assert "region" in ran.stderr


def test_send_email_dry_run_shows_the_call(sescli, shop):
    ran = sescli(*PLAIN, "--dry-run", "-o", "json")
    (call,) = ran.json
    assert (call["service"], call["operation"]) == ("sesv2", "SendEmail")
    assert call["parameters"]["Content"]["Simple"]["Subject"] == {"Data": "Hello", "Charset": "UTF-8"}
    assert list(shop.messages()) == []


# Template

TEMPLATE = ("send", "template", "Order", "--from", "hello@example.com", "--to", "jane@example.net")


def test_send_template_fills_in_data(sescli, shop, tmp_path):
    data = tmp_path / "d.json"
    data.write_text(json.dumps({"id": 7, "name": "Jane", "total": "x"}))
    ran = sescli(*TEMPLATE, "--data-file", str(data), "--data", "total=9.90", "--tag", "a=b", "-o", "json")
    assert ran.code == 0, ran.stderr
    mail = only(shop)
    assert (mail.subject, mail.text, mail.template) == ("Order 7", "Dear Jane, 7: $9.90", "Order")
    assert ran.json["message_id"] == mail.message_id


def test_send_template_refuses_data_that_lacks_a_variable(sescli, shop):
    ran = sescli(*TEMPLATE, "--data", "name=Jane", "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "MissingVariable")
    assert "'id', 'total'" in ran.error["message"]
    assert list(shop.messages()) == []
    assert sescli(*TEMPLATE, "--data", "name=Jane", "--no-preflight").code == 0
    assert only(shop).status == "rendering_failed"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--data", "name"], "KEY=VALUE"),
        (["--data-file", "/no/such.json"], "/no/such.json: cannot be read"),
        (["--data-file", "LIST"], "must be an object"),
        (["--data-file", "BROKEN"], "BROKEN:2:1: is not valid JSON"),
        (
            ["--data", "id=1\r\nBcc: x@example.net", "--data", "name=x", "--data", "total=1"],
            "a carriage return",
        ),
    ],
)
def test_send_template_refuses_bad_data(sescli, shop, tmp_path, monkeypatch, options, says):
    monkeypatch.chdir(tmp_path)
    Path("LIST").write_text("[1]")
    Path("BROKEN").write_text('{"a": 1,\n')
    ran = sescli(*TEMPLATE, *options)
    assert ran.code == 2
    assert says in ran.stderr
    assert list(shop.messages()) == []


def test_send_template_exits_5_for_an_unknown_template(sescli, shop):
    ran = sescli("send", "template", "None", *TEMPLATE[3:], "-o", "json")
    assert ran.code == 5
    assert "sescli template list" in ran.error["hint"]


# Raw

RAW = b"From: Shop <hello@example.com>\nTo: jane@example.net\nSubject: Raw\nX-A: 1\n\nbody\n"


def test_send_raw_does_not_change_headers(sescli, shop):
    ran = sescli("send", "raw", "-", stdin=RAW)
    assert ran.code == 0, ran.stderr
    mail = only(shop)
    assert (mail.subject, mail.to) == ("Raw", ("jane@example.net",))
    assert b"X-A: 1\r\n" in shop.raw(mail.id)


def test_send_raw_sends_the_example_with_its_attachment(sescli, shop):
    assert sescli("send", "raw", str(EXAMPLES / "mail" / "invoice.eml")).code == 0
    assert [each.name for each in only(shop).attachments] == ["invoice.csv"]


def test_send_raw_options_override_the_headers(sescli, shop, boto):
    boto("sesv2").create_configuration_set(ConfigurationSetName="set-1")
    command = (
        "send",
        "raw",
        "-",
        "--to",
        "other@example.net",
        "--from",
        "bounce@example.com",
        "--tag",
        "a=b",
    )
    ran = sescli(*command, "-o", "json", stdin=RAW.replace(b"X-A: 1", b"X-SES-CONFIGURATION-SET: set-1"))
    assert ran.code == 0, ran.stderr
    assert (ran.json["to"], ran.json["config_set"]) == (["other@example.net"], "set-1")
    mail = only(shop)
    assert [each.address for each in mail.recipients] == ["other@example.net"]
    assert (mail.tags["a"], mail.config_set) == ("b", "set-1")


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"hello", "no body"),
        (b"To: a@example.net\n\nx", "no From"),
        (b"From: hello@example.com\n\nx", "no recipient"),
        (RAW.replace(b"Raw", b"=?utf-8?q?a=0ABcc:_x@example.net?="), "hidden in the encoded-word"),
        (RAW.replace(b"Raw", b"a\rBcc: x@example.net"), "a carriage return"),
        (RAW.replace(b"X-A: 1", b'Content-Disposition: attachment; filename="a.exe"'), ".exe"),
    ],
)
def test_send_raw_refuses_a_bad_message_with_exit_2(sescli, ses, message, says):
    ran = sescli("send", "raw", "-", stdin=message)
    assert ran.code == 2
    assert says in ran.stderr
    assert list(ses.messages()) == []


def test_send_raw_needs_every_sender_verified(sescli, shop):
    for command, message in (
        (("send", "raw", "-", "--from", "a@other.example"), RAW),
        (("send", "raw", "-"), b"Sender: a@other.example\n" + RAW),
        (("send", "raw", "-"), b"Return-Path: <a@other.example>\n" + RAW),
    ):
        ran = sescli(*command, "-o", "json", stdin=message)
        assert (ran.code, ran.error["code"]) == (3, "SenderNotVerified")
    assert list(shop.messages()) == []


def test_send_raw_reports_a_missing_file(sescli, shop):
    ran = sescli("send", "raw", "/no/such.eml")
    assert (ran.code, "/no/such.eml: cannot be read" in ran.stderr) == (2, True)


def test_send_raw_warns_of_headers_that_ses_replaces(sescli, shop):
    ran = sescli("send", "raw", "-", stdin=b"Date: x\n" + RAW)
    assert ran.code == 0
    assert "SES replaces the Date header" in ran.stderr


def test_send_email_with_a_pending_sender_suggests_identity_show(sescli, patient_ses):
    sescli("identity", "verify", "example.com")
    line = ["--from", "hello@example.com", "--to", "success@simulator.amazonses.com"]
    ran = sescli("send", "email", *line, "--subject", "s", "--text", "t", "-o", "json")
    assert (ran.code, ran.error["code"]) == (3, "SenderNotVerified")
    assert ran.error["hint"] == (
        "the identity example.com is PENDING; to see what is missing: sescli identity show example.com"
    )


def test_send_email_with_a_pending_sandbox_recipient_suggests_identity_show(sescli, patient_ses):
    patient_ses.control(sandbox=True)
    sescli("identity", "verify", "example.com", "jane@example.org")
    patient_ses.control(verify="example.com")
    line = ["--from", "hello@example.com", "--to", "jane@example.org"]
    ran = sescli("send", "email", *line, "--subject", "s", "--text", "t", "-o", "json")
    assert ran.error["code"] == "RecipientNotVerified"
    assert (
        "the identity jane@example.org is PENDING; to see what is missing: sescli identity show jane@example.org"
        in ran.error["hint"]
    )


@pytest.mark.parametrize("preflight", [[], ["--no-preflight"]])
@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Order {{name}}", "x\r\nBcc: evil@evil.example"),
        ("Order {{name}}", "=?utf-8?q?x=0D=0ABcc:_evil@evil.example?="),
        ("=?utf-8?q?{{name}}?=", "x=0D=0ABcc:_evil@evil.example"),
        ("Order {{name}}", "a\tb"),
        ("Order {{name}}", "a\u2028b"),
        ("=?utf-8?q?x=0D=0ABcc:_evil@evil.example?= {{name}}", "Jane"),
        ("a\x0bb {{name}}", "Jane"),
    ],
)
def test_send_template_refuses_control_character_in_the_subject(sescli, shop, boto, subject, name, preflight):
    content = {"Subject": subject, "Text": "Dear {{name}}"}
    boto("sesv2").create_email_template(TemplateName="Evil", TemplateContent=content)
    options = ("--from", "hello@example.com", "--to", "jane@example.net", "--data", f"name={name}")
    ran = sescli("send", "template", "Evil", *options, *preflight, "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "HeaderInjection")
    assert list(shop.messages()) == []


@pytest.mark.parametrize("option", ["--to", "--cc", "--bcc", "--from", "--reply-to"])
def test_send_email_refuses_encoded_word_before_the_at_sign(sescli, ses, option):
    for preflight in ([], ["--no-preflight"]):
        evil = "=?utf-8?q?=2C_evil=40evil.example?=a@example.com"
        ran = sescli(*PLAIN, option, evil, *preflight, "-o", "json")
        assert (ran.code, ran.error["code"]) == (2, "HeaderInjection")


def test_send_raw_refuses_carriage_return_at_the_start_of_a_value(sescli, shop, tmp_path):
    message = b"From: hello@example.com\nTo: jane@example.net\nSubject: \rBcc: evil@evil.example\n\nx\n"
    (tmp_path / "m.eml").write_bytes(message)
    for preflight in ([], ["--no-preflight"]):
        ran = sescli("send", "raw", str(tmp_path / "m.eml"), *preflight, "-o", "json")
        assert (ran.code, ran.error["code"]) == (2, "HeaderInjection")
    assert list(shop.messages()) == []
