"""What a check comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns.findings import ERROR, OK
from sescli.dns.records import Record

if TYPE_CHECKING:
    from sescli.dns.answers import Soa
    from sescli.dns.zones import Zone


@dataclass(frozen=True)
class Seen:
    """What one server answered for a record. `role` is `authoritative` or `recursive`, `state` is `found`,
    `nodata`, `nxdomain`, or why there is no answer; `ttl` is in seconds.
    """

    server: str
    role: str
    state: str
    values: tuple[str, ...]
    ttl: int | None
    verdict: str


@dataclass(frozen=True)
class CheckedRecord(Record):
    """A wanted record and what was found.

    `verdict` is `ok`, `missing`, `mismatch`, `truncated`, `duplicate` or `error`; `cause` names the reason for
    scripts (docs/identity-check.md lists them); `reason` and `fix` are for people, and may be empty when the
    verdict is ok. `published` is whether the zone's own servers have it right, None where none could be asked;
    `wait` is for how many seconds others may still see what was there before.
    """

    verdict: str
    found: tuple[str, ...]
    reason: str
    fix: str
    cause: str
    published: bool | None
    wait: int | None
    answers: tuple[Seen, ...]


@dataclass(frozen=True)
class Check:
    """What DNS says of a domain at one moment. `remarks` are about the zone and its servers.

    `soas` are the start of authority that each of those gives. `verified` is whether SES has found it all already.
    """

    domain: str
    zone: Zone
    records: tuple[CheckedRecord, ...]
    remarks: tuple[str, ...] = ()
    soas: tuple[Soa, ...] = ()
    verified: bool = False

    @property
    def ok(self) -> bool:
        """Whether every required record is right."""
        return not self.failing

    @property
    def failing(self) -> tuple[CheckedRecord, ...]:
        """The required records that are not."""
        return tuple(each for each in self.records if each.required and each.verdict != OK)

    @property
    def unknown(self) -> bool:
        """Whether a required record could not be looked up, so that asking later may tell."""
        return any(each.verdict == ERROR for each in self.failing)
