"""Publishing DNS records on the terminal: the changes, the question, and the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand, join_hints
from sescli.errors import ApiError
from sescli.exits import ExitCode
from sescli.groups.identity.service.record_selection import PARTS
from sescli.groups.identity.views import dns_diff
from sescli.output.results import Done

if TYPE_CHECKING:
    from sescli.groups.identity.publishing.plan import PublishResult, ZonePlan
    from sescli.runtime import Runtime

_STATUSES = {
    "INSYNC": "All name servers have the change.",
    "PENDING": "The name servers do not all have the change yet.",
    "PUBLISHED": "The other name servers of the zone copy the change from there.",
}


def confirm_publishing(rt: Runtime, publishing: ZonePlan[Any]) -> Done | None:
    """Show the changes and ask. Returns a result if there is nothing to ask: no changes, or a conflict."""
    from sescli.groups.identity.publishing.plan import REFUSED, UNCHANGED

    _show(rt, publishing)
    if publishing.conflicts:
        rt.output.error(_conflict_error(publishing))
        return Done("Nothing was published.", publishing.result(REFUSED), exit_code=ExitCode.FAILED)
    if not publishing.writes:
        message = f"No changes: {publishing.zone.label} already has all records."
        return Done(message, publishing.result(UNCHANGED), next=_check_command(publishing.domain))
    consequence = dns_diff.describe_consequence(publishing.changes, publishing.zone.label)
    rt.confirm("Publish?", consequence=consequence)
    return None


def publishing_result(published: PublishResult[Any]) -> Done:
    """What was written, and the next step."""
    number = count_record_sets(published.written)
    message = f"Published {number} to {published.zone.label}. {_STATUSES[published.status]}"
    return Done(message, published, next=_check_command(published.domain))


def count_record_sets(number: int) -> str:
    """A number of record sets, in words."""
    return "1 record set" if number == 1 else f"{number} record sets"


def _check_command(domain: str) -> NextCommand:
    return NextCommand("identity", "check", domain)


def _show(rt: Runtime, publishing: ZonePlan[Any]) -> None:
    """Show the changes on tables output, and before every question."""
    will_ask = bool(publishing.writes) and rt.asks and not rt.settings.yes
    if (rt.output.for_people and not rt.output.quiet) or will_ask:
        width = rt.terminal.width if rt.terminal.stderr_is_tty else None
        lines = dns_diff.format_diff(publishing.changes, width)
        rt.output.change([f"Zone {publishing.zone.label}:", "", *lines, ""])


def _conflict_error(publishing: ZonePlan[Any]) -> ApiError:
    conflicts = publishing.conflicts
    blocked = {part for part, purposes in PARTS.items() for one in conflicts if one.purpose in purposes}
    free = [
        part
        for part, purposes in PARTS.items()
        if part not in blocked and any(change.purpose in purposes for change in publishing.changes)
    ]
    rest = NextCommand("identity", "publish", publishing.domain, "--only", ",".join(free))
    publish_rest = Advice("to publish only the other records: ", rest) if free else None
    hint = join_hints([*(one.fix for one in conflicts), publish_rest])
    reasons = "; ".join(str(one.reason) for one in conflicts)
    return ApiError(reasons, hint=hint, code="Conflict")
