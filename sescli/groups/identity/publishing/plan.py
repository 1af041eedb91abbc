"""DNS records on their way into a zone: what would change, and what has, whoever serves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from sescli.dns.changes import CONFLICT

if TYPE_CHECKING:
    from sescli.dns.changes import RecordChange

UNCHANGED, REFUSED = "UNCHANGED", "CONFLICT"


class TargetZone(Protocol):
    """Where the records go; `label` is how people are told of it."""

    @property
    def name(self) -> str:
        """The zone, without the closing dot."""

    @property
    def label(self) -> str:
        """As `example.com (Z0123456789ABC)`."""


Zone = TypeVar("Zone", bound=TargetZone)


@dataclass(frozen=True)
class ZonePlan(Generic[Zone]):
    """What publishing a domain's records to a zone changes, a record each. Nothing is done yet."""

    domain: str
    zone: Zone
    changes: tuple[RecordChange, ...]

    @property
    def writes(self) -> tuple[RecordChange, ...]:
        """Those that change the zone."""
        return tuple(change for change in self.changes if change.writes)

    @property
    def conflicts(self) -> tuple[RecordChange, ...]:
        """Those that cannot be made; while there is one, none is."""
        return tuple(change for change in self.changes if change.action == CONFLICT)

    def ended(self, status: str, change_id: str | None = None) -> PublishResult[Zone]:
        """What it came to."""
        return PublishResult(self.domain, self.zone, self.changes, change_id, status)


@dataclass(frozen=True)
class PublishResult(Generic[Zone]):
    """The same afterwards. `change_id` is Route 53's, else None.

    `status` is `INSYNC` (every name server of Route 53 has it), `PENDING` (they are about to), `PUBLISHED` (the
    primary server of a dynamic update has it), `UNCHANGED` or `CONFLICT` (nothing was done).
    """

    domain: str
    zone: Zone
    changes: tuple[RecordChange, ...]
    change_id: str | None
    status: str

    @property
    def written(self) -> int:
        """The record sets that were changed."""
        return sum(change.writes for change in self.changes)
