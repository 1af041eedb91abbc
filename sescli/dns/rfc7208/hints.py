"""Say what is wrong with a text that is not a valid SPF record, and how to correct it."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sescli.dns.rfc7208.grammar import LOOKUPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.dns.rfc7208.grammar import SpfRecord

MECHANISMS = ("all", "a", "mx", "ip4", "ip6", "include", "exists", "ptr")
_VERSION = "v=spf1"
# A term that begins inside another one: the space before it is missing.
_INNER_TERM = re.compile(
    r"(?<=[^+?~\s-])([+?~-]?(?:include:|ip[46]:|redirect=|exists:)|[?~+-]all$)", re.IGNORECASE
)
_HYPHEN_ALL = re.compile(r"(.*\.[a-z0-9-]+)(-all)$", re.IGNORECASE)
_ADDRESS = re.compile(r"[+?~-]?(a|mx|include):(\d+\.\d+\.\d+\.\d+(?:/\d+)?)", re.IGNORECASE)
_PORT = re.compile(r"[+?~-]?(?:a|mx|include|exists):[^:]+:\d+", re.IGNORECASE)
_PREFIX = re.compile(r"/(\d+)$")
_NAMED = re.compile(r"[+?~-]?([a-z0-9_-]+)([:=/].*|)", re.IGNORECASE | re.DOTALL)
_ALIASES = {"ip": "ip4", "ipv4": "ip4", "ipv6": "ip6", "host": "a", "includes": "include", "inc": "include"}
_NOT_HOST = re.compile(r"[^a-z0-9._-]", re.IGNORECASE)
_QUOTES = "\"'“”„‘’`"  # noqa: RUF001 - typographic quotation marks are what is looked for
_SEPARATORS = ",;"
_BITS = {"4": 32, "6": 128}


class SpfHint(NamedTuple):
    """What is wrong, and how to correct it."""

    reason: str
    fix: str


def explain_no_version(text: str) -> SpfHint:
    """Explain why a text with `spf1` in it is not an SPF record: it does not begin with the version and a space."""
    why, fix = _why_no_version(text)
    reason = "the record does not begin with v=spf1 and a space, so it is not an SPF record"
    return SpfHint(f"{reason}: {why}" if why else reason, fix)


def _why_no_version(text: str) -> tuple[str, str]:
    after = text[len(_VERSION) :] if text[: len(_VERSION)].lower() == _VERSION else ""
    if after[:1] in {*_SEPARATORS}:
        return f"{after[0]} follows instead of the space", "separate the terms by spaces only"
    if after and (after[0].isspace() or not after[0].isprintable()):
        return "another character than a space follows", "enter a normal space"
    if after:
        return "the space is missing", "enter a space after v=spf1"
    if text[:1] in _QUOTES or text[:1] == "\\":
        return "it contains quotation marks", "enter the value without quotation marks"
    if text.strip().lower().startswith(_VERSION):
        return "there is a space before it", "remove the space before v=spf1"
    if re.match(r"v\s*=\s*spf1", text, re.IGNORECASE):
        return "there is a space within v=spf1", "enter v=spf1 without spaces inside"
    return "", "enter the value exactly, without quotation marks or other text before it"


def explain_invalid(record: SpfRecord) -> SpfHint:
    """Explain the first term that is not valid."""
    term = record.invalid[0]
    reason, fix = next(_explanations(term, record), (f"{term} is not valid in SPF", "correct that term"))
    return SpfHint(f"{reason}, so receivers ignore the record", fix)


def explain_suspicious(record: SpfRecord) -> SpfHint | None:
    """Explain a term that is valid, but that its owner surely means differently."""
    for text in record.ignored:
        name, _, value = text.partition("=")
        if name.lower() in MECHANISMS:
            return SpfHint(
                f"{text} has no effect: {name} is followed by a colon", f"change it to {name}:{value}"
            )
    for term in record.terms:
        found = _HYPHEN_ALL.fullmatch(term.domain or "")
        if found:
            reason = f"{term.text} is read as one name, because a space is missing before {found[2]}"
            return SpfHint(reason, f"enter a space before {found[2]}")
        if _NOT_HOST.search(re.sub(r"%\{[^}]*\}", "", term.domain or "")):
            hint = next(_explanations(term.text, record), None)
            if hint:
                return SpfHint(f"{hint[0]}, so it is read as one name", hint[1])
    return None


def _explanations(term: str, record: SpfRecord) -> Iterator[tuple[str, str]]:
    """Yield the explanations that fit, best first."""
    if not term.isascii():
        wrong = next(character for character in term if not character.isascii())
        yield f"{term} contains {wrong!r}, which SPF does not allow", "enter it again with ASCII characters"
    if set(term) & set(_QUOTES):
        yield f"{term} contains a quotation mark", "remove the quotation marks"
    for mark in _SEPARATORS:
        if mark in term:
            yield (
                f"{term} contains {mark!r}, but spaces separate the terms",
                f"replace each {mark} by a space",
            )
    yield from _repeated(term, record)
    yield from _missing_space(term, record)
    yield from _wrong_argument(term)
    yield from _macro(term)
    yield from _unknown_name(term)


def _repeated(term: str, record: SpfRecord) -> Iterator[tuple[str, str]]:
    name = term.partition("=")[0].lower()
    names = Counter(each.partition("=")[0].lower() for each in record.text.split(" ")[1:] if "=" in each)
    if name in {"redirect", "exp"} and names[name] > 1:
        yield f"{name}= is there {names[name]} times, but only one is allowed", f"remove all but one {name}="


def _missing_space(term: str, record: SpfRecord) -> Iterator[tuple[str, str]]:
    inner = _INNER_TERM.search(term)
    if inner:
        yield f"a space is missing before {inner[1]} in {term}", f"enter a space before {inner[1]}"
    if re.fullmatch(r"[+?~-]?(include|a|mx|ip4|ip6|exists|ptr):", term, re.IGNORECASE) or term.endswith("="):
        following = record.text.partition(f"{term} ")[2].split(" ")[0]
        joined = f" such as {term}{following}" if following else ""
        yield f"{term} has no value: a space follows it", f"remove the space after {term[-1]}{joined}"
    if re.fullmatch(r"[+?~-]", term):
        yield f"{term} is alone: a space follows it", f"remove the space after {term}"


def _wrong_argument(term: str) -> Iterator[tuple[str, str]]:
    address = _ADDRESS.fullmatch(term)
    if address:
        yield f"{term} has an IP address, but {address[1]}: takes a name", f"change it to ip4:{address[2]}"
    if _PORT.fullmatch(term):
        yield f"{term} has a port, which SPF does not allow", f"change it to {term.rpartition(':')[0]}"
    if re.match(r"[+?~-]?\w+:https?://", term, re.IGNORECASE):
        yield f"{term} has a URL, but SPF takes a domain", "enter the domain only"
    named = _NAMED.fullmatch(term)
    name = named[1].lower() if named else ""
    prefix = _PREFIX.search(term)
    most = _BITS.get(name[-1:] if name.startswith("ip") else "4", 32)
    if name in {"ip4", "ip6", "a", "mx"} and prefix and int(prefix[1]) > most:
        yield (
            f"/{prefix[1]} in {term} is not a prefix length: the largest is /{most}",
            "correct the prefix length",
        )
    elif name in {"include", "exists", "ptr"} and prefix:
        yield f"{term} has a prefix length, which {name} does not allow", f"remove /{prefix[1]}"
    elif name == "ip4" and named and named[2].count(":") > 1:
        yield f"{term} has an IPv6 address", f"change it to ip6{named[2]}"
    elif name == "ip6" and named and re.match(r":\d+\.\d+\.\d+\.\d+(/\d+)?$", named[2]):
        yield f"{term} has an IPv4 address", f"change it to ip4{named[2]}"
    elif name in {"ip4", "ip6"}:
        yield f"{term} has no valid IP address", f"write {name}: and an address or a network"
    elif name in LOOKUPS and named and named[2].startswith(":") and "." not in named[2]:
        yield f"{term} has no full domain name", "enter the full name, such as include:spf.example.com"


def _macro(term: str) -> Iterator[tuple[str, str]]:
    if "%" in term:
        yield f"{term} has a macro that is not valid", "correct the macro, or write a name without %"


def _unknown_name(term: str) -> Iterator[tuple[str, str]]:
    if re.fullmatch(r"[+?~-]?all\W.*", term, re.IGNORECASE):
        yield (
            f"{term} is not valid: nothing can follow all",
            f"change it to {re.split('(?<=all)', term, flags=re.IGNORECASE)[0]}",
        )
    elif re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", term, re.IGNORECASE):
        yield f"{term} is a name without a mechanism", f"change it to include:{term} or a:{term}"
    named = _NAMED.fullmatch(term)
    if named is None:
        return
    name, rest = named[1].lower(), named[2]
    near = difflib.get_close_matches(name, (*MECHANISMS, "redirect"), 1, 0.6)
    right = _ALIASES.get(name) or next(iter(near), None)
    if name == "redirect" and rest.startswith(":"):
        yield f"{term} is not valid: redirect is followed by =", f"change it to redirect={rest[1:]}"
    elif name not in MECHANISMS and right:
        sign = term[: term.lower().index(name)]
        yield f"{term} is not valid: SPF has no {name}", f"change it to {sign}{right}{rest}"
