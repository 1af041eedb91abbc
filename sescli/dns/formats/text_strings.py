"""TXT values as the strings that DNS carries: 255 bytes each at most (RFC 1035 3.3.14)."""

from __future__ import annotations

import re

_MOST_BYTES = 255
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(?:([0-3][0-7]{2})|(.))")


def strings(value: str) -> list[str]:
    """A TXT value (ASCII) cut into strings, quotes and backslashes escaped; a reader joins them as they are."""
    parts = [value[start : start + _MOST_BYTES] for start in range(0, len(value), _MOST_BYTES)]
    return [part.replace("\\", "\\\\").replace('"', '\\"') for part in parts]


def quoted(value: str) -> str:
    """The strings in quotes, as a zone file and Route 53 write them (RFC 1035 5.1)."""
    return " ".join(f'"{part}"' for part in strings(value))


def joined(presented: str) -> str:
    """The value of a TXT as Route 53 or a zone file writes it: strings joined, escapes undone.

    Route 53 escapes in octal, zone files (RFC 1035 5.1) in decimal; only characters outside ASCII need either,
    and no record of SES's has one, so a number is read as Route 53's.
    """
    found = _STRING.findall(presented) if presented.lstrip().startswith('"') else presented.split()
    return "".join(_ESCAPE.sub(_unescaped, part) for part in found)


def _unescaped(found: re.Match[str]) -> str:
    number, sign = found.groups()
    return chr(int(number, 8)) if number else sign
