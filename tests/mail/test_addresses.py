from __future__ import annotations

import pytest

from sescli.mail.addresses import Address, is_plain, parse_address
from sescli.mail.errors import AddressError, InjectionError, MailError


@pytest.mark.parametrize(
    ("text", "address", "formatted"),
    [
        ("a@b.co", Address("", "a", "b.co"), "a@b.co"),
        (" a+x@B.co ", Address("", "a+x", "B.co"), "a+x@B.co"),
        ("<a@b.co>", Address("", "a", "b.co"), "a@b.co"),
        ("Jane Doe <a@b.co>", Address("Jane Doe", "a", "b.co"), "Jane Doe <a@b.co>"),
        ('"Doe, Jane" <a@b.co>', Address("Doe, Jane", "a", "b.co"), '"Doe, Jane" <a@b.co>'),
        ("J. Doe (x) <a@b.co>", Address("J. Doe (x)", "a", "b.co"), '"J. Doe (x)" <a@b.co>'),
        (r'"\"x\\" <a@b.co>', Address('"x\\', "a", "b.co"), r'"\"x\\" <a@b.co>'),
        ("Füße <a@b.co>", Address("Füße", "a", "b.co"), "=?utf-8?b?RsO8w59l?= <a@b.co>"),
        ("=?utf-8?b?RsO8w59l?= <a@b.co>", Address("Füße", "a", "b.co"), "=?utf-8?b?RsO8w59l?= <a@b.co>"),
        ("x@straße.de", Address("", "x", "xn--strae-oqa.de"), "x@xn--strae-oqa.de"),
        ("x@MÜLLER.example", Address("", "x", "xn--mller-kva.example"), "x@xn--mller-kva.example"),
        ('"a b"@c.de', Address("", '"a b"', "c.de"), '"a b"@c.de'),
        ("a@xn--e1afmkfd.xn--p1ai", Address("", "a", "xn--e1afmkfd.xn--p1ai"), "a@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_an_address_is_parsed_and_written(text: str, address: Address, formatted: str) -> None:
    parsed = parse_address(text)
    assert parsed == address
    assert parsed.format() == formatted
    assert parse_address(formatted) == address


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("abc", "no '@'"),
        ("a@b", "lacks its ending"),
        ("@b.co", "before '@'"),
        ("a@", "nothing after"),
        ("a..b@c.de", "before '@'"),
        (".a@c.de", "before '@'"),
        ("a.@c.de", "before '@'"),
        ("a b@c.de", "before '@'"),
        ("é@c.de", "7-bit"),
        ("\u017f@c.de", "7-bit"),
        ("x" * 65 + "@c.de", "64"),
        ("a@" + "b" * 64 + ".de", "is not a domain"),
        ("a@" + "b." * 130 + "de", "is not a domain"),
        ("a@-b.de", "is not a domain"),
        ("a@b_c.de", "is not a domain"),
        ("a@1.2.3.4", "is not a domain"),
        ("a@[1.2.3.4]", "is not a domain"),
        ("a@b.co.", "is not a domain"),
        ("a@b..co", "is not a domain"),
        ("a@\u2603.\u200bx", "is not a domain"),
        ("a@b.co, c@d.co", "','"),
        ("Doe, Jane <a@b.co>", "quotes"),
        ('Jane "Doe <a@b.co>', "quotes"),
        ("a@b.co>", "'<' is missing"),
        ("x <a@b.co> y", "before '@'"),
    ],
)
def test_what_ses_would_not_deliver_to_is_refused(text: str, why: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert why in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "a@b.co\r\nBcc: x@y.de",
        "a\n@b.co",
        "Jane\rBcc: x@y.de <a@b.co>",
        "Jane\x00 <a@b.co>",
        "Jane\t<a@b.co>",
        "Jane\x1b[31m <a@b.co>",
        "Jane\u2028 <a@b.co>",
        "Jane\x85 <a@b.co>",
        "=?utf-8?q?Jane=0ABcc:_x@y.de?= <a@b.co>",
        "=?utf-8?b?SmFuZQ0KQmNjOiB4QHkuZGU=?= <a@b.co>",
        "=?UTF-8?B?SmFuZQ0KQmNjOiB4QHkuZGU?= <a@b.co>",
        '"=?utf-8?q?Jane=0d?=" <a@b.co>',
        "=?utf-7?q?Jane+AA0ACg-?= <a@b.co>",
        "=?utf-16-be?b?AAoACg==?= <a@b.co>",
        "=?utf-8?q?=E2=80?= =?utf-8?q?=A8?= <a@b.co>",
        "=?no-such-charset?q?x=0Ay?= <a@b.co>",
        "=?utf-8*en?q?x=0Ay?= <a@b.co>",
        "Jane\ud800 <a@b.co>",
    ],
)
def test_control_characters_are_refused_wherever_they_hide(text: str) -> None:
    with pytest.raises(InjectionError):
        parse_address(text)


def test_a_long_name_is_written_in_encoded_words_of_at_most_75_characters() -> None:
    written = parse_address("ü" * 90 + " <a@b.co>").format()
    assert all(len(word) <= 75 for word in written.split(" "))
    assert parse_address(written).display_name == "ü" * 90


def test_the_key_ignores_case_and_name() -> None:
    assert parse_address("Jane <A.b@C.de>").key == parse_address("a.B@c.DE").key
    assert parse_address("x@Straße.de").key == parse_address("x@XN--STRAE-OQA.de").key


def test_faults_are_usage_errors_with_a_code() -> None:
    with pytest.raises(MailError) as caught:
        parse_address("nobody")
    assert caught.value.code == "InvalidAddress"


WORDS_BEFORE_AT = [
    "=?utf-8?q?=2C_evil=40evil.example?=a@example.com",
    "=?utf-8?b?YQ0KQmNjOiB4?=x@y.example",
    '"=?utf-8?q?=2C_evil=40evil.example?="@example.com',
    "Jane <=?utf-8?q?=2C_evil=40evil.example?=a@example.com>",
    '"=?utf-8?q?evil=40evil.example=3E?=" <=?utf-7?q?+AEA-evil?=@example.com>',
    "a=?x?@example.com",
    "=?@example.com",
]


@pytest.mark.parametrize("text", WORDS_BEFORE_AT)
def test_encoded_word_before_the_at_sign_is_refused(text: str) -> None:
    assert not is_plain(text)
    with pytest.raises(InjectionError):
        parse_address(text)


@pytest.mark.parametrize("text", ["a=b@example.com", "a?=b@example.com", "bounce+a=b.example@example.com"])
def test_address_with_equals_sign_and_question_mark_is_accepted(text: str) -> None:
    assert parse_address(text).addr_spec == text


@pytest.mark.parametrize(
    "text",
    [
        "=?utf-8?q?a?=0D=0ABcc:_x?= <a@b.co>",
        "=?utf-8?q?a?b=0D=0ABcc:_x?= <a@b.co>",
        "=?utf-8 ?q?a=0ABcc:_x?= <a@b.co>",
        "=??q?a=0ABcc:_x?= <a@b.co>",
        "=?utf-8*en?q?a=0ABcc:_x?= <a@b.co>",
        "=?utf-8?b?Y?Q0KQmNjOiB4?= <a@b.co>",
        "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3D0ABcc=3F=3D?= <a@b.co>",
        "=?utf-8?q?a=C2=85b?= <a@b.co>",
        "=?utf-8?q?a=E2=80=A8b?= <a@b.co>",
        "=?utf-16?q?=00a?= <a@b.co>",
    ],
)
def test_control_character_in_a_lenient_encoded_word_is_refused(text: str) -> None:
    with pytest.raises(InjectionError):
        parse_address(text)


def test_japanese_encoded_word_is_accepted() -> None:
    """ISO-2022-JP switches between character sets with escape characters, which are not in the text."""
    assert parse_address("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?= <a@b.co>").display_name == "日本"
