"""Lengths of time as they are typed: 15m, 6h, 14d."""

from __future__ import annotations

import re
from datetime import timedelta

from sescli.errors import UsageError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(text: str, option: str) -> timedelta:
    """Parse `90s`, `15m`, `72h`, `14d` or `2w`. Raises `UsageError` naming the option."""
    found = re.fullmatch(r"(\d+)([smhdw])", text.strip().lower())
    if not found or int(found[1]) == 0:
        raise UsageError(
            f"{option} is {text!r}, which is no length of time", hint="write it as 15m, 6h or 14d"
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
