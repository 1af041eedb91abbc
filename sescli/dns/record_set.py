"""Record sets: what a zone has at a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RecordSet:
    """The records of one name and type that a zone has.

    `name` is absolute, in lower case, without the closing dot; `values` are as a zone file writes them; `ttl` is
    in seconds. `special` says what keeps it from being a plain set, as `an alias`, else None.
    """

    name: str
    type: str
    ttl: int | None
    values: tuple[str, ...]
    special: str | None = None
