"""What the event records of SES prove about a row of a journal.

An event of a message proves that SES accepted the call for its row: an `unknown` row is `sent`. If the journal says for
certain that the row was not sent, it is an older copy, or the event is forged or of a run with the same ID elsewhere:
the row becomes `unknown`, so that the message is neither lost nor sent twice without a decision. Two kinds of event prove more: SES
dropped the message, because of a virus or because it could not render the template. Its recipient never gets it, so
the row is `failed` if no other call was made for it. A missing event proves nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from sescli.groups.bulk.model.entries import (
    FAILED,
    INVALID,
    PENDING,
    SENT,
    SKIPPED,
    UNKNOWN,
    StateChange,
)

# The result of a comparison.
PROVES, KNOWN, DISAGREES, UNDECIDED = "proves", "known", "disagrees", "undecided"

CONTRADICTED = "Contradicted"
_CONTRADICTION = (
    "an event says that SES accepted the message, but this journal has no such call: it is an older copy, or the event"
    " is of another run: SES may have accepted the message"
)


class EventProof(NamedTuple):
    """An event of a row's message. `code` and `reason` are set if SES dropped the message."""

    row: int
    message_id: str
    addresses: tuple[str, ...]
    code: str | None = None
    reason: str | None = None


class JournalRow(NamedTuple):
    """A row in the journal. `resent`: it was set from unknown to pending, so another call for it may be accepted."""

    row: int
    state: str
    message_id: str | None
    resent: bool
    addresses: tuple[str, ...]
    code: str | None = None

    @property
    def has_open_call(self) -> bool:
        """Whether a call for the row was made whose result is not known."""
        return self.resent or self.message_id is not None


def compare_record(proof: EventProof, known: JournalRow | None) -> tuple[str, StateChange | None]:
    """Compare an event with the journal; returns the result and, for `PROVES`, the row's new state."""
    if known is None or known.state in {INVALID, SKIPPED} or not same_recipients(proof, known):
        return DISAGREES, None
    if proof.code is not None:
        return _dropped(proof, known)
    if known.message_id == proof.message_id or known.code == CONTRADICTED:
        # A row with this MessageId that is not sent was dropped: other events of that message add nothing.
        return KNOWN, None
    if known.state == SENT:
        return (KNOWN if known.resent or known.message_id is None else DISAGREES), None
    if known.state in {PENDING, FAILED} and not known.has_open_call:
        return PROVES, StateChange(known.row, UNKNOWN, None, CONTRADICTED, _CONTRADICTION)
    return PROVES, StateChange(known.row, SENT, proof.message_id)


def _dropped(proof: EventProof, known: JournalRow) -> tuple[str, StateChange | None]:
    if known.state != SENT and known.message_id == proof.message_id:
        return KNOWN, None
    if known.resent or (known.state == SENT and known.message_id != proof.message_id):
        # Another call was made for this row, and its message may have been delivered.
        return UNDECIDED, None
    if known.state == PENDING and not known.has_open_call:
        return DISAGREES, None  # it is not sent in either case
    return PROVES, StateChange(known.row, FAILED, proof.message_id, proof.code, proof.reason)


def same_recipients(proof: EventProof, known: JournalRow) -> bool:
    """Whether an event is about recipients of this row only."""
    return bool(proof.addresses) and set(map(_mailbox, proof.addresses)) <= set(
        map(_mailbox, known.addresses)
    )


def _mailbox(address: str) -> str:
    """`local@domain` in lower case, from an address with or without a display name."""
    return address.rpartition("<")[2].partition(">")[0].strip().casefold()
