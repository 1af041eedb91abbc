"""The account in one region, in one look."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.errors import AccessError
from sescli.groups.reputation.service.quota import Quota, quota_of

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway


@dataclass(frozen=True)
class IdentityCount:
    """Identities by their verification; `waiting` is every status that is neither verified nor failed."""

    total: int
    verified: int
    waiting: int
    failed: int


@dataclass(frozen=True)
class AccountStatus:
    """What decides whether mail goes out. `identities` is None where the look-up is denied.

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
    """Look (SES API v2 GetAccount, ListEmailIdentities)."""
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
    found: Counter[str] = Counter()
    try:
        for identity in aws.pages("sesv2", "ListEmailIdentities", "EmailIdentities", PageSize=1000):
            found[identity.get("VerificationStatus", "")] += 1
    except AccessError:
        return None
    verified, failed = found["SUCCESS"], found["FAILED"]
    total = found.total()
    return IdentityCount(total, verified, total - verified - failed, failed)
