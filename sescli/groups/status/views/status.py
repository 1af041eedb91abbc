"""How the account status looks on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.output.results import Details

if TYPE_CHECKING:
    from sescli.advice import Hint
    from sescli.groups.status.service.status import AccountStatus


def status_details(status: AccountStatus) -> Details:
    """Account access, sending, quota, identities and suppression on one screen."""
    access = "production" if status.production_access else "sandbox: only verified recipients"
    fields = (
        ("account access", access),
        ("sending", "ENABLED" if status.sending_enabled else "DISABLED", "status"),
        ("account status", status.enforcement_status, "status"),
        ("24-hour quota", _format_quota(status)),
        ("maximum send rate", f"{status.quota.max_send_rate:g} recipients per second"),
        ("identities", _format_identities(status)),
        ("automatic suppression", list(status.suppression_reasons) or "off"),
    )
    place = f"{status.region}, local SES emulator" if status.local else status.region
    return Details(status, fields, title=f"Amazon SES in {place}", next=_next_step(status))


def _format_quota(status: AccountStatus) -> str:
    quota = status.quota
    if quota.max_24_hour_send is None:
        return f"{quota.sent_last_24_hours:,.0f} sent in the last 24 hours, no limit"
    return (
        f"{quota.sent_last_24_hours:,.0f} of {quota.max_24_hour_send:,.0f} in the last 24 hours "
        f"({quota.used_percent:g}%)"
    )


def _format_identities(status: AccountStatus) -> str:
    count = status.identities
    if count is None:
        return "could not list identities: permission denied (requires ses:ListEmailIdentities)"
    parts = [f"{count.verified:,} verified"]
    if count.waiting:
        parts.append(f"{count.waiting:,} pending")
    if count.failed:
        parts.append(f"{count.failed:,} failed")
    return ", ".join(parts)


def _next_step(status: AccountStatus) -> Hint | None:
    count = status.identities
    if count is not None and not count.total:
        return Advice("verify your domain: ", NextCommand("identity", "verify", "DOMAIN"))
    if count is not None and count.waiting + count.failed:
        return NextCommand("identity", "list")
    return None
