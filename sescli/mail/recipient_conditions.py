"""The recipient conditions of a receipt rule: which addresses they cover, and why not the others.

SES developer guide, "Recipient conditions": an address matches itself, with any `+label` too; an address with a
label matches that label alone; `example.com` matches the addresses of that domain and of no subdomain;
`.example.com` those of its subdomains and not its own; no condition matches all verified domains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.mail.addresses import Address


def condition(recipients: Sequence[str], address: Address) -> tuple[bool, str]:
    """Whether a rule's recipients cover an address, and by which of them or why not."""
    if not recipients:
        return True, "it has no recipients, so it takes all of every verified domain"
    misses = []
    for recipient in recipients:
        fits, reason = _covers(recipient, address)
        if fits:
            return True, reason
        if reason:
            misses.append(reason)
    return False, misses[0] if misses else "none of its recipients is this address or its domain"


def _covers(recipient: str, address: Address) -> tuple[bool, str]:
    local, at, domain = recipient.casefold().rpartition("@")
    own = address.domain.casefold()
    if at:
        return _covers_address(recipient, local, domain, address) if domain == own else (False, "")
    if recipient.startswith("."):
        if own == domain[1:]:
            return False, f"{recipient} covers the subdomains of {own}, not {own} itself"
        return own.endswith(domain), f"{recipient} covers all its subdomains" if own.endswith(domain) else ""
    if own == domain:
        return True, f"{recipient} covers every address of the domain"
    if own.endswith(f".{domain}"):
        return False, f"{recipient} covers no subdomain; .{domain} would"
    return False, ""


def _covers_address(recipient: str, local: str, domain: str, address: Address) -> tuple[bool, str]:
    own = address.local.casefold()
    if own == local:
        return True, f"{recipient} is this address"
    plain, label, _ = own.partition("+")
    if label and plain == local:
        return True, f"{recipient} covers it with any +label"
    if "+" in local and local.partition("+")[0] == plain:
        return False, f"{recipient} covers that label alone; {plain}@{domain} would cover all"
    return False, ""
