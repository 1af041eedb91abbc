"""Hostile raw messages: what sescli sends has the headers and recipients that it checked, and no others."""

from __future__ import annotations

import email
import email.policy
import re
from random import Random

import pytest
from fuzzing import Campaign

from sescli.errors import UsageError
from sescli.mail.body import text_from_html
from sescli.mail.raw import RawEmail, parse_raw
from sescli.mail.received import read_received

pytestmark = pytest.mark.fuzz

_EVIL = b"Bcc: evil@evil.example"
_BREAKS = [
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\r",
    b"\n\r",
    b"\r\r\n",
    b"\x0b",
    b"\x0c",
    b"\0",
    b"\x1c",
    b"\x1e",
    b"\x85",
    b"\xe2\x80\xa8",
]
_NAMES = [
    b"Subject", b"To", b"Cc", b"Reply-To", b"X-A", b"List-Unsubscribe", b"Content-Type", b"Date", b"Sender", b"Return-Path",
    b"X-SES-MESSAGE-TAGS", b"Content-Disposition", b"", b"X A", b"Bcc ", b"subject", b"Received", b"MIME-Version",
]  # fmt: skip
_VALUES = [
    b"hi", b"a@y.example", b"Jane <a@y.example>", b"=?utf-8?q?x=0D=0ABcc:_evil@evil.example?=", b"=?utf-8?b?YQ0KQmNjOiB4?=",
    b"a@y.example (evil@evil.example", b'"a@y.example', b"<a@y.example> evil@evil.example", b"team:evil@evil.example;",
    b"=?utf-8?q?=2C_evil=40evil.example?=a@y.example", b"((((", b'multipart/mixed; boundary="b"', b"multipart/mixed; boundary=",
    b"message/rfc822", b"text/html; charset=punycode", b"text/plain; name*0*=utf-8''a%0D; name*1*=%0Ab", b"attachment; filename=a.exe",
    b"x" * 1200, b"", b" ", b"\t",
]  # fmt: skip
_LINES = [
    b"--b",
    b"--b--",
    b"Content-Type: text/html",
    b"Content-Transfer-Encoding: base64",
    b"<ul><li><!--",
    b"x",
    b"",
    b".",
    _EVIL,
]


def _header(random: Random) -> bytes:
    value = random.choice(_VALUES)
    if random.random() < 0.35:
        evil = random.choice([_EVIL, b"", b" x", b"\tx"])
        parts = [random.choice([b"", b"hi", b" "]), random.choice(_BREAKS), evil, random.choice([b"", b" "])]
        value = b"".join(parts) if random.random() < 0.8 else value + random.choice(_BREAKS)
    if random.random() < 0.15:
        value += random.choice([b"\n ", b"\r\n\t", b"\n \n "]) + random.choice([b"x", _EVIL, b""])
    return random.choice(_NAMES) + random.choice([b": ", b":", b" : ", b":\t"]) + value


def hostile_message(random: Random) -> bytes:
    line_end = random.choice([b"\n", b"\r\n"])
    headers = [b"From: s@x.example", b"To: a@y.example"] if random.random() < 0.9 else [b"From: s@x.example"]
    headers += [_header(random) for _ in range(random.randint(1, 2 if random.random() < 0.8 else 8))]
    random.shuffle(headers)
    body = [random.choice(_LINES) for _ in range(random.randint(0, 8))]
    return line_end.join([*headers, random.choice([b"", b"", b"", b" ", b"\r"]), *body, b""])


MESSAGES = Campaign("raw messages", total=15_000, generate=hostile_message)


def _names(message: bytes) -> list[str]:
    """The names of the headers as an independent reader sees them, in lower case."""
    head = re.split(rb"\r?\n\r?\n", message, maxsplit=1)[0]
    return [
        line.split(b":")[0].strip().lower().decode("latin-1")
        for line in re.split(rb"[\r\n]+", head)
        if line[:1] not in b" \t"
    ]


def injected(given: bytes, sent: bytes) -> str | None:
    """What `sent` adds to the headers and recipients that the lines of `given` name; None for nothing."""
    head = re.split(rb"(?:\r\n|\n){2}", given, maxsplit=1)[0]
    lines = [line for line in re.split(rb"\r\n|\n", head) if line[:1] not in (b" ", b"\t")]
    wanted = [line.split(b":")[0].strip().lower().decode("latin-1") for line in lines]
    if _names(sent) != wanted:
        return f"other headers: {_names(sent)} instead of {wanted}"
    read = email.message_from_bytes(sent, policy=email.policy.compat32)
    if [name.lower() for name in read.keys()] != wanted:  # noqa: SIM118 - the names of a message, with repeated ones
        return f"the standard library reads {list(read.keys())}"
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\r(?!\n)", sent.partition(b"\r\n\r\n")[0]):
        return "a control character"
    return None


def handled(message: bytes) -> RawEmail | None:
    """The message as sescli sends it; None where it is refused. Received, it must be readable too."""
    received = read_received(message)
    shown = [
        *(text for pair in received.headers() for text in pair),
        *(one.name for one in received.attachments()),
    ]
    assert not re.search(r"[\x00-\x1f\x7f]", "".join(shown))
    text_from_html(received.body("html") or received.body("plain") or "")
    try:
        return parse_raw(message)
    except UsageError as error:
        if len(error.message) > 1000:
            raise RuntimeError("the message of the error is long") from error
        return None


def through(message: bytes) -> str | None:
    sent = handled(message)
    if sent is None:
        return None
    if any(address.domain == "evil.example" for address in sent.recipients) and b"team:" not in message:
        allowed = re.search(rb"^(?:to|cc|bcc):.*evil@evil", message, re.IGNORECASE | re.MULTILINE)
        return None if allowed else "a recipient"
    return injected(message, sent.data)


def test_raw_messages(fuzz):
    fuzz.none_through(MESSAGES, through)


def _planted(message: bytes) -> str | None:
    """As `through`, with values that are stripped before they are checked, so that a carriage return is lost."""
    head, _, body = message.partition(b"\n\n")
    fields = [line for line in re.split(rb"\r?\n", head) if line[:1] not in b" \t"]
    for line in fields:
        name, colon, value = line.partition(b":")
        if not colon or not name.strip() or re.search(rb"[\x00-\x1f\x7f-\xff]", value.strip()):
            return None
    return injected(message, re.sub(rb"\r\n|\r|\n", b"\r\n", head) + b"\r\n\r\n" + body)


def test_raw_messages_finds_planted_bug(fuzz):
    fuzz.finds(MESSAGES, _planted)


def test_accepted_messages_are_not_all_refused():
    """The campaign is of use only if sescli accepts a part of the messages."""
    assert sum(handled(message) is not None for message in MESSAGES.inputs(1, 400)) > 20


def test_sample_of_raw_messages_through_the_command_line(sescli, fuzz):
    base = ("send", "raw", "-", "--dry-run", "--no-preflight", "--region", "us-east-1", "-o", "json")
    for message in fuzz.sample(MESSAGES, 15):
        ran = sescli(*base, stdin=message)
        accepted = handled(message)
        assert ran.code == (0 if accepted and accepted.recipients else 2), ran.stderr
