"""DNS records in the form that the DNS provider of a domain expects, for copying into its control panel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.cli import dns_records
from sescli.output import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.dns.hosts import ZoneLocation
    from sescli.dns.records import Record

_BLANK = "(leave blank)"


def format_records(records: Sequence[Record], place: ZoneLocation, dmarc: str | None = None) -> str:
    """Instructions for the DNS provider, then the records. `dmarc` is an existing policy to replace."""
    typed = [place.typed(record) for record in records]
    shown = [record if record.name else replace(record, name=_BLANK) for record in typed]
    return "\n".join([*_instructions(place, shown), *_replaced(shown, dmarc), "", dns_records.blocks(shown)])


def _replaced(records: Sequence[Record], dmarc: str | None) -> Iterator[str]:
    """With two DMARC records, receivers ignore both (RFC 9989 4.10)."""
    for record in records:
        if dmarc is not None and record.purpose == "dmarc":
            yield f"{record.name} already has a DMARC record. Change it; do not add a second one. Current value:"
            yield f"  {sanitise.one_line(dmarc)}"


def _instructions(place: ZoneLocation, records: Sequence[Record]) -> Iterator[str]:
    if place.host is None:
        yield f"Add these records to the DNS zone {place.zone}."
        yield f"The names are full names. If your DNS editor appends {place.zone} to each name, omit it."
    else:
        yield f"Add these records at {place.host.name}, in the zone {place.zone}."
        yield f"{place.host.name} appends .{place.zone} to each name."
        if place.host.dotted:
            yield "Keep the dot at the end of the values."
        if place.host.hint:
            yield place.host.hint
    times = sorted({record.ttl for record in records})
    yield f"TTL: {' or '.join(map(str, times))} seconds, or the default."
