"""Hostile subjects, headers and addresses: nothing that sescli accepts adds a header or a recipient."""

from __future__ import annotations

import email.header
import email.message
import email.policy
import re
from collections.abc import Callable
from random import Random

import pytest
from fuzzing import Campaign

from sescli.errors import UsageError
from sescli.mail.addresses import is_plain, parse_address
from sescli.mail.controls import refuse_controls
from sescli.mail.headers import check_header, parse_header
from sescli.mail.message import Envelope, simple_content
from sescli.mail.tags import parse_tag
from sescli.mail.unsubscribe import unsubscribe_headers

pytestmark = pytest.mark.fuzz

_CONTROLS = [*map(chr, range(32)), "\x7f", "\x85", "\u2028", "\u2029"]
_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_EVIL = ["Bcc: evil@evil.example", ", evil@evil.example", "<evil@evil.example>", "evil@evil.example>", ""]
_CHARSETS = [
    "utf-8",
    "UTF-8*en",
    "us-ascii",
    "iso-8859-1",
    "utf-7",
    "utf-16",
    "iso-2022-jp",
    "x",
    "",
    "utf-8 ",
]
_PLAIN = [
    "Jane",
    "a@example.com",
    "<a@example.com>",
    '"',
    "\\",
    "(",
    ")",
    "@",
    "=",
    "?",
    "=?",
    "?=",
    ",",
    " ",
    ";",
    ":",
]


def _break(random: Random) -> str:
    return random.choice(["\r\n", "\n", "\r", *_CONTROLS])


def _word(random: Random) -> str:
    """An encoded-word, sometimes broken, that often encodes a control character."""
    text = random.choice(["x", "", "J"]) + random.choice([_break(random), "@", ","]) + random.choice(_EVIL)
    if random.random() < 0.5:
        payload = "".join(f"={byte:02X}" if random.random() < 0.7 else chr(byte) for byte in text.encode())
        payload = payload.replace(" ", "_")
        encoding = random.choice("qQ")
    else:
        import base64

        payload, encoding = base64.b64encode(text.encode()).decode(), random.choice("bB")
    if random.random() < 0.15:
        at = random.randrange(len(payload) + 1)
        payload = payload[:at] + random.choice(["?", "=", "?=", " ", "!"]) + payload[at:]
    return f"=?{random.choice(_CHARSETS)}?{encoding}?{payload}?="


def _piece(random: Random) -> str:
    roll = random.random()
    if roll < 0.3:
        return _word(random)
    if roll < 0.45:
        return _break(random) + random.choice(_EVIL)
    return random.choice([*_PLAIN, *_EVIL])


def hostile_header(random: Random) -> tuple[str, str]:
    if random.random() < 0.15:
        return random.choice(["to", "from", "reply_to", "address"]), f"{_word(random)}a@example.com"
    text = "".join(_piece(random) for _ in range(random.randint(1, 4)))
    if random.random() < 0.4:
        text += random.choice(
            ["@example.com", " <a@example.com>", "a@example.com", " <=?utf-8?q?x?=@example.com>"]
        )
    return random.choice(list(_BUILDERS)), text


HEADERS = Campaign("headers and addresses", total=20_000, generate=hostile_header)


_SENDER, _TO = "s@x.example", ["a@y.example"]
_BUILDERS: dict[str, Callable[[str], list[str]]] = {
    "subject": lambda text: [simple_content(subject=text, text="t", html=None)["Simple"]["Subject"]["Data"]],
    "value": lambda text: list(check_header("X-A", text)),
    "header": lambda text: list(parse_header(f"X-A: {text}")),
    "tag": lambda text: list(parse_tag(f"a={text}")),
    "unsubscribe": lambda text: [value for _, value in unsubscribe_headers(f"https://x.example/{text}")],
    "mailto": lambda text: [value for _, value in unsubscribe_headers(mailto=text)],
    "to": lambda text: list(Envelope(_SENDER, [text]).params()["Destination"]["ToAddresses"]),
    "from": lambda text: [Envelope(text, _TO).params()["FromEmailAddress"]],
    "reply_to": lambda text: list(Envelope(_SENDER, _TO, reply_to=[text]).params()["ReplyToAddresses"]),
    "address": lambda text: [text] if is_plain(text) else [parse_address(text).format()],
}


def accepted(kind: str, text: str) -> list[str]:
    """The texts that become (part of) a header, as sescli would send them."""
    return _BUILDERS[kind](text)


def _decodings(text: str) -> list[str]:
    """The text as readers see it: as it is, and with its encoded-words decoded by three independent decoders."""
    lenient = re.sub(
        r"=\?[^?]*\?[qQ]\?(.*?)\?=",
        lambda word: re.sub("=([0-9A-Fa-f]{2})", lambda code: chr(int(code[1], 16)), word[1]),
        text,
    )
    # This decoder knows no charset, and 0x85 is a part of many characters.
    seen = [text, lenient.replace("\x85", "")]
    try:
        seen.append(str(email.header.make_header(email.header.decode_header(text))))
        seen.append(str(email.policy.default.header_factory("Subject", text)))
    except (email.errors.HeaderParseError, LookupError, UnicodeError, ValueError):
        pass
    return seen


def injected(kind: str, text: str) -> str | None:
    """What a text, which sescli accepts, adds to a message; None for nothing."""
    is_address = kind in {"to", "from", "reply_to", "address"}
    for seen in _decodings(text):
        if found := _BREAKS.search(seen):
            return f"{text!r} is read with U+{ord(found[0]):04X}"
    if is_address:
        spec = text.rpartition("<")[2].rstrip(">")
        if "evil@" in "".join(_decodings(spec)):
            own = spec.rpartition("@")[0]
            if own.startswith('"') or ("=?" not in own and spec.endswith("@evil.example")):
                return None
            return f"{text!r} goes to another address"
    return None


def through(value: tuple[str, str]) -> str | None:
    kind, text = value
    try:
        sent = accepted(kind, text)
    except UsageError as error:
        return None if len(error.message) < 1000 else "the message is long"
    return next((found for one in sent if (found := injected(kind, one))), None)


def test_headers_and_addresses(fuzz):
    fuzz.none_through(HEADERS, through)


def _planted(value: tuple[str, str]) -> str | None:
    """As `through`, with checks that look for plain line breaks only, as in many programs."""
    kind, text = value
    if kind not in {"subject", "value"} or "\r" in text or "\n" in text:
        return None
    return injected(kind, text)


def _planted_fast_path(value: tuple[str, str]) -> str | None:
    """As `through`, with a fast path for addresses that accepts an encoded-word before the @."""
    kind, text = value
    if kind not in {"to", "from", "reply_to", "address"}:
        return None
    if re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z.]+", text):
        return injected(kind, text)
    return None


@pytest.mark.parametrize("planted", [_planted, _planted_fast_path])
def test_headers_and_addresses_finds_planted_bug(fuzz, planted):
    fuzz.finds(HEADERS, planted)


def test_accepted_inputs_are_not_all_refused():
    """The campaign is of use only if sescli accepts a part of the inputs."""
    count = 0
    for kind, text in HEADERS.inputs(1, 500):
        try:
            accepted(kind, text)
        except UsageError:
            continue
        count += 1
    assert count > 25


def test_sample_of_headers_through_the_command_line(sescli, fuzz):
    options = {
        "subject": "--subject",
        "value": "--header",
        "to": "--to",
        "from": "--from",
        "reply_to": "--reply-to",
    }
    base = ("send", "email", "--from", "s@x.example", "--to", "a@y.example", "--subject", "s", "--text", "t")
    for kind, text in fuzz.sample(HEADERS, 12):
        given = f"X-A: {text}" if kind == "value" else text
        option = options.get(kind, "--to")
        ran = sescli(
            *base, f"{option}={given}", "--dry-run", "--no-preflight", "--region", "us-east-1", "-o", "json"
        )
        assert ran.code in {0, 2}, ran.stderr
        try:
            refuse_controls(text, "x")
        except UsageError:
            assert ran.code == 2, (kind, text)
