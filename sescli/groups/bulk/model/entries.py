"""Rows of a journal: recipients with their message data, their states, and their results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

PENDING, SENDING, SENT, FAILED, UNKNOWN = "pending", "sending", "sent", "failed", "unknown"
INVALID, SKIPPED = "invalid", "skipped"
STATES = (PENDING, SENDING, SENT, FAILED, UNKNOWN, INVALID, SKIPPED)

# Bytes of a row beside its data.
_OVERHEAD = 250


class Entry(NamedTuple):
    """One row of the journal.

    `destination` is None for one To address, which is `address`; otherwise it is the JSON text of an SES
    Destination. `data` is the JSON text of the template data, merged with the defaults. `tags` and `headers` are
    JSON texts of name → value, or None. `weight` is how many recipients SES counts. `attempts` is how often the
    message has been in a call.
    """

    row: int
    line: int | None
    id: str | None
    address: str
    destination: str | None
    data: str
    tags: str | None
    headers: str | None
    weight: int
    attempts: int = 0

    @property
    def addresses(self) -> dict[str, list[str]]:
        """The SES Destination."""
        if self.destination is None:
            return {"ToAddresses": [self.address]}
        parsed: dict[str, list[str]] = json.loads(self.destination)
        return parsed

    @property
    def size(self) -> int:
        """Bytes of its data, approximately."""
        return len(self.data) + len(self.headers or "") + _OVERHEAD


class StateChange(NamedTuple):
    """The new state of a row, with its MessageId or its reason."""

    row: int
    state: str
    message_id: str | None = None
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """An invalid row, found before anything is sent."""

    row: int
    line: int | None
    to: str
    code: str
    reason: str


class RecipientResult(NamedTuple):
    """The outcome of one recipient, as `bulk results` shows it. `at` is seconds since 1970, UTC."""

    row: int
    id: str | None
    to: str
    state: str
    message_id: str | None
    code: str | None
    reason: str | None
    attempts: int
    at: float | None
