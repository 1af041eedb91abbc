"""The result of each recipient, as a table row and as a JSON record."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sescli.output.plain import iso
from sescli.output.results import Column

if TYPE_CHECKING:
    from sescli.groups.bulk.model.entries import RecipientResult
    from sescli.runtime import Runtime

# With this many columns there is room for the message ID, which has 60 characters.
_WIDE = 140


@dataclass(frozen=True)
class RecipientRecord:
    """The result of one recipient."""

    row: int
    id: str | None
    to: str
    state: str
    message_id: str | None
    code: str | None
    reason: str | None
    attempts: int
    at: datetime | None


_KEYS = tuple(part.name for part in fields(RecipientRecord))


def to_row(result: RecipientResult) -> RecipientRecord:
    """A result with its time as a `datetime`."""
    moment = None if result.at is None else datetime.fromtimestamp(result.at, UTC)
    return RecipientRecord(*result[:-1], moment)


def to_record(result: RecipientResult) -> dict[str, object]:
    """A result as plain data; a run writes up to twenty thousand a second, so this skips the dataclass."""
    at = None if result.at is None else iso(datetime.fromtimestamp(result.at, UTC))
    return dict(zip(_KEYS, (*result[:-1], at), strict=True))


def recipient_columns(rt: Runtime) -> tuple[Column, ...]:
    """The columns of a table of recipients; a terminal shows the message ID where there is room for it."""
    wide = not rt.terminal.stdout_is_tty or rt.terminal.width >= _WIDE
    return (
        Column("row", "row", "number"),
        Column("to", "to"),
        Column("state", "state", "status"),
        *([Column("message ID", "message_id")] if wide else []),
        Column("reason", lambda one: ": ".join(part for part in (one.code, one.reason) if part)),
    )
