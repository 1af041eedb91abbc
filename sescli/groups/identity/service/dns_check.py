"""What DNS says now about the records that an identity wants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sescli.dns.check import check_records
from sescli.dns.records import SENDING, WantedRecords
from sescli.dns.zone_warnings import moved_host_warning
from sescli.errors import UsageError
from sescli.groups.identity.service import identities
from sescli.groups.identity.service.waiting import VERIFIED, Look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sescli.aws.gateway import Gateway
    from sescli.dns.findings import DnsCheck
    from sescli.dns.names import IdentityName
    from sescli.dns.records import Record
    from sescli.dns.sources import Sources


def check(
    aws: Gateway,
    name: IdentityName,
    purpose: str = SENDING,
    *,
    sources: Sources,
    warn: Callable[[str], None],
    legacy_txt: bool = False,
    dkim_public_key: str | None = None,
) -> DnsCheck:
    """Ask DNS for the records that SES wants of a domain (SES API v2 GetEmailIdentity, called once).

    `purpose` and what follows are as in `identities.records`, whose errors this raises too. What is odd about
    the zone goes to `warn`, a line each; it is in `DnsCheck.warnings` as well.
    """
    answer = identities.get(aws, name)
    wanted = (
        _of_address(aws, name, answer)
        if name.is_address
        else identities.records_in(
            aws, name, answer, purpose, legacy_txt=legacy_txt, dkim_public_key=dkim_public_key
        )
    )
    found = check_records(wanted, name.domain, sources)
    identity = identities.whole(name.text, answer)
    soa = identity.verification_info.soa_record
    seen_by_ses = soa.primary_name_server if soa else None
    elsewhere = moved_host_warning(found.soas, found.zone.name_servers, seen_by_ses)
    if elsewhere:
        found = replace(found, warnings=(*found.warnings, elsewhere))
    for remark in found.warnings:
        warn(remark)
    return replace(found, verified=Look(identity, aws.region).outcome == VERIFIED)


def _of_address(aws: Gateway, name: IdentityName, answer: Mapping[str, Any]) -> list[Record]:
    """An address wants records only for a MAIL FROM domain of its own."""
    wanted = WantedRecords(name.text, answer, aws.region).for_address()
    if not wanted:
        raise UsageError(
            f"{name} is an address: a link in a mail verifies it, and no DNS record does",
            hint=f"for its domain: sescli identity check {name.domain}",
        )
    return wanted
