"""The recipient conditions of a receipt rule: whether they match an address, and why.

SES developer guide, "Recipient conditions": an address matches itself, also with a `+label`; an address with a label
matches only that label; `example.com` matches the addresses of that domain but not of subdomains; `.example.com`
matches those of its subdomains but not its own; without conditions a rule matches all verified domains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.mail.addresses import Address


def condition(recipients: Sequence[str], address: Address) -> tuple[bool, str]:
    """Whether the recipients of a rule match an address, and the reason."""
    if not recipients:
        return True, "it has no recipient conditions, so it matches every verified domain"
    misses = []
    for recipient in recipients:
        fits, reason = _covers(recipient, address)
        if fits:
            return True, reason
        if reason:
            misses.append(reason)
    return False, misses[0] if misses else "no recipient condition matches this address or its domain"


def _covers(recipient: str, address: Address) -> tuple[bool, str]:
    local, at, domain = recipient.casefold().rpartition("@")
    own = address.domain.casefold()
    if at:
        return _covers_address(recipient, local, domain, address) if domain == own else (False, "")
    if recipient.startswith("."):
        if own == domain[1:]:
            return False, f"{recipient} matches subdomains of {own}, not {own} itself"
        return own.endswith(domain), f"{recipient} matches all its subdomains" if own.endswith(domain) else ""
    if own == domain:
        return True, f"{recipient} matches every address of the domain"
    if own.endswith(f".{domain}"):
        return False, f"{recipient} does not match subdomains; .{domain} would"
    return False, ""


def _covers_address(recipient: str, local: str, domain: str, address: Address) -> tuple[bool, str]:
    own = address.local.casefold()
    if own == local:
        return True, f"{recipient} is this address"
    plain, label, _ = own.partition("+")
    if label and plain == local:
        return True, f"{recipient} matches it with any +label"
    if "+" in local and local.partition("+")[0] == plain:
        return False, f"{recipient} matches only that label; {plain}@{domain} would match all"
    return False, ""
