"""The plan and the result of publishing DNS records to a zone, for every kind of DNS server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from sescli.dns.changes import CONFLICT

if TYPE_CHECKING:
    from sescli.dns.changes import RecordChange

UNCHANGED, REFUSED = "UNCHANGED", "CONFLICT"


class TargetZone(Protocol):
    """The zone of the records."""

    @property
    def name(self) -> str:
        """The zone, without the trailing dot."""

    @property
    def label(self) -> str:
        """The zone in output, such as `example.com (Z0123456789ABC)`."""


Zone = TypeVar("Zone", bound=TargetZone)


@dataclass(frozen=True)
class ZonePlan(Generic[Zone]):
    """What publishing changes in a zone, one change for each record. Nothing is changed yet."""

    domain: str
    zone: Zone
    changes: tuple[RecordChange, ...]

    @property
    def writes(self) -> tuple[RecordChange, ...]:
        """The changes that write to the zone."""
        return tuple(change for change in self.changes if change.writes)

    @property
    def conflicts(self) -> tuple[RecordChange, ...]:
        """The changes that are not possible. If there are any, nothing is published."""
        return tuple(change for change in self.changes if change.action == CONFLICT)

    def result(self, status: str, change_id: str | None = None) -> PublishResult[Zone]:
        """Return the result of the plan."""
        return PublishResult(self.domain, self.zone, self.changes, change_id, status)


@dataclass(frozen=True)
class PublishResult(Generic[Zone]):
    """The result of publishing. `change_id` is the ID of the Route 53 change, otherwise None.

    `status` is `INSYNC` (all Route 53 name servers have the change), `PENDING` (not all of them yet), `PUBLISHED` (the
    primary server of a dynamic update has it), `UNCHANGED` or `CONFLICT` (nothing was changed).
    """

    domain: str
    zone: Zone
    changes: tuple[RecordChange, ...]
    change_id: str | None
    status: str

    @property
    def written(self) -> int:
        """The number of record sets that were changed."""
        return sum(change.writes for change in self.changes)
