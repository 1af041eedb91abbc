"""Some of the DNS records of a domain, chosen by what they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import NextCommand
from sescli.dns.records import ALL, SENDING
from sescli.errors import UsageError
from sescli.groups.identity.service import identities

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName
    from sescli.dns.records import Record

# The parts that users can choose, and the purposes of the records in each.
PARTS = {
    "dkim": ("dkim",),
    "mail-from": ("mail_from_mx", "mail_from_spf"),
    "dmarc": ("dmarc",),
    "verification": ("verification",),
    "receiving": ("inbound_mx",),
}


def parse_parts(text: str | None) -> tuple[str, ...]:
    """The parts in a list separated by commas, none for None. Raises `UsageError`."""
    parts = tuple(part.strip().lower().replace("_", "-") for part in (text or "").split(",") if part.strip())
    unknown = [part for part in parts if part not in PARTS]
    if unknown or (text is not None and not parts):
        raise UsageError(f"--only {text!r} is not valid", hint=f"use one or more of: {', '.join(PARTS)}")
    return parts


def select_records(
    aws: Gateway,
    name: IdentityName,
    purpose: str,
    parts: tuple[str, ...],
    *,
    legacy_txt: bool,
    dkim_public_key: str | None,
) -> list[Record]:
    """The records for a purpose, or if there are `parts`, exactly those. Raises `UsageError` if there is none.

    The other parameters and errors are those of `identities.records`.
    """
    if parts:
        purpose = ALL if "receiving" in parts else SENDING
    found = identities.records(
        aws,
        name,
        purpose,
        legacy_txt=legacy_txt or "verification" in parts,
        dkim_public_key=dkim_public_key,
    )
    purposes = {each for part in parts for each in PARTS[part]}
    chosen = [record for record in found if not purposes or record.purpose in purposes]
    if not chosen:
        raise UsageError(
            f"{name} needs no {', '.join(parts)} records",
            hint=NextCommand("identity", "records", name.text),
        )
    return chosen
