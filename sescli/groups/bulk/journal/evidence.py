"""What the event records of SES prove about a row of a journal.

An event of a message proves that SES accepted the call for its row: the row is `sent`, even if the journal says
unknown, or (in an older copy, or after a second attempt) pending or failed. Two kinds of event prove more: SES
dropped the message, because of a virus or because it could not render the template. Its recipient never gets it, so
the row is `failed` if no other call was made for it. A missing event proves nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from sescli.groups.bulk.model.entries import FAILED, INVALID, SENT, SKIPPED, StateChange

# The result of a comparison.
PROVES, KNOWN, DISAGREES, UNDECIDED = "proves", "known", "disagrees", "undecided"


class EventProof(NamedTuple):
    """An event of a row's message. `code` and `reason` are set if SES dropped the message."""

    row: int
    message_id: str
    addresses: tuple[str, ...]
    code: str | None = None
    reason: str | None = None


class JournalRow(NamedTuple):
    """A row in the journal."""

    row: int
    state: str
    message_id: str | None
    attempts: int
    addresses: tuple[str, ...]


def compare_record(proof: EventProof, known: JournalRow | None) -> tuple[str, StateChange | None]:
    """Compare an event with the journal; returns the result and, for `PROVES`, the row's new state."""
    if known is None or known.state in {INVALID, SKIPPED} or not _same_recipients(proof, known):
        return DISAGREES, None
    if proof.code is None:
        # A row with a MessageId that is not sent was dropped: other events of that message add nothing.
        if known.state == SENT or known.message_id == proof.message_id:
            return KNOWN, None
        return PROVES, StateChange(known.row, SENT, proof.message_id)
    return _dropped(proof, known)


def _dropped(proof: EventProof, known: JournalRow) -> tuple[str, StateChange | None]:
    if known.state != SENT and known.message_id == proof.message_id:
        return KNOWN, None
    if known.attempts > 1 or (known.state == SENT and known.message_id != proof.message_id):
        # Another call was made for this row, and its message may have been delivered.
        return UNDECIDED, None
    return PROVES, StateChange(known.row, FAILED, proof.message_id, proof.code, proof.reason)


def _same_recipients(proof: EventProof, known: JournalRow) -> bool:
    return bool(proof.addresses) and set(map(_mailbox, proof.addresses)) <= set(
        map(_mailbox, known.addresses)
    )


def _mailbox(address: str) -> str:
    """`local@domain` in lower case, from an address with or without a display name."""
    return address.rpartition("<")[2].partition(">")[0].strip().casefold()
