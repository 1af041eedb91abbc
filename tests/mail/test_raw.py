from __future__ import annotations

import pytest

from sescli.mail.addresses import Address
from sescli.mail.errors import InjectionError, MailError
from sescli.mail.raw import parse_raw

HEAD = b'From: Shop <s@x.example>\nTo: a@y.example, "B, C" <b@y.example>\nSubject: Hi\n'
# The guide's message.txt.
GUIDE = b"""From: noreply@example.com
To: john@example.com
Subject: Invoice Attached
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="boundary123"

--boundary123
Content-Type: text/plain; charset=UTF-8

Please find your invoice attached.

--boundary123
Content-Type: application/pdf; name="invoice.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="invoice.pdf"

JVBERi0xLjQKJeLjz9MKMyAwIG9iaiA8PC9UeXBlIC9QYWdlIC9QYXJlbnQgM...
--boundary123--
"""


def test_a_message_gets_crlf_and_is_else_as_it_was() -> None:
    mail = parse_raw(HEAD + b"X-SES-CONFIGURATION-SET: set1\n\nline\rtwo\r\nthree\n")
    assert mail.data == (HEAD + b"X-SES-CONFIGURATION-SET: set1\n\nline\ntwo\nthree\n").replace(
        b"\n", b"\r\n"
    )
    assert mail.senders == (Address("Shop", "s", "x.example"),)
    assert [address.addr_spec for address in mail.recipients] == ["a@y.example", "b@y.example"]
    assert (mail.subject, mail.config_set, mail.notes) == ("Hi", "set1", ())


def test_every_sender_that_ses_wants_verified() -> None:
    mail = parse_raw(HEAD + b"Sender: t@z.example\nReturn-Path: <b@z.example>\n\nx")
    assert [address.addr_spec for address in mail.senders] == ["s@x.example", "t@z.example", "b@z.example"]
    assert len(parse_raw(HEAD + b"Return-Path: <>\n\nx").senders) == 1


def test_the_guides_message() -> None:
    assert parse_raw(GUIDE).data == GUIDE.replace(b"\n", b"\r\n")
    assert parse_raw(GUIDE.replace(b"\n", b"\r\n")).data == GUIDE.replace(b"\n", b"\r\n")


def test_what_ses_overwrites_is_said() -> None:
    notes = parse_raw(HEAD + b"Date: x\nMessage-ID: <y>\n\nz").notes
    assert [note.split()[3] for note in notes] == ["Date", "Message-Id"]


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"To: a@y.example\n\nx", "no From"),
        (b"From: a@x.example, b@x.example\n\nx", "more than one author"),
        (b"From: a@x.example\nFrom: b@x.example\n\nx", "more than one From"),
        (b"From: nobody\n\nx", "no '@'"),
        (HEAD, "no body"),
        (b"Hello\n\nworld", "line 1 of the message is not a header"),
        (HEAD + b"Bad line\n\nx", "line 4 of the message is not a header"),
        (b"\n" + HEAD + b"\nx", "line 1"),
        (b"From: s@x.example\nSubject: \xc3\xbc\n\nx", "7-bit"),
        (HEAD + b"\n" + b"x" * 999, "line 5 of the message has 999 bytes"),
        (GUIDE.replace(b"invoice.pdf", b"invoice.exe"), ".exe"),
        (
            HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 501 + b"--b--\n",
            "more than 500",
        ),
        (HEAD + b"\n" + b"x\n" * (21 * 1024 * 1024), "40 MB"),
    ],
)
def test_messages_that_are_refused(message: bytes, says: str) -> None:
    with pytest.raises(MailError) as caught:
        parse_raw(message)
    assert says in caught.value.message


@pytest.mark.parametrize(
    "line",
    [
        b"X-A: 1\rBcc: x@y.example",
        b"X-A: 1\x00",
        b"Subject: =?utf-8?q?a=0ABcc:_x@y.example?=",
        b"X-A: =?utf-8?b?YQ0KQmNjOiB4?=",
        b"X-A: =?utf-8?q?a=0A\n b?=",
    ],
)
def test_headers_that_hide_another(line: bytes) -> None:
    message = b"From: s@x.example\nTo: a@y.example\n" + line + b"\n\nx"
    with pytest.raises(InjectionError):
        parse_raw(message)


def test_a_folded_header_is_one_header() -> None:
    assert parse_raw(b"From: s@x.example\nSubject: a\n\tb\nTo: a@y.example\n\nx").subject == "a b"
