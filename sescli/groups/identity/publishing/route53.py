"""Publish DNS records to Route 53: plan the change, apply it, and wait until all name servers have it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.dns.changes import CREATE, PublishOptions, RecordChange, plan_changes
from sescli.errors import (
    AccessError,
    ApiError,
    CheckFailedError,
    InterruptedRunError,
    OutcomeUnknownError,
    RetryableError,
)
from sescli.groups.identity.publishing.hosted_zones import HostedZone, explain_denied_access, record_sets
from sescli.groups.identity.publishing.plan import PublishResult, ZonePlan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from sescli.aws.gateway import Gateway
    from sescli.dns.records import Record

INSYNC, PENDING = "INSYNC", "PENDING"
# Seconds between two status calls. Most changes take less than a minute.
_POLL_INTERVAL = 1.0


def plan(
    aws: Gateway, domain: str, records: Sequence[Record], zone: HostedZone, options: PublishOptions
) -> ZonePlan[HostedZone]:
    """Compare the records with what the zone has at their names (Route 53 ListResourceRecordSets)."""
    changes = plan_changes(records, zone.name, lambda name: record_sets(aws, zone, name), options)
    return ZonePlan(domain, zone, changes)


def apply(aws: Gateway, plan: ZonePlan[HostedZone]) -> PublishResult[HostedZone]:
    """Apply the plan in one batch, all or nothing (Route 53 ChangeResourceRecordSets).

    The batch creates a set only if none exists, and replaces a set only if it has exactly the values that were read.
    If someone has changed a set in the meantime, the batch fails. Raises `ApiError`.
    """
    batch = {
        "Comment": f"sescli: DNS records of {plan.domain} for Amazon SES",
        "Changes": [step for change in plan.writes for step in _steps(change)],
    }
    try:
        with explain_denied_access():
            answer = aws.write(
                "route53", "ChangeResourceRecordSets", HostedZoneId=plan.zone.id, ChangeBatch=batch
            )
    except (ApiError, OutcomeUnknownError) as error:
        error.hint = Advice(
            "to publish what is missing, run: ", NextCommand("identity", "publish", plan.domain)
        )
        raise
    info = answer["ChangeInfo"]
    return plan.result(str(info["Status"]), str(info["Id"]).rpartition("/")[2])


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
    """Wait until every name server of the zone has the change (Route 53 GetChange).

    The status stays `PENDING` if GetChange is denied. Raises `CheckFailedError` at the timeout and
    `InterruptedRunError` at Ctrl-C. In all cases the change itself is made.
    """
    change_id, status = str(published.change_id), published.status
    end = clock() + timeout.total_seconds()
    try:
        while status == PENDING:
            if clock() >= end:
                raise _timeout_error(change_id, timeout)
            sleep(_POLL_INTERVAL)
            status = _status(aws, change_id)
    except AccessError:
        return published
    except KeyboardInterrupt as interrupt:
        raise InterruptedRunError(
            f"interrupted: the change {change_id} was submitted, "
            f"and Route 53 continues to copy it to its name servers"
        ) from interrupt
    return replace(published, status=status)


def _status(aws: Gateway, change_id: str) -> str:
    try:
        return str(aws.read("route53", "GetChange", Id=change_id)["ChangeInfo"]["Status"])
    except RetryableError:
        return PENDING


def _timeout_error(change_id: str, timeout: timedelta) -> CheckFailedError:
    return CheckFailedError(
        f"the change {change_id} was submitted, but not all Route 53 name servers have it after "
        f"{timeout.total_seconds():.0f} seconds",
        hint=f"aws route53 wait resource-record-sets-changed --id {change_id}",
        code="NotInSync",
    )
