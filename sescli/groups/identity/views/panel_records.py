"""DNS records as they must be typed: shaped for the DNS host of the domain, made to be copied."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.cli import dns_records
from sescli.output import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.dns.hosts import ZoneLocation
    from sescli.dns.records import Record

_BLANK = "(leave it blank)"


def text(records: Sequence[Record], place: ZoneLocation, dmarc: str | None = None) -> str:
    """What to know about the host, then the records; `dmarc` is a policy that is there and is to be another."""
    typed = [place.typed(record) for record in records]
    shown = [record if record.name else replace(record, name=_BLANK) for record in typed]
    return "\n".join([*_about(place, shown), *_changed(shown, dmarc), "", dns_records.blocks(shown)])


def _changed(records: Sequence[Record], dmarc: str | None) -> Iterator[str]:
    """A second DMARC record beside the first would make both void (RFC 9989 4.10)."""
    for record in records:
        if dmarc is not None and record.purpose == "dmarc":
            yield f"{record.name} has a DMARC record already. Change it, for two are none. It says now:"
            yield f"  {sanitise.one_line(dmarc)}"


def _about(place: ZoneLocation, records: Sequence[Record]) -> Iterator[str]:
    if place.host is None:
        yield f"Put these into the zone {place.zone}."
        yield f"Names are whole: where your DNS editor appends {place.zone} by itself, leave it off."
    else:
        yield f"Type these at {place.host.name}, in the zone {place.zone}."
        yield f"It appends .{place.zone} to each name by itself."
        if place.host.dotted:
            yield "The closing dots of the values belong to them."
        if place.host.hint:
            yield place.host.hint
    times = sorted({record.ttl for record in records})
    yield f"TTL: {' or '.join(map(str, times))} seconds, or what is preset."
