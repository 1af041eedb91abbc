"""SPF macros (RFC 7208 7): check and expand the domain of a term."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote

_LETTERS = "slodiphv"
# Only the text of `exp` may use these (RFC 7208 7.2).
_EXP_LETTERS = "crt"
_MACRO = rf"%\{{(?P<letter>[{_LETTERS}])(?P<digits>\d*)(?P<reverse>r?)(?P<delimiters>[-.+,/_=]*)\}}"
_EXPANSION = re.compile(rf"{_MACRO}|%(?P<escape>[%_-])", re.IGNORECASE)
_EXPAND = rf"(?:%\{{[{_LETTERS}{_EXP_LETTERS}]\d*r?[-.+,/_=]*\}}|%[%_-])"
_MACRO_STRING = re.compile(rf"(?:{_EXPAND}|[!-$&-~])*", re.IGNORECASE)
_ZERO_DIGITS = re.compile(r"%\{[a-z]0+[^1-9]", re.IGNORECASE)
# A name ends with a top-level label, which is not only digits, or with a macro (RFC 7208 7.1).
_DOMAIN_END = re.compile(
    r"(?:\.(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])\.?|%\{[^}]*\}|%[%_-])$", re.IGNORECASE
)
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}
_MAX_NAME = 253
_MAX_LABEL = 63


@dataclass(frozen=True)
class MacroValues:
    """What the macro letters stand for. `sender` is an address, `address` the IP address of the client.

    `validated` is the domain name of the client for `p`.
    """

    sender: str
    domain: str
    address: str
    helo: str
    validated: str = "unknown"

    def of(self, letter: str) -> str:
        """Return the value of one macro letter in lower case."""
        local, _, sender_domain = self.sender.rpartition("@")
        match letter:
            case "s":
                return self.sender
            case "l":
                return local
            case "o":
                return sender_domain
            case "d":
                return self.domain
            case "i":
                return _dotted(self.address)
            case "p":
                return self.validated
            case "v":
                return "ip6" if ":" in self.address else "in-addr"
        return self.helo


def is_macro_string(text: str) -> bool:
    """Whether every macro in a text is valid."""
    return _MACRO_STRING.fullmatch(text) is not None and not _ZERO_DIGITS.search(text)


def is_domain_spec(text: str) -> bool:
    """Whether a text is a valid domain of a term, macros included. `%{c}`, `%{r}` and `%{t}` are not allowed."""
    letters = re.findall(r"%\{(.)", text.lower())
    return is_macro_string(text) and not set(letters) & set(_EXP_LETTERS) and bool(_DOMAIN_END.search(text))


def has_macro_of_sender(text: str) -> bool:
    """Whether the expansion depends on the client or the sender, not only on the domain."""
    return bool(set(re.findall(r"%\{(.)", text.lower())) - {"d"})


def uses_validated_name(text: str) -> bool:
    """Whether the expansion needs the domain name of the client."""
    return "%{p" in text.lower()


def expand(text: str, values: MacroValues) -> str:
    """Expand the macros of a valid domain. A name that is too long loses labels on the left (RFC 7208 7.3)."""

    def replacement(found: re.Match[str]) -> str:
        if found["escape"]:
            return _ESCAPES[found["escape"]]
        parts = re.split(f"[{re.escape(found['delimiters'] or '.')}]", values.of(found["letter"].lower()))
        parts = parts[::-1] if found["reverse"] else parts
        parts = parts[-int(found["digits"]) :] if found["digits"] else parts
        text = ".".join(parts)
        return quote(text, safe="-._~") if found["letter"].isupper() else text

    name = _EXPANSION.sub(replacement, text).removesuffix(".")
    while len(name) > _MAX_NAME and "." in name:
        name = name.partition(".")[2]
    return name


def is_queryable(name: str) -> bool:
    """Whether DNS can be queried for a name: its labels are neither empty nor too long."""
    return bool(name) and all(0 < len(label) <= _MAX_LABEL for label in name.split(".")) and name.isascii()


def _dotted(address: str) -> str:
    if ":" not in address:
        return address
    return ".".join(ipaddress.IPv6Address(address).exploded.replace(":", ""))
