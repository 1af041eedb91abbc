"""Publishing on the screen: the change, the question, and what it came to, whoever serves the zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.errors import ApiError
from sescli.exits import ExitCode
from sescli.groups.identity.views import dns_diff
from sescli.output.results import Done

if TYPE_CHECKING:
    from sescli.groups.identity.publishing.plan import PublishResult, ZonePlan
    from sescli.runtime import Runtime

# What --only takes, and the purposes of the records that it stands for.
PARTS = {
    "dkim": ("dkim",),
    "mail-from": ("mail_from_mx", "mail_from_spf"),
    "dmarc": ("dmarc",),
    "verification": ("verification",),
    "receiving": ("inbound_mx",),
}

_WHERE = {
    "INSYNC": "and every name server has it",
    "PENDING": "and it is on its way",
    "PUBLISHED": "and its other name servers learn it from there",
}


def asked(rt: Runtime, publishing: ZonePlan[Any]) -> Done | None:
    """Show the change and ask for a yes. A result instead where there is nothing to ask: all there, or a conflict."""
    from sescli.groups.identity.publishing.plan import REFUSED, UNCHANGED

    _show(rt, publishing)
    if publishing.conflicts:
        rt.output.error(_conflict(publishing))
        return Done("Nothing was published.", publishing.result(REFUSED), exit_code=ExitCode.FAILED)
    if not publishing.writes:
        message = f"Nothing to do: {publishing.zone.label} has it all."
        return Done(message, publishing.result(UNCHANGED), next=_check(publishing.domain))
    consequence = dns_diff.consequence(publishing.changes, publishing.zone.label)
    rt.confirm("Publish?", consequence=consequence)
    return None


def result(published: PublishResult[Any]) -> Done:
    """What was done, and the next step."""
    message = f"Published {sets(published.written)} to {published.zone.label}, {_WHERE[published.status]}."
    return Done(message, published, next=_check(published.domain))


def sets(number: int) -> str:
    """So many record sets, in words."""
    return "1 record set" if number == 1 else f"{number} record sets"


def _check(domain: str) -> str:
    return f"sescli identity check {domain}"


def _show(rt: Runtime, publishing: ZonePlan[Any]) -> None:
    """To people, and to whoever is about to be asked."""
    asking = bool(publishing.writes) and rt.asks and not rt.settings.yes
    if (rt.output.for_people and not rt.output.quiet) or asking:
        width = rt.terminal.width if rt.terminal.stderr_is_tty else None
        lines = dns_diff.diff(publishing.changes, width)
        rt.output.change([f"The zone {publishing.zone.label}:", "", *lines, ""])


def _conflict(publishing: ZonePlan[Any]) -> ApiError:
    conflicts = publishing.conflicts
    blocked = {part for part, purposes in PARTS.items() for one in conflicts if one.purpose in purposes}
    free = [
        part
        for part, purposes in PARTS.items()
        if part not in blocked and any(change.purpose in purposes for change in publishing.changes)
    ]
    hint = "; ".join(dict.fromkeys(one.fix for one in conflicts if one.fix))
    if free:
        hint += f"; the rest alone: sescli identity publish {publishing.domain} --only {','.join(free)}"
    reasons = "; ".join(str(one.reason) for one in conflicts)
    return ApiError(reasons, hint=hint, code="Conflict")
