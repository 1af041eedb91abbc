"""How event destinations look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.output.results import Column, Listing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sescli.groups.config_set.service.event_destinations import EventDestination

_COLUMNS = (
    Column("name", "name"),
    Column("enabled", lambda row: "yes" if row.enabled else "no: it receives no events"),
    Column("events", lambda row: ", ".join(row.matching_event_types).lower()),
    Column("target", lambda row: str(row.target or "none")),
)


def event_destination_table(items: Iterable[EventDestination], empty: str) -> Listing:
    """Event destinations as a table."""
    return Listing(items, _COLUMNS, empty=empty)
