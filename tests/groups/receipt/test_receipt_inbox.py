"""`sescli receipt inbox` and `receipt read`: messages in S3, including forged and hostile ones."""

from __future__ import annotations

import email.policy
import json
import re
import threading
import weakref
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sescli.groups.receipt.service import inbox
from sescli.mail.received import read_received


@pytest.fixture
def s3(boto):
    client = boto("s3")
    client.create_bucket(Bucket="my-bucket")
    return client


def message_bytes(subject="Hello", text="Grüße\n", *, top=""):
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"] = "Jäne <jane@example.org>"
    mail["To"] = "support@example.com"
    mail["Subject"] = subject
    mail["Date"] = "Tue, 24 Nov 2026 10:00:00 +0000"
    mail.set_content(text)
    mail.add_alternative("<p>Grüße <b>all</b></p>", subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Rechnung März.pdf")
    mail.add_attachment("a,b\n", filename="../../etc/passwd")
    return top.encode() + mail.as_bytes()


TOP = (
    "X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: FAIL\r\n"
    "Authentication-Results: amazonses.com;\r\n spf=pass client-ip=192.0.2.1;\r\n dkim=fail\r\n"
    "X-SES-RECEIPT: AEFBQUFB\r\n"
)


def test_inbox_lists_newest_first_and_skips_other_objects(sescli, s3):
    for number in range(3):
        s3.put_object(
            Bucket="my-bucket", Key=f"emails/{9 - number}", Body=message_bytes(f"No {number}", top=TOP)
        )
    s3.put_object(Bucket="my-bucket", Key="emails/AMAZON_SES_SETUP_NOTIFICATION", Body=b"x")
    s3.put_object(Bucket="my-bucket", Key="emails/", Body=b"")
    s3.put_object(Bucket="my-bucket", Key="other/1", Body=message_bytes("Elsewhere"))
    found = sescli("receipt", "inbox", "my-bucket/emails/", "-o", "json").json
    assert {mail["subject"] for mail in found} == {"No 0", "No 1", "No 2"}
    assert [mail["at"] for mail in found] == sorted((mail["at"] for mail in found), reverse=True)
    assert {mail["from"] for mail in found} == {"Jäne <jane@example.org>"}
    assert (found[0]["spam"], found[0]["virus"], found[0]["encrypted"]) == ("PASS", "FAIL", False)
    assert all(mail["key"].startswith("my-bucket/emails/") for mail in found)
    assert len(sescli("receipt", "inbox", "s3://my-bucket", "-o", "json").json) == 4
    assert len(sescli("receipt", "inbox", "my-bucket", "--limit", "2", "-o", "json").json) == 2
    [bare] = sescli("receipt", "inbox", "my-bucket/other/", "--keys-only", "-o", "json").json
    assert (bare["key"], bare["subject"]) == ("my-bucket/other/1", None)


@contextmanager
def s3_with_pages(pages):
    """A server that lists one object per page, as S3 does with more than 1,000."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            token = int(parse_qs(urlsplit(self.path).query).get("continuation-token", ["0"])[0])
            more = f"<NextContinuationToken>{token + 1}</NextContinuationToken>" if token + 1 < pages else ""
            body = (
                f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{more}<Contents><Key>{token}</Key>'
                "<LastModified>2026-11-24T10:00:00.000Z</LastModified><Size>1</Size></Contents></ListBucketResult>"
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_inbox_reads_every_page(sescli, ses):
    with s3_with_pages(3) as address:
        ran = sescli(
            "receipt", "inbox", "my-bucket", "--keys-only", "--endpoint-url", address, "-q", "[].key"
        )
    assert ran.json == ["my-bucket/0", "my-bucket/1", "my-bucket/2"]


def test_inbox_limit_bounds_memory():
    """The list keeps no object that is too old to be shown."""
    alive = weakref.WeakSet()
    most = 0

    class Page(dict):
        __hash__ = object.__hash__

    class EndlessBucket:
        def read(self, service, operation, **more):
            nonlocal most
            number = int(more.get("ContinuationToken", 0))
            at = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=number * 7919 % 1000)
            entry = Page(Key=str(number), LastModified=at, Size=0)
            alive.add(entry)
            most = max(most, len(alive))
            following = {"NextContinuationToken": str(number + 1)} if number < 999 else {}
            return {"Contents": [entry], **following}

    found = list(inbox.list_messages(EndlessBucket(), inbox.ObjectPath("b", ""), limit=3, with_headers=False))
    assert [mail.at.second + 60 * mail.at.minute for mail in found] == [999, 998, 997]
    assert most < 20


def test_inbox_with_empty_and_missing_bucket(sescli, s3):
    assert sescli("receipt", "inbox", "my-bucket").code == 0
    ran = sescli("receipt", "inbox", "no-such-bucket", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NoSuchBucket")
    assert sescli("receipt", "inbox", "/emails").code == 2


def test_read_shows_headers_text_and_attachments(sescli, s3):
    s3.put_object(Bucket="my-bucket", Key="emails/1", Body=message_bytes(top=TOP))
    mail = sescli("receipt", "read", "my-bucket/emails/1", "-o", "json").json
    assert (mail["from"], mail["to"], mail["subject"]) == (
        "Jäne <jane@example.org>",
        "support@example.com",
        "Hello",
    )
    assert mail["text"].strip() == "Grüße"
    assert mail["html"].strip() == "<p>Grüße <b>all</b></p>"
    assert mail["authentication"] == "amazonses.com; spf=pass client-ip=192.0.2.1; dkim=fail"
    assert mail["attachments"] == [
        {"name": "Rechnung März.pdf", "type": "application/pdf", "size": 4},
        {"name": "../../etc/passwd", "type": "text/plain", "size": 5},
    ]
    for_people = sescli("receipt", "read", "s3://my-bucket/emails/1").stdout
    assert "Grüße" in for_people
    assert "Rechnung März.pdf" in for_people


def test_read_writes_single_parts(sescli, s3):
    raw = message_bytes()
    s3.put_object(Bucket="my-bucket", Key="1", Body=raw)
    assert sescli("receipt", "read", "my-bucket/1", "--raw").stdout.encode() == raw
    assert sescli("receipt", "read", "my-bucket/1", "--attachment", "1").stdout == "%PDF"
    assert sescli("receipt", "read", "my-bucket/1", "--html").stdout.strip() == "<p>Grüße <b>all</b></p>"
    assert sescli("receipt", "read", "my-bucket/1", "--text").stdout.strip() == "Grüße"
    headers = sescli("receipt", "read", "my-bucket/1", "--headers", "-o", "json").json
    assert {"name": "Subject", "value": "Hello"} in headers
    assert (
        sescli("receipt", "read", "my-bucket/1", "--attachment", "3", "-o", "json").error["code"]
        == "NoSuchPart"
    )
    assert sescli("receipt", "read", "my-bucket/1", "--html", "--text").code == 2


def test_read_text_of_html_message(sescli, s3):
    s3.put_object(
        Bucket="my-bucket", Key="1", Body=b"Content-Type: text/html\n\n<p>Hi<script>x()</script></p>"
    )
    assert sescli("receipt", "read", "my-bucket/1", "--text").stdout.strip() == "Hi"


def test_read_reports_missing_message(sescli, s3):
    ran = sescli("receipt", "read", "my-bucket/gone", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NoSuchKey")
    assert "receipt inbox my-bucket" in ran.error["hint"]
    assert sescli("receipt", "read", "my-bucket").code == 2


@pytest.mark.parametrize(
    "marks",
    [
        {"x-amz-key-v2": "a2V5", "x-amz-cek-alg": "AES/GCM/NoPadding", "x-amz-wrap-alg": "kms"},
        {"x-amz-key": "a2V5", "x-amz-iv": "aXY="},
    ],
)
def test_inbox_and_read_with_client_side_encryption(sescli, s3, marks):
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    metadata = marks | {"x-amz-matdesc": json.dumps({"kms_cmk_id": key})}
    s3.put_object(Bucket="my-bucket", Key="1", Body=b"\x00\x01secret", Metadata=metadata)
    [listed] = sescli("receipt", "inbox", "my-bucket", "-o", "json").json
    assert (listed["encrypted"], listed["subject"]) == (True, None)
    assert "(encrypted)" in sescli("receipt", "inbox", "my-bucket").stdout
    ran = sescli("receipt", "read", "my-bucket/1", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "ClientSideEncrypted")
    assert key in ran.error["message"]
    assert "Encryption Client" in ran.error["hint"]


def test_read_ignores_forged_verdicts(sescli, s3):
    forged = b"X-SES-Spam-Verdict: PASS\nAuthentication-Results: amazonses.com; spf=pass\nSubject: win\n\nhi"
    s3.put_object(Bucket="my-bucket", Key="1", Body=b"X-SES-RECEIPT: AEFB\n" + forged)
    mail = sescli("receipt", "read", "my-bucket/1", "-o", "json").json
    assert (mail["spam"], mail["authentication"]) == (None, None)


def test_inbox_and_read_neutralize_control_characters(sescli, s3):
    hostile = (
        b"From: \x1b[2J\x1b]0;owned\x07 <a@example.org>\n"
        b"Subject: =?utf-8?b?G1szMW1yZWQNClgtRXZpbDogeQ==?= [bold]\xe2\x80\xae\n"
        b"Content-Type: text/plain\nContent-Disposition: inline\n\n\x1b[31mred\x9b31m [link=x]y[/link]\n"
    )
    s3.put_object(Bucket="my-bucket", Key="1", Body=hostile)
    for arguments in (("read", "my-bucket/1"), ("inbox", "my-bucket"), ("read", "my-bucket/1", "--headers")):
        for tty in (False, True):
            shown = sescli("receipt", *arguments, "--color", "never", tty=tty).stdout
            own = re.sub(r"\x1b\[1?m|\x1b\[0m", "", shown)  # rich prints table headers in bold
            assert not set(own) & {"\x1b", "\x07", "\x9b", "\u202e", "\r"}
    assert "[link=x]y[/link]" in sescli("receipt", "read", "my-bucket/1").stdout


def _read_all(data: bytes) -> None:
    message = read_received(data)
    message.headers()
    message.header("From")
    message.header("Subject")
    message.stamped("Authentication-Results")
    message.body("plain")
    message.body("html")
    message.attachments()


@given(st.binary(max_size=400))
def test_parser_accepts_any_bytes(data):
    _read_all(data)


_PIECES = st.sampled_from(
    [
        b"Content-Type: ", b"text/plain", b"multipart/mixed; boundary=a", b"; charset=", b"x-none", b"utf-7", b"idna",
        b"; name*0*=", b"utf-8'en'", b"%ff%00", b'filename="', b"; filename*99999999999999999999=x", b"\n", b"\r\n",
        b"\n\n", b"--a\n", b"--a--\n", b"Content-Transfer-Encoding: ", b"base64", b"x-uuencode", b"quoted-printable",
        b"=?utf-8?b?", b"=?x?q?=0A?=", b"?=", b"Content-Disposition: ", b"attachment; ", b"message/rfc822",
        b"message/external-body", b"Subject: ", b"From: ", b"\x00", b"\xff", b"begin 666 x\n", b"=", b"\t", b'"',
        b"message/delivery-status",
    ]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=40))
def test_parser_accepts_mime_pieces_in_any_order(pieces):
    _read_all(b"".join(pieces))


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: text/plain; charset=undefined",
        b"Content-Type: text/plain; charset=idna",
        b"Content-Type: text/plain; charset=hex",
        b"Content-Type: text/plain; charset=no-such",
        b"Content-Type: text/plain; name*" + b"9" * 5000 + b"=x",
        b"Content-Disposition: attachment; filename*" + b"9" * 5000 + b"=x",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode",
    ],
    ids=lambda head: head[:60].decode(),
)
def test_parser_accepts_what_email_package_raises_on(head):
    data = head + b"\n\n" + b"xn--" * 40 + b"\xff"
    _read_all(data)
    message = read_received(data)
    assert message.body("plain") or message.attachments()


@pytest.mark.parametrize("depth", [50, 2000])
def test_parser_accepts_deeply_nested_parts(depth):
    head = b"Subject: deep\n"
    nest = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(depth))
    message = read_received(head + nest + b"\nhi")
    assert message.header("Subject") == "deep"
    _read_all(head + nest + b"\nhi")
