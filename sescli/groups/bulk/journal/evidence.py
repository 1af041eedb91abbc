"""What SES's own records prove about a row, whatever the journal says of it.

A record of a mail proves that SES accepted the call for that row: it is `sent`, also where the journal holds
it to be unknown, or (an older copy, a second attempt) still pending or refused. Two kinds prove more: SES
dropped the mail, because of a virus or because it could not fill in the template. Nobody got it and nobody will,
so the row is `failed`, if that was the only call that ever left for it. That no record is there proves nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from sescli.groups.bulk.model.entries import FAILED, INVALID, SENT, SKIPPED, StateChange

# How a record is taken.
PROVES, KNOWN, DISAGREES, UNDECIDED = "proves", "known", "disagrees", "undecided"


class EventProof(NamedTuple):
    """A record about a row. `code` is that of a mail that SES dropped, with its reason; None for any other."""

    row: int
    message_id: str
    addresses: tuple[str, ...]
    code: str | None = None
    reason: str | None = None


class JournalRow(NamedTuple):
    """What the journal says of a row."""

    row: int
    state: str
    message_id: str | None
    attempts: int
    addresses: tuple[str, ...]


def compare_record(proof: EventProof, known: JournalRow | None) -> tuple[str, StateChange | None]:
    """How a record is taken, and what the row is by it, if that is news."""
    if known is None or known.state in {INVALID, SKIPPED} or not _same_recipients(proof, known):
        return DISAGREES, None
    if proof.code is None:
        # A row that is not sent and has a MessageId was dropped: records of that mail are old news.
        if known.state == SENT or known.message_id == proof.message_id:
            return KNOWN, None
        return PROVES, StateChange(known.row, SENT, proof.message_id)
    return _dropped(proof, known)


def _dropped(proof: EventProof, known: JournalRow) -> tuple[str, StateChange | None]:
    if known.state != SENT and known.message_id == proof.message_id:
        return KNOWN, None
    if known.attempts > 1 or (known.state == SENT and known.message_id != proof.message_id):
        # Another call left for this row too, and may have reached its recipient.
        return UNDECIDED, None
    return PROVES, StateChange(known.row, FAILED, proof.message_id, proof.code, proof.reason)


def _same_recipients(proof: EventProof, known: JournalRow) -> bool:
    return bool(proof.addresses) and set(map(_mailbox, proof.addresses)) <= set(
        map(_mailbox, known.addresses)
    )


def _mailbox(address: str) -> str:
    """`local@domain` in one case, of an address with or without a display name."""
    return address.rpartition("<")[2].partition(">")[0].strip().casefold()
