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


HEADERS = b"From: s@x.example\nTo: a@y.example\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"Subject: \rBcc: evil@evil.example", "in the header Subject, contains a carriage return"),
        (b"Subject: hi\r", "a carriage return"),
        (b"Subject:\r\rBcc: evil@evil.example", "a carriage return"),
        (b"Subject: hi\n\r Bcc: evil@evil.example", "a carriage return"),
        (b"\rSubject: hi", "line 3 contains a carriage return"),
        (b"Subject: hi\x0b", "a vertical tab"),
        (b"Subject: hi\x0c", "a form feed"),
        (b"Subject: \x0bhi", "a vertical tab"),
        (b"Subject: hi\x00", "a NUL"),
        (b"Subject: hi\x1e", "U+001E"),
        (b"Subject: hi\x7f", "U+007F"),
        (b"Reply-To: \rBcc: evil@evil.example", "in the header Reply-To, contains a carriage return"),
        (b"List-Unsubscribe: <https://x.example>\r", "a carriage return"),
        (b"X-SES-MESSAGE-TAGS: a=b\rBcc: evil@evil.example", "a carriage return"),
        (b"X-A\x00: 1", "a NUL"),
        (b"X-A\r: 1", "a carriage return"),
    ],
)
def test_control_character_anywhere_in_the_headers_is_refused(line: bytes, says: str) -> None:
    # With line ends of one character, a carriage return at the end of a line would be half of a CRLF.
    for line_end in (b"\r\n", b"\n")[: 1 if line.endswith(b"\r") else 2]:
        message = (HEADERS + line + b"\n\nx").replace(b"\n", line_end)
        with pytest.raises(InjectionError) as caught:
            parse_raw(message)
        assert says in caught.value.message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b": value", "a header without a name"),
        (b" : value\nX: y", "line 1 of the message is a header without a name"),
        (b"Bcc : evil@evil.example", "a space before the ':'"),
        (b"Bcc\t: evil@evil.example", "a space before the ':'"),
        (b"X A: 1", "is not a header"),
        (b"Subject: a\n \nBcc: evil@evil.example", "only spaces"),
        (b"Subject: a\n\t \n b", "only spaces"),
        (b"Subject: a\nSUBJECT: b", "more than one Subject header"),
        (b"Cc: a@y.example\ncc: b@y.example", "more than one Cc header"),
        (b"List-Unsubscribe: <https://x.example>\nList-Unsubscribe: <https://y.example>", "List-Unsubscribe"),
        (b"DKIM-Signature: a\nDKIM-Signature: b", "more than one DKIM-Signature header"),
        (b"Content-Type: text/plain\nContent-type: text/html", "more than one Content-Type header"),
        (b"Cc: a@y.example> <evil@evil.example", "read differently"),
        (b'Cc: "a <evil@evil.example', "read differently"),
        (b"Cc: a (b <c@y.example>", "read differently"),
        (b"Cc: <a@y.example> b@y.example", "read differently"),
        (b"Cc: =?utf-8?q?=2C_evil=40evil.example?=a@example.com", "an encoded-word before '@'"),
        (b"Return-Path: <=?utf-8?q?x?=@example.com>", "an encoded-word before '@'"),
    ],
)
def test_header_that_programs_read_differently_is_refused(line: bytes, says: str) -> None:
    start = b"" if line.startswith(b" ") else HEADERS
    with pytest.raises(MailError) as caught:
        parse_raw(start + line + b"\n\nx")
    assert says in caught.value.message


def test_headers_that_may_be_repeated_are_accepted() -> None:
    assert parse_raw(HEADERS + b"Received: a\nReceived: b\nX-A: 1\nX-A: 2\n\nx").data.count(b"Received") == 2


@pytest.mark.parametrize(
    "value",
    [
        b"a@y.example (Ann (Lee), x@z.example), Team: b@y.example, <c@y.example>;, d@y.example",
        b'"a@y.example, x" <a@y.example>, b@y.example,, <@r.example:c@y.example>, "D" <d@y.example> (d)',
    ],
)
def test_comments_groups_and_quotes_in_address_headers(value: bytes) -> None:
    mail = parse_raw(b"From: s@x.example\nTo: " + value + b"\n\nx")
    assert [address.addr_spec for address in mail.recipients] == [f"{name}@y.example" for name in "abcd"]


def test_control_character_in_the_headers_of_a_part_is_refused() -> None:
    part = b'Content-Type: text/plain\rContent-Disposition: attachment; filename="a.txt"'
    message = HEADERS + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + part + b"\n\nx\n--b--\n"
    with pytest.raises(InjectionError):
        parse_raw(message)
    assert parse_raw(message.replace(b"\rContent", b"\nContent"))


def test_attachment_name_in_raw_utf8_is_accepted() -> None:
    part = b'Content-Disposition: attachment; filename="\xc3\xbc.txt"\n\nx'
    assert parse_raw(HEADERS + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + part + b"\n--b--\n")


@pytest.mark.parametrize(
    "name",
    [
        b'filename="=?utf-8?q?a=0D=0Ab?=.txt"',
        b"filename*=utf-8''a%0D%0Ab.txt",
        b"filename*=utf-8''a%E2%80%A8b.txt",
        b"filename*0=a.e; filename*1=xe",
        b"filename*=utf-8''a%2Eexe",
    ],
)
def test_attachment_name_in_parameter_continuations_is_checked(name: bytes) -> None:
    part = b"Content-Disposition: attachment; " + name + b"\n\nx"
    with pytest.raises(MailError):
        parse_raw(HEADERS + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + part + b"\n--b--\n")
