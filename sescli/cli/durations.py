"""Times as they are typed: a length (15m, 6h, 14d) or a moment (2026-11-01, 30d ago)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sescli.errors import UsageError

# A longer time than SES or CloudWatch keep anything, and short of what a calendar holds.
_LONGEST = timedelta(days=3650)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(text: str, option: str) -> timedelta:
    """Parse `90s`, `15m`, `72h`, `14d` or `2w`. Raises `UsageError` naming the option."""
    found = re.fullmatch(r"(\d{1,9})([smhdw])", text.strip().lower())
    if not found or int(found[1]) == 0:
        raise UsageError(
            f"{option} is {text!r}, which is no length of time", hint="write it as 15m, 6h or 14d"
        )
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if length > _LONGEST:
        raise UsageError(
            f"{option} is {text!r}, and ten years is the most", hint="write it as 15m, 6h or 14d"
        )
    return length


def moment(text: str, option: str) -> datetime:
    """Parse an ISO 8601 date or time (UTC unless it says otherwise), or a length of time before now."""
    if re.fullmatch(r"\d+[smhdw]", text.strip().lower()):
        return datetime.now(UTC) - duration(text, option)
    try:
        parsed = datetime.fromisoformat(text.strip())
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        message = f"{option} is {text!r}, which is no date"
        raise UsageError(message, hint="write it as 2026-11-01, 2026-11-01T12:00Z or 30d") from error


def spoken(length: timedelta) -> str:
    """A length of time as it is typed: `90s`, `15m`, `1h`, `14d`."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0 and seconds:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
