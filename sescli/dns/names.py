"""Identity names: email addresses and domains."""

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
    """A name as SES stores it: the domain in lower-case punycode, the part before the @ unchanged."""

    text: str

    @property
    def is_address(self) -> bool:
        """Whether it is an email address, not a domain."""
        return "@" in self.text

    @property
    def type(self) -> str:
        """The type in the API: `EMAIL_ADDRESS` or `DOMAIN`."""
        return EMAIL_ADDRESS if self.is_address else DOMAIN

    @property
    def domain(self) -> str:
        """The domain, or the domain of the address."""
        return self.text.rpartition("@")[2]

    def parents(self) -> Iterator[str]:
        """Return the domains whose settings it inherits if it is not an identity itself, closest first."""
        labels = self.domain.split(".")
        first = 0 if self.is_address else 1
        for start in range(first, len(labels) - 1):
            yield ".".join(labels[start:])

    def __str__(self) -> str:
        return self.text


def parse_identity(text: str) -> IdentityName:
    """Parse an email address or domain. Raises `UsageError` that says what to enter instead."""
    stripped = text.strip()
    _refuse_link(stripped)
    local, at, domain = stripped.rpartition("@")
    if not at:
        return IdentityName(parse_domain(stripped))
    if not local:
        raise UsageError(f"{text!r} has no text before the @", hint=f"for the domain itself, use {domain}")
    if "<" in stripped:
        raise UsageError(f"{text!r} is not only an email address", hint="enter the address without a name")
    address = parse_address(stripped.removesuffix("."))
    return IdentityName(f"{address.local}@{address.domain.lower()}")


def parse_identities(texts: list[str]) -> list[IdentityName]:
    """Parse several names and remove duplicates. Raises `UsageError` that lists every name that is not valid."""
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
    """Parse a domain to lower-case punycode (IDNA 2008). Raises `UsageError` that says what to enter instead."""
    stripped = text.strip()
    _refuse_link(stripped)
    domain = stripped.removesuffix(".")
    if "@" in domain:
        raise UsageError(
            f"{text!r} is an email address, not a domain", hint=f"use {domain.rpartition('@')[2]}"
        )
    if domain.startswith("*."):
        raise UsageError(
            f"{text!r} is a wildcard, but a domain includes its subdomains", hint=f"use {domain[2:]}"
        )
    if _is_ip_address(domain):
        raise UsageError(f"{text!r} is an IP address, not a domain", hint="use the domain name")
    try:
        return parse_address(f"postmaster@{domain}").domain.lower()
    except MailError as error:
        raise _invalid_domain(text, domain) from error


def _invalid_domain(text: str, domain: str) -> UsageError:
    if not domain:
        return UsageError(
            "an identity name is empty", hint="use a name such as example.com or jane@example.com"
        )
    if "." not in domain and all(character.isalnum() or character == "-" for character in domain):
        return UsageError(f"{text!r} has no top-level domain", hint="use a name such as example.com")
    return UsageError(
        f"{text!r} is not a domain name", hint="use a name such as example.com or mail.example.com"
    )


def _refuse_link(text: str) -> None:
    found = _LINK.match(text)
    if found or ("/" in text and "@" not in text):
        name = found[2] if found else text.partition("/")[0]
        raise UsageError(f"{text!r} is a link, not an identity name", hint=f"use {name or 'the name in it'}")


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
