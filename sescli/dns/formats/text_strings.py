"""TXT values as DNS strings of at most 255 bytes (RFC 1035 3.3.14)."""

from __future__ import annotations

import re

_MAX_BYTES = 255
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(?:([0-3][0-7]{2})|(.))")


def strings(value: str) -> list[str]:
    """Split an ASCII TXT value into strings, with quotes and backslashes escaped. Readers join them without a space."""
    parts = [value[start : start + _MAX_BYTES] for start in range(0, len(value), _MAX_BYTES)]
    return [part.replace("\\", "\\\\").replace('"', '\\"') for part in parts]


def quoted(value: str) -> str:
    """Return the quoted strings, in the format of zone files and Route 53 (RFC 1035 5.1)."""
    return " ".join(f'"{part}"' for part in strings(value))


def joined(presented: str) -> str:
    """Join the strings of a TXT value from Route 53 or a zone file, and remove the escapes.

    Route 53 uses octal escapes, zone files decimal ones (RFC 1035 5.1). Only characters outside ASCII need them, and no
    SES record has such characters, so numbers are read as octal.
    """
    found = _STRING.findall(presented) if presented.lstrip().startswith('"') else presented.split()
    return "".join(_ESCAPE.sub(_unescape, part) for part in found)


def _unescape(found: re.Match[str]) -> str:
    number, sign = found.groups()
    return chr(int(number, 8)) if number else sign
