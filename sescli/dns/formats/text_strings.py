"""TXT values as the strings that DNS carries: 255 bytes each at most (RFC 1035 3.3.14)."""

from __future__ import annotations

_MOST_BYTES = 255


def strings(value: str) -> list[str]:
    """A TXT value (ASCII) cut into strings, quotes and backslashes escaped; a reader joins them as they are."""
    parts = [value[start : start + _MOST_BYTES] for start in range(0, len(value), _MOST_BYTES)]
    return [part.replace("\\", "\\\\").replace('"', '\\"') for part in parts]


def quoted(value: str) -> str:
    """The strings in quotes, as a zone file and Route 53 write them (RFC 1035 5.1)."""
    return " ".join(f'"{part}"' for part in strings(value))
