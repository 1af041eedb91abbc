"""The account in a region: production or sandbox, quota and rate, sending enabled or paused, suppression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.account import statistics
from sescli.emulator.ses.faults import AccountSuspended, QuotaExceeded, SendingPaused, Throttled

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

KIND = "account"
_NAME = "account"
CASE = "case-000000000000-local-2026"
REVIEWS = ("PENDING", "FAILED", "GRANTED", "DENIED")
_PRODUCTION = {"quota": 1_000_000.0, "rate": 500.0}
_SANDBOX = {"quota": 200.0, "rate": 1.0}  # docs/ses-behavior.md#sandbox


def load(region: Region) -> Record:
    """Load the account's record. A new region starts in production."""
    return region.get(KIND, _NAME) or {
        "production": True,
        **_PRODUCTION,
        "sending": True,
        "enforcement": "HEALTHY",
        "suppressed_reasons": ["BOUNCE", "COMPLAINT"],
    }


def change(region: Region, **values: Any) -> None:
    """Change members of the account's record. None removes a member."""
    record = load(region) | values
    region.put(KIND, _NAME, {key: value for key, value in record.items() if value is not None})


def set_production(region: Region, production: bool) -> None:
    """Switch between production and sandbox, including their quota and rate."""
    if production != load(region)["production"]:
        change(region, production=production, **(_PRODUCTION if production else _SANDBOX))


def set_review(region: Region, status: str) -> None:
    """Set AWS's answer to the request for production access. Only GRANTED leaves the sandbox."""
    details = load(region).get("details", {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://example.com"})
    review = {"Status": status, "CaseId": CASE}
    change(region, details=details | {"ReviewDetails": review})
    set_production(region, status == "GRANTED")


def quota(region: Region, record: Record) -> dict[str, float]:
    """The `SendQuota` of v2 and the response of GetSendQuota in v1."""
    return {
        "Max24HourSend": record["quota"],
        "MaxSendRate": record["rate"],
        "SentLast24Hours": float(statistics.sent_last_24_hours(region)),
    }


def check_sending(record: Record) -> None:
    """Raises AccountSuspended, SendingPaused."""
    if record["enforcement"] == "SHUTDOWN":
        raise AccountSuspended("Sending suspended for this account.")
    if not record["sending"]:
        raise SendingPaused(
            "Sending paused for this account. For more information, please check the inbox of the email"
            " address associated with your AWS account."
        )


def consume(region: Region, record: Record, *, sent: int, counted: int, recipients: int) -> None:
    """Count a message towards rate and quota. `sent` is the number of recipients in the last 24 hours.

    `counted` excludes the recipients at the mailbox simulator: they count towards the rate but not the quota.

    Raises QuotaExceeded or Throttled, and then counts nothing.
    """
    unlimited = record["quota"] == -1
    if counted and not unlimited and sent + counted > record["quota"]:
        raise QuotaExceeded
    if not region.rate_limiter.try_consume(recipients, record["rate"]):
        raise Throttled
