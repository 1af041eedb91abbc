"""Results as plain data, for JSON, YAML and CSV."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from sescli.advice import Advice, NextCommand


def to_plain(value: Any) -> Any:
    """Dataclasses become objects, times ISO 8601 in UTC, enumerations their value, sets sorted lists,
    next commands text.

    A field of a dataclass with the metadata `{"json": False}` is left out; `from_` becomes `from`.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type | NextCommand | Advice):
        return {
            part.name.rstrip("_"): to_plain(getattr(value, part.name))
            for part in dataclasses.fields(value)
            if part.metadata.get("json", True)
        }
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, NextCommand | Advice):
        return str(value)
    if isinstance(value, date):
        return iso(value) if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(to_plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return value


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z; milliseconds only if they are not zero."""
    utc = moment.astimezone(UTC)
    precision = "milliseconds" if utc.microsecond else "seconds"
    return utc.isoformat(timespec=precision).replace("+00:00", "Z")
