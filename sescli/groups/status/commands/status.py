"""`sescli status`: one screen of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sescli.cli.decorator import command
from sescli.output.results import Details
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.status.service.status import AccountStatus

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@command(app, "status", examples=["sescli status", "sescli status -o json"])
def status(rt: Runtime) -> Details:
    """Show on one screen whether mail can go out from here.

    Look here first: account, sandbox, sending switch, quota, identities and suppression, in one region.
    """
    from sescli.groups.status.service import status as account

    now = account.status(rt.aws)
    fields = (
        ("access", "production" if now.production_access else "sandbox: only to verified recipients"),
        ("sending", _sending(now), "status"),
        ("review", now.enforcement_status, "status"),
        ("quota", _quota(now)),
        ("rate", f"{now.quota.max_send_rate:g} recipients a second"),
        ("identities", _identities(now)),
        ("suppressed automatically", list(now.suppression_reasons) or "nothing"),
    )
    place = f"{now.region}, the embedded SES" if now.local else now.region
    return Details(now, fields, title=f"Amazon SES in {place}", next=_next(now))


def _sending(now: AccountStatus) -> str:
    return "ENABLED" if now.sending_enabled else "DISABLED"


def _quota(now: AccountStatus) -> str:
    quota = now.quota
    if quota.max_24_hour_send is None:
        return f"{quota.sent_last_24_hours:,.0f} sent in the last 24 hours, no limit"
    return (
        f"{quota.sent_last_24_hours:,.0f} of {quota.max_24_hour_send:,.0f} in the last 24 hours "
        f"({quota.used_percent:g} %)"
    )


def _identities(now: AccountStatus) -> str:
    count = now.identities
    if count is None:
        return "not known: ListEmailIdentities is denied"
    parts = [f"{count.verified:,} verified"]
    if count.waiting:
        parts.append(f"{count.waiting:,} waiting")
    if count.failed:
        parts.append(f"{count.failed:,} failed")
    return ", ".join(parts)


def _next(now: AccountStatus) -> str | None:
    count = now.identities
    if count is not None and not count.total:
        return "sescli identity verify example.com (with your domain)"
    if count is not None and count.waiting + count.failed:
        return "sescli identity list"
    return None
