"""Record sets of a zone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RecordSet:
    """The records of one name and type that a zone has.

    `name` is absolute, in lower case, without the trailing dot. `values` are in zone file format. `ttl` is in seconds.
    `special` describes a set without plain values, such as `an alias`; otherwise None.
    """

    name: str
    type: str
    ttl: int | None
    values: tuple[str, ...]
    special: str | None = None
