"""Publish DNS records with a dynamic update (RFC 2136)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns.changes import PublishOptions, plan_changes
from sescli.groups.identity.publishing.plan import PublishResult, ZonePlan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.dynamic_update import PrimaryServer
    from sescli.dns.names import IdentityName
    from sescli.dns.records import Record

PUBLISHED = "PUBLISHED"


@dataclass(frozen=True)
class Rfc2136Zone:
    """A zone, and the primary server that accepts its updates."""

    name: str
    server: str

    @property
    def label(self) -> str:
        """The zone in output."""
        return f"{self.name} at {self.server}"


def plan(
    primary: PrimaryServer, name: IdentityName, records: Sequence[Record], options: PublishOptions
) -> ZonePlan[Rfc2136Zone]:
    """Compare the records with what the zone of the server has at their names."""
    zone = Rfc2136Zone(primary.zone_of(name.domain), primary.host)
    changes = plan_changes(records, zone.name, lambda name: primary.record_sets(zone.name, name), options)
    return ZonePlan(name.text, zone, changes)


def apply(primary: PrimaryServer, plan: ZonePlan[Rfc2136Zone]) -> PublishResult[Rfc2136Zone]:
    """Apply the plan in one update, all or nothing. The secondary servers copy the zone from the primary server."""
    primary.apply(plan.zone.name, plan.writes)
    return plan.result(PUBLISHED)
