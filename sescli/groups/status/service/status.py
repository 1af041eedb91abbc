"""The status of the account in one region."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.aws.try_read import try_read
from sescli.groups.reputation.service.quota import Quota, quota_of

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway


@dataclass(frozen=True)
class IdentityCount:
    """The number of identities by verification status; `waiting` is neither verified nor failed."""

    total: int
    verified: int
    waiting: int
    failed: int


@dataclass(frozen=True)
class AccountStatus:
    """What decides whether the account can send. `identities` is None if the look-up is denied.

    `enforcement_status` is HEALTHY, PROBATION (under review) or SHUTDOWN (paused by AWS).
    """

    region: str
    local: bool
    production_access: bool
    sending_enabled: bool
    enforcement_status: str
    quota: Quota
    identities: IdentityCount | None
    suppression_reasons: tuple[str, ...]


def status(aws: Gateway) -> AccountStatus:
    """Read the status (SES API v2 GetAccount, ListEmailIdentities)."""
    account = aws.read("sesv2", "GetAccount")
    return AccountStatus(
        region=aws.region,
        local=aws.target.local,
        production_access=bool(account.get("ProductionAccessEnabled")),
        sending_enabled=bool(account.get("SendingEnabled")),
        enforcement_status=str(account.get("EnforcementStatus", "")),
        quota=quota_of(account),
        identities=_identities(aws),
        suppression_reasons=tuple(account.get("SuppressionAttributes", {}).get("SuppressedReasons", ())),
    )


def _identities(aws: Gateway) -> IdentityCount | None:
    # No warning: the status shows that the number is missing.
    found = try_read("identities", lambda: _count_by_status(aws))
    if found is None:
        return None
    verified, failed = found["SUCCESS"], found["FAILED"]
    total = found.total()
    return IdentityCount(total, verified, total - verified - failed, failed)


def _count_by_status(aws: Gateway) -> Counter[str]:
    identities = aws.pages("sesv2", "ListEmailIdentities", "EmailIdentities", PageSize=1000)
    return Counter(identity.get("VerificationStatus", "") for identity in identities)
