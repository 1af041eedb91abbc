"""Parse SPF records (RFC 7208 4.6.1 and 12)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from sescli.dns.rfc7208.macros import is_domain_spec, is_macro_string

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# The mechanisms that need a DNS lookup (RFC 7208 4.6.4).
LOOKUPS = frozenset({"include", "a", "mx", "ptr", "exists"})
_NEED_DOMAIN = frozenset({"include", "exists"})
_MAY_HAVE_DOMAIN = frozenset({"a", "mx", "ptr"})
_MAY_HAVE_PREFIX = frozenset({"a", "mx"})
_ONCE = ("redirect", "exp")
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9._-]*)=(?P<value>.*)", re.IGNORECASE | re.DOTALL)
_MECHANISM = re.compile(r"(?P<sign>[+?~-]?)(?P<name>[a-z0-9]+)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_PREFIXES = re.compile(r"(?:/(?P<four>0|[1-9]\d*))?(?://(?P<six>0|[1-9]\d*))?$")
_FOUR = re.compile(r"(?P<address>\d+\.\d+\.\d+\.\d+)(?:/(?P<prefix>0|[1-9]\d*))?", re.ASCII)
_SIX = re.compile(r"(?P<address>[0-9a-f:.]+)(?:/(?P<prefix>0|[1-9]\d*))?", re.IGNORECASE | re.ASCII)
_BITS_4, _BITS_6 = 32, 128


@dataclass(frozen=True)
class SpfTerm:
    """A mechanism with its qualifier (`+`, `-`, `~` or `?`). `domain` can contain macros.

    `network` belongs to `ip4` and `ip6`. `prefixes` are the prefix lengths for IPv4 and IPv6 of `a` and `mx`.
    """

    text: str
    qualifier: str
    name: str
    domain: str | None = None
    network: IpNetwork | None = None
    prefixes: tuple[int, int] = (_BITS_4, _BITS_6)


@dataclass(frozen=True)
class SpfRecord:
    """An SPF record. `invalid` has the terms that are not valid: a record with one has no effect (RFC 7208 4.6).

    `ignored` has the names of unknown modifiers, which have no effect. `redirect` is a domain, or None.
    """

    text: str
    terms: tuple[SpfTerm, ...] = ()
    redirect: str | None = None
    invalid: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def effective(self) -> tuple[SpfTerm, ...]:
        """The mechanisms up to the first `all`. Those after it have no effect (RFC 7208 5.1)."""
        last = next((index for index, term in enumerate(self.terms) if term.name == "all"), len(self.terms))
        return self.terms[: last + 1]

    @property
    def ending(self) -> SpfTerm | None:
        """The `all`, or None."""
        return next((term for term in self.terms if term.name == "all"), None)

    @property
    def reached_redirect(self) -> str | None:
        """The domain of `redirect`, unless an `all` makes it ineffective (RFC 7208 6.1)."""
        return None if self.ending else self.redirect

    @property
    def lookups(self) -> int:
        """The number of terms in this record that need a DNS lookup."""
        return sum(term.name in LOOKUPS for term in self.effective) + (self.reached_redirect is not None)


def is_spf(text: str) -> bool:
    """Whether a TXT value is an SPF record, valid or not (RFC 7208 4.5): the version, then a space or the end."""
    return text.lower().split(" ", 1)[0] == "v=spf1"


def parse_spf(text: str) -> SpfRecord:
    """Parse an SPF record. Terms that are not valid are in `invalid`."""
    terms: list[SpfTerm] = []
    invalid: list[str] = []
    ignored: list[str] = []
    once: dict[str, str] = {}
    for each in filter(None, text.split(" ")[1:]):
        modifier = _MODIFIER.fullmatch(each)
        if modifier is None:
            term = _mechanism(each)
            if term is None:
                invalid.append(each)
            else:
                terms.append(term)
            continue
        name, value = modifier["name"].lower(), modifier["value"]
        if name not in _ONCE:
            (ignored if is_macro_string(value) else invalid).append(each)
        elif name in once or not is_domain_spec(value):
            invalid.append(each)
        else:
            once[name] = value
    return SpfRecord(text, tuple(terms), once.get("redirect"), tuple(invalid), tuple(ignored))


def _mechanism(text: str) -> SpfTerm | None:
    found = _MECHANISM.fullmatch(text)
    if found is None or not text.isascii():
        return None
    name, rest, sign = found["name"].lower(), found["rest"], found["sign"] or "+"
    if name in {"ip4", "ip6"}:
        network = _network(name, rest)
        return SpfTerm(text, sign, name, network=network) if network else None
    if name == "all":
        return None if rest else SpfTerm(text, sign, name)
    if name not in LOOKUPS:
        return None
    prefixes = (_BITS_4, _BITS_6)
    if name in _MAY_HAVE_PREFIX:
        ending = _PREFIXES.search(rest)
        assert ending is not None  # it matches the empty end too
        rest = rest[: ending.start()]
        prefixes = (int(ending["four"] or _BITS_4), int(ending["six"] or _BITS_6))
        if prefixes[0] > _BITS_4 or prefixes[1] > _BITS_6:
            return None
    if not rest:
        return SpfTerm(text, sign, name, None, None, prefixes) if name in _MAY_HAVE_DOMAIN else None
    if not rest.startswith(":") or not is_domain_spec(rest[1:]):
        return None
    return SpfTerm(text, sign, name, rest[1:], None, prefixes)


def _network(name: str, rest: str) -> IpNetwork | None:
    pattern, bits = (_FOUR, _BITS_4) if name == "ip4" else (_SIX, _BITS_6)
    found = pattern.fullmatch(rest.removeprefix(":")) if rest.startswith(":") else None
    if found is None or int(found["prefix"] or bits) > bits:
        return None
    try:
        address = ipaddress.ip_address(found["address"])
    except ValueError:
        return None
    if address.version != int(name[2]):
        return None
    return ipaddress.ip_network(f"{address}/{found['prefix'] or bits}", strict=False)
