"""DMARC records (RFC 9989): parse them, check them, and find the domains whose policy applies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns.dmarc_policy import POLICIES, report_problems
from sescli.dns.findings import DUPLICATE, MISMATCH, MISSING, OK, RecordFinding
from sescli.dns.tag_list import parse_tags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.dns.records import Record

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
_OBSOLETE = ("pct", "rf", "ri")
_MAX_TREE_WALK = 8  # labels, and so DNS queries (RFC 9989 4.10)


@dataclass(frozen=True)
class DmarcRecord:
    """A DMARC record: its tags by name in lower case, and the parts that are not tags."""

    text: str
    tags: Mapping[str, str]
    malformed: tuple[str, ...]

    @property
    def policy(self) -> str:
        """The policy for email from the domain itself. Without `p` it is `none` (RFC 9989 4.7)."""
        return self.tags.get("p", "none").lower()

    @property
    def for_subdomains(self) -> str:
        """The policy for email from a subdomain that has no record of its own."""
        return self.tags.get("sp", self.policy).lower()

    def invalid_parts(self) -> list[str]:
        """Return the parts that receivers do not understand."""
        values = {name: self.tags[name].lower() for name in _VALUES if name in self.tags}
        invalid = [f"{name}={value}" for name, value in values.items() if value not in _VALUES[name]]
        return [*self.malformed, *invalid]


def is_dmarc(text: str) -> bool:
    """Whether a TXT value is a DMARC record: it begins with v=DMARC1, in this case."""
    return bool(_DMARC.match(text))


def parse_dmarc(text: str) -> DmarcRecord:
    """Parse a DMARC record."""
    tags, malformed = parse_tags(text)
    return DmarcRecord(text, tags, malformed)


def only_record(values: Sequence[str]) -> DmarcRecord | None:
    """Return the DMARC record among TXT values. None if there is none or more than one (RFC 9989 4.10)."""
    texts = [text for text in values if is_dmarc(text)]
    return parse_dmarc(texts[0]) if len(texts) == 1 else None


def judge_dmarc(record: Record | None, values: tuple[str, ...]) -> RecordFinding:
    """Accept any valid policy that is at least as strict as the expected one."""
    texts = [each for each in values if is_dmarc(each)]
    if len(texts) > 1:
        reason = (
            f"the name has {len(texts)} DMARC records: receivers ignore all of them if there is more than one"
        )
        return RecordFinding(DUPLICATE, "several_dmarc", reason, "remove all but one", values)
    if not texts:
        return _no_dmarc(values)
    dmarc = parse_dmarc(texts[0])
    invalid = dmarc.invalid_parts()
    if invalid:
        reason = f"{', '.join(invalid[:3])} is not valid in DMARC"
        return RecordFinding(MISMATCH, "dmarc_syntax", reason, "correct that tag", values)
    expected = parse_dmarc((record and record.value) or "")
    if expected.policy in POLICIES[POLICIES.index(dmarc.policy) + 1 :]:
        reason = f"the policy is {dmarc.policy}, which is less strict than {expected.policy}"
        fix = "change the record to the expected value"
        return RecordFinding(MISMATCH, "dmarc_weaker", reason, fix, values)
    return RecordFinding(OK, "ok", "; ".join(notes(dmarc)), found=values)


def _no_dmarc(values: tuple[str, ...]) -> RecordFinding:
    similar = next((each for each in values if "dmarc1" in each.lower()), None)
    if similar is not None:
        why, fix = _why_no_version(similar)
        reason = f"the record does not begin with v=DMARC1 and a semicolon, so it is not a DMARC record{why}"
        return RecordFinding(MISMATCH, "dmarc_syntax", reason, fix, values)
    reason = "the name has TXT records, but no DMARC record"
    return RecordFinding(MISSING, "no_dmarc", reason, "add this record", values)


def _why_no_version(text: str) -> tuple[str, str]:
    if text[:1] in {'"', "'", "\\", "“"}:
        return ": it contains quotation marks", "enter the value without quotation marks"
    begin = re.match(r"\s*v\s*=\s*DMARC1", text, re.IGNORECASE)
    if begin and "DMARC1" not in begin[0]:
        return ": DMARC1 must be in upper case", "write v=DMARC1"
    if begin:
        return ": the semicolon is missing", "enter a semicolon after v=DMARC1"
    if re.search(r";\s*v\s*=\s*DMARC1", text):
        return ": v=DMARC1 must be the first tag", "put v=DMARC1; before the other tags"
    return "", "enter the value exactly, without quotation marks or other text before it"


def notes(dmarc: DmarcRecord) -> list[str]:
    """Return the policy, and what its owner should know about the record."""
    found = [f"policy {dmarc.policy}"]
    if "p" not in dmarc.tags:
        found.append("without p, which older receivers require")
    found += report_problems(dmarc)
    obsolete = [name for name in _OBSOLETE if name in dmarc.tags]
    if obsolete:
        verb = "has" if len(obsolete) == 1 else "have"
        found.append(f"{', '.join(obsolete)} {verb} no effect since RFC 9989")
    return found


def tree_walk(domain: str) -> list[str]:
    """Return the domains above, closest first, where receivers look for a policy (RFC 9989 4.10)."""
    labels = domain.split(".")[1:]
    first = max(0, len(labels) - _MAX_TREE_WALK + 1)
    return [".".join(labels[start:]) for start in range(first, len(labels))]
