"""DMARC records (RFC 9989): parse them, and find the domains whose policy applies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns.tag_list import parse_tags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


def tree_walk(domain: str) -> list[str]:
    """Return the domains above, closest first, where receivers look for a policy (RFC 9989 4.10)."""
    labels = domain.split(".")[1:]
    first = max(0, len(labels) - _MAX_TREE_WALK + 1)
    return [".".join(labels[start:]) for start in range(first, len(labels))]
