"""DMARC policies (RFC 9989): what is published, and what it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns.findings import DUPLICATE, MISMATCH, MISSING, OK, RecordFinding
from sescli.dns.tag_list import parse_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.dns.records import Record

POLICIES = ("none", "quarantine", "reject")

_DMARC = re.compile(r"\s*v\s*=\s*DMARC1\s*(;|$)")
_VALUES = {
    "p": frozenset(POLICIES),
    "sp": frozenset(POLICIES),
    "np": frozenset(POLICIES),
    "adkim": frozenset("rs"),
    "aspf": frozenset("rs"),
    "t": frozenset("yn"),
    "psd": frozenset("ynu"),
}
_GONE = ("pct", "rf", "ri")
_LONGEST_WALK = 8  # labels, and so questions (RFC 9989 4.10)


@dataclass(frozen=True)
class DmarcRecord:
    """A policy record: its tags by name in lower case, and what of it is no tag."""

    text: str
    tags: Mapping[str, str]
    broken: tuple[str, ...]

    @property
    def policy(self) -> str:
        """What is asked for mail from the domain itself; without `p` it is none (RFC 9989 4.7)."""
        return self.tags.get("p", "none").lower()

    @property
    def for_subdomains(self) -> str:
        """What is asked for mail from a subdomain without a record of its own."""
        return self.tags.get("sp", self.policy).lower()

    def invalid_parts(self) -> list[str]:
        """What a reader will not understand."""
        values = {name: self.tags[name].lower() for name in _VALUES if name in self.tags}
        odd = [f"{name}={value}" for name, value in values.items() if value not in _VALUES[name]]
        return [*self.broken, *odd]


def is_dmarc(text: str) -> bool:
    """Whether a TXT record is one of DMARC: v=DMARC1 comes first, in these letters."""
    return bool(_DMARC.match(text))


def parse_dmarc(text: str) -> DmarcRecord:
    """Read a policy record."""
    tags, malformed = parse_tags(text)
    return DmarcRecord(text, tags, malformed)


def judge_dmarc(record: Record | None, values: tuple[str, ...]) -> RecordFinding:
    """Any policy that can be read and asks for no less than the wanted one will do."""
    texts = [each for each in values if is_dmarc(each)]
    if len(texts) > 1:
        return RecordFinding(
            DUPLICATE,
            "several_dmarc",
            f"{len(texts)} DMARC records: with more than one none counts",
            "remove all but one",
            values,
        )
    if not texts:
        return _none(values)
    invalid_parts = parse_dmarc(texts[0]).invalid_parts()
    if invalid_parts:
        return RecordFinding(
            MISMATCH,
            "dmarc_syntax",
            f"DMARC does not know {', '.join(invalid_parts[:3])}",
            "correct that tag",
            values,
        )
    there, wanted = parse_dmarc(texts[0]), parse_dmarc((record and record.value) or "")
    if wanted.policy in POLICIES[POLICIES.index(there.policy) + 1 :]:
        reason = f"the policy asks for {there.policy}, which is less than {wanted.policy}"
        return RecordFinding(
            MISMATCH, "dmarc_weaker", reason, "change the record to the wanted value", values
        )
    return RecordFinding(OK, "ok", "; ".join(notes(there)), found=values)


def _none(values: tuple[str, ...]) -> RecordFinding:
    if any("dmarc1" in each.lower() for each in values):
        return RecordFinding(
            MISMATCH,
            "dmarc_syntax",
            "the record does not begin with v=DMARC1; so it is none of DMARC",
            "enter the value as it is, without quotation marks or anything before it",
            values,
        )
    return RecordFinding(
        MISSING, "no_dmarc", "the name has TXT records, but none of DMARC", "add this record", values
    )


def notes(dmarc: DmarcRecord) -> list[str]:
    """What a sane reader of the record would like to know."""
    told = [f"policy {dmarc.policy}"]
    if "p" not in dmarc.tags:
        told.append("no p, which older readers want")
    if "rua" not in dmarc.tags:
        told.append("without rua nobody reports to you")
    gone = [name for name in _GONE if name in dmarc.tags]
    if gone:
        told.append(f"{', '.join(gone)} mean{'s' * (len(gone) == 1)} nothing since RFC 9989")
    return told


def tree_walk(domain: str) -> list[str]:
    """The domains above, the closest first, that a reader asks for a policy (RFC 9989 4.10)."""
    labels = domain.split(".")[1:]
    return [".".join(labels[start:]) for start in range(max(0, len(labels) - _LONGEST_WALK + 1), len(labels))]
