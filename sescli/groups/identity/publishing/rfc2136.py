"""Publishing DNS records by dynamic update (RFC 2136), for DNS servers that take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns.changes import Wish, compare
from sescli.groups.identity.publishing.plan import Published, Publishing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.dynamic_update import Primary
    from sescli.dns.names import IdentityName
    from sescli.dns.records import Record

PUBLISHED = "PUBLISHED"


@dataclass(frozen=True)
class ServedZone:
    """A zone, and the primary server that takes its updates."""

    name: str
    server: str

    @property
    def label(self) -> str:
        """How people are told of it."""
        return f"{self.name} at {self.server}"


def plan(
    primary: Primary, name: IdentityName, records: Sequence[Record], wish: Wish
) -> Publishing[ServedZone]:
    """Compare the records with what the server's zone has at their names."""
    zone = ServedZone(primary.zone_of(name.domain), primary.host)
    changes = compare(records, zone.name, lambda name: primary.record_sets(zone.name, name), wish)
    return Publishing(name.text, zone, changes)


def apply(primary: Primary, publishing: Publishing[ServedZone]) -> Published[ServedZone]:
    """Make the change in one update, all or nothing. The other name servers of the zone learn it from the primary."""
    primary.change(publishing.zone.name, publishing.writes)
    return publishing.ended(PUBLISHED)
