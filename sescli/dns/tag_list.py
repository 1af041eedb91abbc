"""Tag lists (`tag=value`, separated by semicolons), the syntax of DKIM and DMARC records (RFC 6376 3.2)."""

from __future__ import annotations

import re

_TAG = re.compile(r"\s*([a-zA-Z]\w*)\s*=\s*(.*?)\s*", re.DOTALL)


def parse_tags(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the tags by name in lower case, the first of each name, and the parts that are not tags."""
    tags: dict[str, str] = {}
    malformed = []
    for part in text.split(";"):
        found = _TAG.fullmatch(part)
        if found:
            tags.setdefault(found[1].lower(), found[2])
        elif part.strip():
            malformed.append(part.strip())
    return tags, tuple(malformed)
