"""How the sandbox status looks on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import NextCommand
from sescli.output.results import Details

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.advice import Hint
    from sescli.groups.sandbox.service.sandbox import PreviousRequest, SandboxStatus

_SHOWN = 10


def sandbox_details(status: SandboxStatus) -> Details:
    """Whether the account is in the sandbox, its limits, and the request for production access."""
    quota = status.quota
    most = "no limit" if quota.max_24_hour_send is None else f"{quota.max_24_hour_send:,.0f} in 24 hours"
    fields = (
        ("account access", "sandbox" if status.sandbox else "production"),
        ("allowed recipients", _describe_recipients(status)),
        ("sending limits", f"{most}, {quota.max_send_rate:g} per second"),
        ("sending", "ENABLED" if status.sending_enabled else "DISABLED", "status"),
        ("account status", status.enforcement_status, "status"),
        *_request_fields(status.request),
    )
    return Details(status, fields, title=f"Amazon SES in {status.region}", next=_next_step(status))


def _describe_recipients(status: SandboxStatus) -> str:
    if not status.sandbox:
        return "anyone"
    simulator = "the mailbox simulator"
    if status.verified is None:
        return f"verified identities (could not list them: permission denied), {simulator}"
    names = [name if "@" in name else f"anyone at {name}" for name in status.verified[:_SHOWN]]
    more = len(status.verified) - _SHOWN
    return ", ".join([*names, *([f"{more:,} more identities"] if more > 0 else []), simulator])


def _request_fields(
    request: PreviousRequest | None,
) -> Sequence[tuple[str, object] | tuple[str, object, str]]:
    if request is None:
        return [("production access request", "none")]
    return [
        ("production access request", request.status or "none", "status"),
        ("support case", request.case_id),
        ("email type", (request.mail_type or "").lower()),
        ("website", request.website_url),
        ("contacts", list(request.additional_contacts)),
    ]


def _next_step(status: SandboxStatus) -> Hint | None:
    if not status.sandbox:
        return None
    if status.request is not None and status.request.status == "PENDING":
        return "wait for the reply of AWS in the support case and by email"
    return NextCommand("sandbox", "request-production")
