"""Names of identities: an address or a domain, told apart by the @."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.mail.addresses import parse_address
from sescli.mail.errors import MailError

if TYPE_CHECKING:
    from collections.abc import Iterator

EMAIL_ADDRESS, DOMAIN = "EMAIL_ADDRESS", "DOMAIN"

_LINK = re.compile(r"(https?://|mailto:)([^/:?#]*)", re.IGNORECASE)


@dataclass(frozen=True)
class IdentityName:
    """A name as SES keeps it: the domain in lower-case punycode, the part before the @ as it was given."""

    text: str

    @property
    def is_address(self) -> bool:
        """Whether it is one address, not a domain."""
        return "@" in self.text

    @property
    def type(self) -> str:
        """The type as the API spells it."""
        return EMAIL_ADDRESS if self.is_address else DOMAIN

    @property
    def domain(self) -> str:
        """The domain, or that of the address."""
        return self.text.rpartition("@")[2]

    def parents(self) -> Iterator[str]:
        """The domains that it inherits from where it is no identity of its own, the closest first."""
        labels = self.domain.split(".")
        first = 0 if self.is_address else 1
        for start in range(first, len(labels) - 1):
            yield ".".join(labels[start:])

    def __str__(self) -> str:
        return self.text


def parse_identity(text: str) -> IdentityName:
    """An address or a domain as a person types it. Raises `UsageError` with what to type instead."""
    stripped = text.strip()
    _refuse_link(stripped)
    local, at, domain = stripped.rpartition("@")
    if not at:
        return IdentityName(parse_domain(stripped))
    if not local:
        raise UsageError(f"{text!r} has nothing before the @", hint=f"for the whole domain: {domain}")
    if "<" in stripped:
        raise UsageError(f"{text!r} has more than an address in it", hint="give the address alone")
    address = parse_address(stripped.removesuffix("."))
    return IdentityName(f"{address.local}@{address.domain.lower()}")


def parse_identities(texts: list[str]) -> list[IdentityName]:
    """Several, each once. Raises `UsageError` that names every one that will not do."""
    names: dict[IdentityName, None] = {}
    problems: list[UsageError] = []
    for text in texts:
        try:
            names[parse_identity(text)] = None
        except UsageError as error:
            problems.append(error)
    if problems:
        first = problems[0]
        raise UsageError("; ".join(problem.message for problem in problems), hint=first.hint, code=first.code)
    return list(names)


def parse_domain(text: str) -> str:
    """A domain in lower-case punycode (IDNA 2008). Raises `UsageError` with what to type instead."""
    stripped = text.strip()
    _refuse_link(stripped)
    domain = stripped.removesuffix(".")
    if "@" in domain:
        raise UsageError(
            f"{text!r} is an address, and this wants a domain", hint=f"use {domain.rpartition('@')[2]}"
        )
    if domain.startswith("*."):
        raise UsageError(
            f"{text!r} is a wildcard; a domain covers its subdomains without one", hint=f"use {domain[2:]}"
        )
    if _is_ip_address(domain):
        raise UsageError(f"{text!r} is an IP address; SES verifies names", hint="use the domain's name")
    try:
        return parse_address(f"postmaster@{domain}").domain.lower()
    except MailError as error:
        raise _no_domain(text, domain) from error


def _no_domain(text: str, domain: str) -> UsageError:
    if not domain:
        return UsageError("a name is empty", hint="it looks like example.com or jane@example.com")
    if "." not in domain and all(sign.isalnum() or sign == "-" for sign in domain):
        return UsageError(f"{text!r} lacks the ending of a domain", hint="it looks like example.com")
    return UsageError(f"{text!r} is not a domain name", hint="it looks like example.com or mail.example.com")


def _refuse_link(text: str) -> None:
    found = _LINK.match(text)
    if found or ("/" in text and "@" not in text):
        name = found[2] if found else text.partition("/")[0]
        raise UsageError(f"{text!r} is a link, and this wants a name", hint=f"use {name or 'the name in it'}")


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
