"""Verdicts on a record, and what they stand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sescli.dns.answers import NXDOMAIN, SERVFAIL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.dns.answers import Answer

OK, MISSING, MISMATCH = "ok", "missing", "mismatch"
TRUNCATED, DUPLICATE, ERROR = "truncated", "duplicate", "error"
# From the least to the worst: what several servers say of one record comes to the worst of it.
ORDER = (OK, ERROR, MISSING, MISMATCH, TRUNCATED, DUPLICATE)


@dataclass(frozen=True)
class Finding:
    """A verdict. `cause` names the reason for scripts, `reason` and `fix` are for people."""

    verdict: str
    cause: str
    reason: str = ""
    fix: str = ""
    found: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What one server answers about a name: to the wanted type, and to others that explain it."""

    answer: Answer
    others: Mapping[str, Answer] = field(default_factory=dict)

    def values(self, kind: str) -> tuple[str, ...]:
        """The values of another type that the name has itself, not through an alias."""
        answer = self.others.get(kind)
        return answer.values if answer and not answer.aliases else ()

    def fails(self, kind: str) -> bool:
        """Whether the server fails when it is asked for another type."""
        return kind in self.others and self.others[kind].state == SERVFAIL


def missing(answer: Answer) -> Finding:
    """Nothing is there: the name itself, or only this type of it."""
    fix = "publish this record at the domain's DNS host"
    if answer.state == NXDOMAIN:
        return Finding(MISSING, "nxdomain", "the name does not exist", fix)
    return Finding(MISSING, "nodata", f"the name exists, but has no {answer.type} record", fix)
