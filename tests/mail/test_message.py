from __future__ import annotations

import pytest

from sescli.mail.attachments import Attachment
from sescli.mail.errors import InjectionError, MailError
from sescli.mail.message import Envelope, parse_list, simple_content, template_content


def test_an_envelope_is_the_parameters_of_send_email() -> None:
    envelope = Envelope(
        sender="Füße <s@x.example>",
        to=["Doe <a@y.example>", "b@straße.de"],
        cc=["c@y.example"],
        bcc=["d@y.example"],
        reply_to=["r@x.example"],
        tags=[("k", "v")],
        config_set="set-1",
    )
    assert envelope.params() == {
        "FromEmailAddress": "=?utf-8?b?RsO8w59l?= <s@x.example>",
        "Destination": {
            "ToAddresses": ["Doe <a@y.example>", "b@xn--strae-oqa.de"],
            "CcAddresses": ["c@y.example"],
            "BccAddresses": ["d@y.example"],
        },
        "ReplyToAddresses": ["r@x.example"],
        "EmailTags": [{"Name": "k", "Value": "v"}],
        "ConfigurationSetName": "set-1",
    }


def test_fifty_recipients_and_no_more() -> None:
    fifty = [f"a{i}@y.example" for i in range(50)]
    assert Envelope("s@x.example", fifty).params()
    with pytest.raises(MailError, match="51 recipients"):
        Envelope("s@x.example", fifty, bcc=["b@y.example"]).params()
    with pytest.raises(MailError, match="no recipient"):
        Envelope("s@x.example").params()


def test_list_management_is_for_one_recipient() -> None:
    one = Envelope("s@x.example", ["a@y.example"], list_management=parse_list("news:offers"))
    assert one.params()["ListManagementOptions"] == {"ContactListName": "news", "TopicName": "offers"}
    with pytest.raises(MailError, match="one recipient"):
        Envelope("s@x.example", ["a@y.example"], ["b@y.example"], list_management=("news", None)).params()


def test_a_configuration_set_has_a_name_that_ses_takes() -> None:
    for name in ("a b", "a\r\nBcc: x", "x" * 65):
        with pytest.raises(MailError):
            Envelope("s@x.example", ["a@y.example"], config_set=name).params()


def test_a_simple_mail_is_utf_8_and_gets_a_text_part() -> None:
    content = simple_content(subject="Grüße", text=None, html="<p>a <b>b</b></p>")
    assert content == {
        "Simple": {
            "Subject": {"Data": "Grüße", "Charset": "UTF-8"},
            "Body": {
                "Text": {"Data": "a b\n", "Charset": "UTF-8"},
                "Html": {"Data": "<p>a <b>b</b></p>", "Charset": "UTF-8"},
            },
        }
    }
    assert set(simple_content(subject="s", text="t", html=None)["Simple"]["Body"]) == {"Text"}
    assert simple_content(subject="s", text="t", html="<p>h")["Simple"]["Body"]["Text"]["Data"] == "t"


def test_message_without_a_body() -> None:
    with pytest.raises(MailError, match="no body"):
        simple_content(subject="s", text=None, html=None)


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: x", "a\nb", "a\x00", "=?utf-8?q?a=0ABcc:_x@y.example?=", "a\u2028b"]
)
def test_a_subject_cannot_smuggle_a_header(subject: str) -> None:
    with pytest.raises(InjectionError):
        simple_content(subject=subject, text="t", html=None)


def test_forty_megabytes_after_base64() -> None:
    megabyte = b"x" * 1024 * 1024
    fits = [Attachment(f"{i}.zip", megabyte, "application/zip") for i in range(29)]
    assert simple_content(subject="s", text="t", html=None, attachments=fits)
    with pytest.raises(MailError, match="40 MB"):
        simple_content(subject="s", text="t", html=None, attachments=[*fits, fits[0]])
    with pytest.raises(MailError, match="40 MB"):
        template_content(name="T", data="{}", attachments=[*fits, fits[0]])


def test_half_a_character_is_no_body() -> None:
    with pytest.raises(MailError, match="UTF-8"):
        simple_content(subject="s", text="\ud800", html=None)
