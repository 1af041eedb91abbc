"""Publishing DNS records by dynamic update (RFC 2136), for DNS servers that take them."""

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
    """A zone, and the primary server that takes its updates."""

    name: str
    server: str

    @property
    def label(self) -> str:
        """How people are told of it."""
        return f"{self.name} at {self.server}"


def plan(
    primary: PrimaryServer, name: IdentityName, records: Sequence[Record], wish: PublishOptions
) -> ZonePlan[Rfc2136Zone]:
    """Compare the records with what the server's zone has at their names."""
    zone = Rfc2136Zone(primary.zone_of(name.domain), primary.host)
    changes = plan_changes(records, zone.name, lambda name: primary.record_sets(zone.name, name), wish)
    return ZonePlan(name.text, zone, changes)


def apply(primary: PrimaryServer, publishing: ZonePlan[Rfc2136Zone]) -> PublishResult[Rfc2136Zone]:
    """Make the change in one update, all or nothing. The other name servers of the zone learn it from the primary."""
    primary.apply(publishing.zone.name, publishing.writes)
    return publishing.ended(PUBLISHED)
