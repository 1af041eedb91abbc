"""Publishing DNS records to Route 53: what would change, the change itself, and the wait until it is everywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sescli.dns.changes import CREATE, PublishOptions, RecordChange, plan_changes
from sescli.errors import (
    AccessError,
    ApiError,
    CheckFailedError,
    InterruptedRunError,
    OutcomeUnknownError,
    RetryableError,
)
from sescli.groups.identity.publishing.hosted_zones import HostedZone, permitted, record_sets
from sescli.groups.identity.publishing.plan import PublishResult, ZonePlan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from sescli.aws.gateway import Gateway
    from sescli.dns.records import Record

INSYNC, PENDING = "INSYNC", "PENDING"
# Seconds between two looks; most changes are everywhere within a minute.
_INTERVAL = 1.0


def plan(
    aws: Gateway, domain: str, records: Sequence[Record], zone: HostedZone, wish: PublishOptions
) -> ZonePlan[HostedZone]:
    """Compare the records with what the zone has at their names (Route 53 ListResourceRecordSets)."""
    changes = plan_changes(records, zone.name, lambda name: record_sets(aws, zone, name), wish)
    return ZonePlan(domain, zone, changes)


def apply(aws: Gateway, publishing: ZonePlan[HostedZone]) -> PublishResult[HostedZone]:
    """Make the change in one batch, all or nothing (Route 53 ChangeResourceRecordSets).

    A set is created only where none is, and changed only by deleting exactly the values that were read: whoever
    has changed it in between makes the whole batch fail. Raises `ApiError` then.
    """
    batch = {
        "Comment": f"sescli: DNS records of {publishing.domain} for Amazon SES",
        "Changes": [step for change in publishing.writes for step in _steps(change)],
    }
    try:
        with permitted():
            answer = aws.write(
                "route53", "ChangeResourceRecordSets", HostedZoneId=publishing.zone.id, ChangeBatch=batch
            )
    except (ApiError, OutcomeUnknownError) as error:
        error.hint = f"look again, and publish what is missing: sescli identity publish {publishing.domain}"
        raise
    info = answer["ChangeInfo"]
    return publishing.ended(str(info["Status"]), str(info["Id"]).rpartition("/")[2])


def _steps(change: RecordChange) -> list[dict[str, Any]]:
    create = _step("CREATE", change, change.after, change.ttl)
    if change.action == CREATE:
        return [create]
    return [_step("DELETE", change, change.before, change.ttl_before), create]


def _step(action: str, change: RecordChange, values: Sequence[str], ttl: int | None) -> dict[str, Any]:
    return {
        "Action": action,
        "ResourceRecordSet": {
            "Name": f"{change.name}.",
            "Type": change.type,
            "TTL": ttl,
            "ResourceRecords": [{"Value": value} for value in values],
        },
    }


def wait(
    aws: Gateway,
    published: PublishResult[HostedZone],
    timeout: timedelta,
    *,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> PublishResult[HostedZone]:
    """Look until every name server of the zone has the change (Route 53 GetChange).

    Still `PENDING` where the look is denied. Raises `CheckFailedError` at the timeout, and
    `InterruptedRunError` at Ctrl-C; in each case the change itself is made.
    """
    change_id, status = str(published.change_id), published.status
    end = clock() + timeout.total_seconds()
    try:
        while status == PENDING:
            if clock() >= end:
                raise _late(change_id, timeout)
            sleep(_INTERVAL)
            status = _status(aws, change_id)
    except AccessError:
        return published
    except KeyboardInterrupt as interrupt:
        raise InterruptedRunError(
            f"interrupted: the change {change_id} is made, and Route 53 goes on spreading it"
        ) from interrupt
    return replace(published, status=status)


def _status(aws: Gateway, change_id: str) -> str:
    try:
        return str(aws.read("route53", "GetChange", Id=change_id)["ChangeInfo"]["Status"])
    except RetryableError:
        return PENDING


def _late(change_id: str, timeout: timedelta) -> CheckFailedError:
    return CheckFailedError(
        f"the change {change_id} is made, but after {timeout.total_seconds():.0f} seconds not every "
        f"name server of Route 53 has it",
        hint=f"aws route53 wait resource-record-sets-changed --id {change_id}",
        code="NotInSync",
    )
