"""Values as text: how a cell shows a number, a time, a status."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from sescli.output import sanitise
from sescli.output.plain import iso

NOTHING = "-"

_GOOD = "green"
_WAITING = "yellow"
_BAD = "red"

_STATES = {
    **dict.fromkeys(
        ("SUCCESS", "ENABLED", "HEALTHY", "sent", "delivered", "ok", "done", "yes", "running"), _GOOD
    ),
    **dict.fromkeys(
        (
            "PENDING",
            "NOT_STARTED",
            "PROBATION",
            "pending",
            "sending",
            "unknown",
            "skipped",
            "suppressed",
            "paused",
            "error",
            "unverified",
        ),
        _WAITING,
    ),
    **dict.fromkeys(
        (
            "FAILED",
            "TEMPORARY_FAILURE",
            "DISABLED",
            "SHUTDOWN",
            "BOUNCE",
            "COMPLAINT",
            "failed",
            "invalid",
            "bounced",
            "complained",
            "rejected",
            "rendering_failed",
            "missing",
            "mismatch",
            "truncated",
            "duplicate",
            "no",
        ),
        _BAD,
    ),
}


def style_of(value: object, kind: str) -> str:
    """The rich style of a value: a status has a colour by its meaning, other values have none."""
    return _STATES.get(say(value, kind), "") if kind == "status" else ""


def say(value: object, kind: str = "text") -> str:
    """One line of text for a value of a kind (`text`, `prose`, `status`, `number`, `percent`, `time`).

    `prose` is free text, such as a subject. Every other text is a name or contains names, so its invisible
    characters are shown as escapes.
    """
    if value is None or value == "":
        return NOTHING
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return iso(value.replace(microsecond=0))
    if isinstance(value, int | float):
        return _number(value, kind)
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(say(item, kind) for item in value) or NOTHING
    if isinstance(value, dict):
        return ", ".join(f"{say(key)}={say(item)}" for key, item in value.items()) or NOTHING
    return sanitise.one_line(str(value)) if kind == "prose" else sanitise.name(str(value))


def _number(value: float, kind: str) -> str:
    if kind == "percent":
        return f"{value * 100:.2f} %"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.2f}"
    return f"{int(value):,}"
