"""Whatever is put into any field of a message, what is built holds no line break in what becomes a header."""

from __future__ import annotations

import email
import email.message
import email.policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from property_examples import examples

from sescli.errors import UsageError
from sescli.mail.addresses import parse_address
from sescli.mail.attachments import Attachment, load_attachment
from sescli.mail.errors import MailError
from sescli.mail.message import Envelope, simple_content
from sescli.mail.unsubscribe import unsubscribe_headers

if TYPE_CHECKING:
    from collections.abc import Callable

EVIL = st.sampled_from(
    [
        "\r\nBcc: x@y.example",
        "\n",
        "\r",
        "\0",
        "\u2028",
        "\x85",
        "=?utf-8?q?a=0D=0ABcc:_x?=",
        "=?utf-8?b?YQ0KQmNjOiB4?=",
        "=?utf-16?b?AAoACg==?=",
        "=?utf-7?q?+AA0ACg-?=",
        "=?utf-8?q?=E2=80?= =?utf-8?q?=A8?=",
        "=?undefined?q?=ff?=",
        "=?idna?q?=ff?=",
        "=?",
        "?=",
        '"',
        "\\",
        "<",
        ">",
        ",",
        "ü",
        "@",
    ]
)
SAFE = st.sampled_from(
    ["a", "Jane Doe", "x@y.example", "<x@y.example>", "Ü", "k", " ", ".txt", "https://x.example/"]
)
FIELD = st.lists(st.one_of(SAFE, EVIL, st.text(max_size=3)), max_size=5).map("".join)
BREAKS = set("\r\n\0\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def strings(value: Any) -> list[str]:
    """Every text of the parameters that becomes (part of) a header; bodies and bytes do not."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, item in value.items() if key != "Body" for text in [key, *strings(item)]]
    return [text for item in value for text in strings(item)] if isinstance(value, list) else []


def decoded(text: str) -> str:
    """As a mail program reads it, encoded-words and all."""
    return str(email.policy.default.header_factory("Subject", text))


def assert_no_break(params: Any) -> None:
    for text in strings(params):
        assert not BREAKS & set(text), text
        assert not BREAKS & set(decoded(text)), text


@settings(max_examples=examples(250), deadline=None)
@given(FIELD, FIELD, FIELD, FIELD, FIELD)
@example("=?utf-8?q?a=0Ab?= <x@y.example>", "x@y.example", "k", "s", "v")
@example("s@x.example", "x@y.example", "k", "=?utf-8?q?a=0ABcc:_x?=", "v")
def test_no_field_of_an_envelope_or_a_content_smuggles_a_line_break(
    sender: str, to: str, name: str, subject: str, value: str
) -> None:
    parts: list[Callable[[], Any]] = [
        lambda: Envelope(sender, [to]).params(),
        lambda: Envelope("s@x.example", [to], [sender], [name], [value]).params(),
        lambda: Envelope("s@x.example", ["a@y.example"], tags=[(name, value)]).params(),
        lambda: Envelope("s@x.example", ["a@y.example"], config_set=name).params(),
        lambda: simple_content(subject=subject, text="t", html=None),
        lambda: simple_content(subject="s", text="t", html=None, headers=[(name, value)]),
        lambda: simple_content(subject="s", text="t", html=None, headers=[("X-A", value)]),
        lambda: [list(pair) for pair in unsubscribe_headers(value, one_click=False)],
        lambda: [list(pair) for pair in unsubscribe_headers(mailto=sender)],
    ]
    for build in parts:
        try:
            params = build()
        except MailError:
            continue
        assert_no_break(params)


@settings(max_examples=examples(200), deadline=None)
@given(FIELD, FIELD, FIELD)
def test_no_field_of_an_attachment_smuggles_a_line_break(name: str, kind: str, cid: str) -> None:
    for options in ({"name": name + ".txt"}, {"type": kind}, {"type": f"text/plain; {kind}"}, {"cid": cid}):
        try:
            attachment: Attachment = load_attachment(Path(__file__), **{"name": "a.txt", **options})
        except UsageError:
            continue
        assert_no_break(attachment.params())


@settings(max_examples=examples(300), deadline=None)
@given(FIELD)
def test_a_name_survives_the_standard_library(text: str) -> None:
    """What we format, `EmailMessage` writes and reads back as the one header that it is."""
    try:
        address = parse_address(f"{text} <a@b.example>")
    except MailError:
        return
    message = email.message.Message()
    message["From"] = address.format()
    message["Subject"] = "s"
    read = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert list(read.keys()) == ["From", "Subject"]
    assert parse_address(address.format()) == address


@settings(max_examples=examples(300), deadline=None)
@given(FIELD)
def test_an_address_is_7_bit_and_keeps_its_form(text: str) -> None:
    try:
        address = parse_address(text)
    except MailError:
        return
    assert address.format().isascii()
    assert address.addr_spec.count("@") >= 1
    assert parse_address(address.addr_spec).key == address.key
