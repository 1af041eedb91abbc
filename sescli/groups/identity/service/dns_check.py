"""Compare the records that an identity needs with DNS."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.dns.check import check_records
from sescli.dns.records import SENDING, WantedRecords
from sescli.dns.zone_warnings import moved_host_warning
from sescli.errors import UsageError
from sescli.groups.identity.service import identities
from sescli.groups.identity.service.waiting import VERIFIED, VerificationPoll

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
    """Query DNS for the records that SES requires of a domain (SES API v2 GetEmailIdentity, called once).

    The other parameters and errors are those of `identities.records`. Each problem of the zone goes to `warn`; all
    of them are in `DnsCheck.warnings` too.
    """
    answer = identities.get_email_identity(aws, name)
    wanted = (
        _records_of_address(aws, name, answer)
        if name.is_address
        else identities.records_from_answer(
            aws, name, answer, purpose, legacy_txt=legacy_txt, dkim_public_key=dkim_public_key
        )
    )
    found = check_records(wanted, name.domain, sources)
    identity = identities.build_identity(name.text, answer)
    soa = identity.verification_info.soa_record
    seen_by_ses = soa.primary_name_server if soa else None
    moved_warning = moved_host_warning(found.soas, found.zone.name_servers, seen_by_ses)
    if moved_warning:
        found = replace(found, warnings=(*found.warnings, moved_warning))
    for warning in found.warnings:
        warn(warning)
    return replace(found, verified=VerificationPoll(identity, aws.region).outcome == VERIFIED)


def _records_of_address(aws: Gateway, name: IdentityName, answer: Mapping[str, Any]) -> list[Record]:
    """An address needs records only if it has a MAIL FROM domain."""
    wanted = WantedRecords(name.text, answer, aws.region).for_address()
    if not wanted:
        raise UsageError(
            f"{name} is an address: a link verifies it, and it needs no DNS records",
            hint=Advice("for its domain: ", NextCommand("identity", "check", name.domain)),
        )
    return wanted
