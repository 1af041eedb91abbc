"""Publishing DNS records to Route 53: what would change, the change itself, and the wait until it is everywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sescli.dns.changes import CONFLICT, CREATE, REPLACE, Change, Wish, change_of
from sescli.errors import (
    AccessError,
    AwsRefusedError,
    CheckFailedError,
    InterruptedRunError,
    OutcomeUnknownError,
    ThrottledError,
)
from sescli.services.hosted_zones import HostedZone, permitted, record_sets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta

    from sescli.aws.gateway import Gateway
    from sescli.dns.record_set import RecordSet
    from sescli.dns.records import Record

INSYNC, PENDING = "INSYNC", "PENDING"
# Seconds between two looks; most changes are everywhere within a minute.
_INTERVAL = 1.0


@dataclass(frozen=True)
class Publishing:
    """What publishing a domain's records to a zone changes, a record each. Nothing is done yet."""

    domain: str
    zone: HostedZone
    changes: tuple[Change, ...]

    @property
    def writes(self) -> tuple[Change, ...]:
        """Those that change the zone."""
        return tuple(change for change in self.changes if change.writes)

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """Those that cannot be made; while there is one, none is."""
        return tuple(change for change in self.changes if change.action == CONFLICT)

    @property
    def replacements(self) -> tuple[Change, ...]:
        """Those that take a value away."""
        return tuple(change for change in self.changes if change.action == REPLACE)


@dataclass(frozen=True)
class Published:
    """The same afterwards. `change_id` is Route 53's, None where nothing was to be done.

    `status` is `INSYNC` (every name server of the zone has it), `PENDING`, `UNCHANGED` or `CONFLICT`.
    """

    domain: str
    zone: HostedZone
    changes: tuple[Change, ...]
    change_id: str | None
    status: str


def plan(aws: Gateway, domain: str, records: Sequence[Record], zone: HostedZone, wish: Wish) -> Publishing:
    """Compare the records with what the zone has at their names (Route 53 ListResourceRecordSets)."""
    seen: dict[str, list[RecordSet]] = {}

    def there(name: str) -> list[RecordSet]:
        if name not in seen:
            seen[name] = record_sets(aws, zone, name)
        return seen[name]

    changes = []
    for record in records:
        around = [found for name in _names_to(record.name, zone.name) for found in there(name)]
        changes.append(change_of(record, zone.name, around, wish))
    return Publishing(domain, zone, tuple(changes))


def _names_to(name: str, zone_name: str) -> Iterator[str]:
    """The name, and those above it inside the zone: one of them may be delegated away."""
    yield name
    while name != zone_name and (name := name.partition(".")[2]) != zone_name:
        yield name


def apply(aws: Gateway, publishing: Publishing) -> Published:
    """Make the change in one batch, all or nothing (Route 53 ChangeResourceRecordSets).

    A set is created only where none is, and changed only by deleting exactly the values that were read: whoever
    has changed it in between makes the whole batch fail. Raises `AwsRefusedError` then.
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
    except (AwsRefusedError, OutcomeUnknownError) as error:
        error.hint = f"look again, and publish what is missing: sescli identity publish {publishing.domain}"
        raise
    info = answer["ChangeInfo"]
    return _published(publishing, str(info["Id"]).rpartition("/")[2], str(info["Status"]))


def _published(publishing: Publishing, change_id: str | None, status: str) -> Published:
    return Published(publishing.domain, publishing.zone, publishing.changes, change_id, status)


def refused(publishing: Publishing) -> Published:
    """What conflicts leave: nothing done."""
    return _published(publishing, None, "CONFLICT")


def unchanged(publishing: Publishing) -> Published:
    """What is left where all is there already."""
    return _published(publishing, None, "UNCHANGED")


def _steps(change: Change) -> list[dict[str, Any]]:
    create = _step("CREATE", change, change.after, change.ttl)
    if change.action == CREATE:
        return [create]
    return [_step("DELETE", change, change.before, change.ttl_before), create]


def _step(action: str, change: Change, values: Sequence[str], ttl: int | None) -> dict[str, Any]:
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
    published: Published,
    timeout: timedelta,
    *,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> Published:
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
    except ThrottledError:
        return PENDING


def _late(change_id: str, timeout: timedelta) -> CheckFailedError:
    return CheckFailedError(
        f"the change {change_id} is made, but after {timeout.total_seconds():.0f} seconds not every "
        f"name server of Route 53 has it",
        hint=f"aws route53 wait resource-record-sets-changed --id {change_id}",
        code="NotInSync",
    )
