"""Email addresses as SES accepts them: 7-bit local part, domain in ASCII (docs/ses-behavior.md#addresses)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sescli.emulator.ses.faults import BadRequest
from sescli.mail.address_list import one_mailbox

_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z0-9-]{2,63}"
)
_LOCAL = re.compile(r"[!#-'*+/-9=?A-Z^-~.-]{1,64}|\"(?:[ !#-\[\]-~]|\\[ -~]){0,62}\"")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

SIMULATOR_DOMAIN = "simulator.amazonses.com"


@dataclass(frozen=True)
class SesAddress:
    """One mailbox. The domain is in lower case, the local part as written."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def unlabelled(self) -> str:
        """The address without its `+label`."""
        return f"{self.local.partition('+')[0]}@{self.domain}"

    @property
    def is_simulated(self) -> bool:
        """Whether it is a mailbox simulator address (docs/ses-behavior.md#simulator)."""
        return self.domain == SIMULATOR_DOMAIN


@lru_cache(maxsize=4096)
def parse_address(text: str) -> SesAddress:
    """Parse the mailbox in `Name <local@domain>` or `local@domain`.

    Raises BadRequest with SES's message.
    """
    if _CONTROL.search(text):
        raise BadRequest("Address contains control or whitespace")
    mailbox = one_mailbox(text)
    spec = mailbox.spec if mailbox else ""
    local, at, domain = spec.rpartition("@")
    if not at:
        raise BadRequest("Missing final '@domain'")
    # RFC 2047 section 5 allows no encoded-word in an address; unconfirmed for SES.
    if not spec.isascii() or "=?" in local or not _LOCAL.fullmatch(local):
        raise BadRequest(f"Local address contains control or whitespace or is illegal: {spec}")
    if not is_domain(domain):
        raise BadRequest(f"Domain contains illegal character or is not a domain: {domain}")
    return SesAddress(local, domain.lower())


def bare_address(text: str) -> SesAddress:
    """Parse the mailbox in `local@domain`, without a display name. Raises BadRequest."""
    if "<" in text or " " in text:
        raise BadRequest(f"Invalid email address<{text}>.")
    return parse_address(text)


def is_domain(text: str) -> bool:
    return _DOMAIN.fullmatch(text) is not None
