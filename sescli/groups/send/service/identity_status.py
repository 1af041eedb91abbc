"""Which identities let an address send or, in the sandbox, receive, and their verification status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sescli.aws.gateway import Gateway
    from sescli.mail.addresses import Address

VERIFIED = "SUCCESS"
_NAMES_PER_CALL = 100  # the limit of GetIdentityVerificationAttributes
_IDENTITIES_PER_PAGE = 1_000  # the limit of ListEmailIdentities


def covering_names(address: Address) -> list[str]:
    """The identities that cover an address, closest first: itself, without its +label, its domain, parent domains.

    SES compares the part before the @ with its case (docs/ses-behavior.md#addresses), and domains without.
    """
    domain = address.domain.lower()
    labels = domain.split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    unlabelled = address.local.partition("+")[0]
    return list(dict.fromkeys([f"{address.local}@{domain}", f"{unlabelled}@{domain}", *domains]))


def statuses_of(aws: Gateway, names: Iterable[str]) -> dict[str, str]:
    """The status of each name that is an identity in this region: SUCCESS, PENDING, FAILED, …

    Uses GetIdentityVerificationAttributes of API v1: one call answers for 100 names and leaves out those that are not
    identities.
    """
    wanted = list(dict.fromkeys(names))
    statuses: dict[str, str] = {}
    for start in range(0, len(wanted), _NAMES_PER_CALL):
        part = wanted[start : start + _NAMES_PER_CALL]
        answer = aws.read("ses", "GetIdentityVerificationAttributes", Identities=part)
        found = answer.get("VerificationAttributes", {})
        statuses |= {name: _api_v2_status(one.get("VerificationStatus")) for name, one in found.items()}
    return statuses


def _api_v2_status(status: object) -> str:
    """API v1 spells a status `TemporaryFailure`, API v2 `TEMPORARY_FAILURE`."""
    text = str(status)
    return "TEMPORARY_FAILURE" if text == "TemporaryFailure" else text.upper()


def all_statuses(aws: Gateway) -> dict[str, str]:
    """The status of every identity in this region (ListEmailIdentities, 1,000 a page).

    For many names this takes fewer calls than `statuses_of`: a region has at most 10,000 identities, whatever the
    number of recipients.
    """
    pages = aws.pages("sesv2", "ListEmailIdentities", "EmailIdentities", PageSize=_IDENTITIES_PER_PAGE)
    return {_stored_name(one["IdentityName"]): _listed_status(one) for one in pages}


def _listed_status(identity: Mapping[str, Any]) -> str:
    """Endpoints other than AWS's own may leave the status out."""
    usable = identity.get("SendingEnabled", True)
    return str(identity.get("VerificationStatus") or (VERIFIED if usable else "PENDING"))


def _stored_name(name: str) -> str:
    """The name as `covering_names` spells it: with a domain in lower case."""
    local, at, domain = name.rpartition("@")
    return f"{local}{at}{domain.lower()}"
