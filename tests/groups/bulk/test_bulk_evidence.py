"""What an event proves about a row, for every state of the row in the journal."""

from __future__ import annotations

import pytest

from sescli.groups.bulk.journal.evidence import (
    DISAGREES,
    KNOWN,
    PROVES,
    UNDECIDED,
    EventProof,
    JournalRow,
    compare_record,
)
from sescli.groups.bulk.model.entries import FAILED, SENT, STATES, UNKNOWN, StateChange

TO = ("Jo@example.com",)


def known(state, message_id=None, resent=False, addresses=TO, code=None):
    return JournalRow(7, state, message_id, resent, addresses, code)


def proof(message_id="a", addresses=("jo@EXAMPLE.com",), code=None):
    return EventProof(7, message_id, addresses, code, code and "why")


def verdict(of, about):
    taken, news = compare_record(of, about)
    return taken, news and (news.state, news.message_id, news.code)


@pytest.mark.parametrize("state", ["sending", "unknown", "pending", "failed"])
@pytest.mark.parametrize("resent", [False, True])
def test_event_proves_row_is_sent(state, resent):
    if resent or state in {"sending", "unknown"}:
        assert verdict(proof(), known(state, resent=resent)) == (PROVES, (SENT, "a", None))
    assert verdict(proof("b"), known(state, "a", resent)) == (PROVES, (SENT, "b", None))


@pytest.mark.parametrize("state", ["pending", "failed"])
def test_event_of_row_without_call_makes_it_unknown_once(state):
    """The journal is an older copy, or the event is forged: do not send, and do not call it sent."""
    assert verdict(proof(), known(state)) == (PROVES, (UNKNOWN, None, "Contradicted"))
    assert verdict(proof(), known(UNKNOWN, code="Contradicted")) == (KNOWN, None)
    assert verdict(proof(code="REJECT"), known("pending")) == (DISAGREES, None)


def test_event_of_sent_row_with_other_message_id_disagrees():
    assert verdict(proof("b"), known("sent", "a")) == (DISAGREES, None)
    assert verdict(proof("b"), known("sent", "a", resent=True)) == (KNOWN, None)


@pytest.mark.parametrize(
    ("state", "message_id"),
    [("sent", "a"), ("failed", "a"), ("unknown", "a"), ("pending", "a")],
)
def test_event_of_sent_or_dropped_row_changes_nothing(state, message_id):
    assert verdict(proof("a"), known(state, message_id)) == (KNOWN, None)


@pytest.mark.parametrize("state", ["invalid", "skipped"])
def test_event_of_row_that_was_never_sent_disagrees(state):
    assert verdict(proof(), known(state)) == (DISAGREES, None)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("code", [None, "REJECT"])
def test_event_for_other_recipient_or_missing_row_disagrees(state, code):
    for addresses in (("other@example.com",), ("jo@example.com", "other@example.com"), ()):
        assert verdict(proof(addresses=addresses, code=code), known(state)) == (DISAGREES, None)
    assert verdict(proof(code=code), None) == (DISAGREES, None)


def test_event_matches_several_recipients_and_display_names():
    people = known("unknown", addresses=('"Jo <x@y.z> D" <jo@example.com>', "boss@example.com"))
    for addresses in (("boss@example.com",), ("Jo <jo@example.com>", "boss@example.com")):
        assert verdict(proof(addresses=addresses), people)[0] == PROVES


@pytest.mark.parametrize("state", ["unknown", "sending", "failed"])
def test_event_of_dropped_message_fails_row_without_other_call(state):
    assert verdict(proof(code="REJECT"), known(state)) == (PROVES, (FAILED, "a", "REJECT"))
    assert verdict(proof(code="REJECT"), known(state, resent=True)) == (UNDECIDED, None)


def test_event_of_dropped_message_fails_sent_row():
    assert verdict(proof("a", code="REJECT"), known("sent", "a")) == (PROVES, (FAILED, "a", "REJECT"))
    assert verdict(proof("a", code="REJECT"), known("sent", "b")) == (UNDECIDED, None)
    assert verdict(proof("a", code="REJECT"), known("sent", "a", resent=True)) == (UNDECIDED, None)


@pytest.mark.parametrize("state", ["failed", "pending", "unknown"])
def test_second_event_of_dropped_message_changes_nothing(state):
    assert verdict(proof("a", code="REJECT"), known(state, "a", resent=True)) == (KNOWN, None)


def test_journal_keeps_message_id_of_dropped_message_through_retry(journal_of, opened):
    journal = opened(journal_of(2))
    journal.commit(claimed=journal.pending(0, 2))
    journal.commit(settled=[StateChange(1, FAILED, "a", "REJECT", "x"), StateChange(2, SENT, "b")])
    assert journal.requeue_failed(["REJECT"]) == 1
    journal.commit(claimed=journal.pending(0, 2))
    journal.commit(settled=[StateChange(1, UNKNOWN, None, "Timeout", "x")])
    found = journal.rows([1, 2, 3])
    assert {row: (one.state, one.message_id, one.resent) for row, one in found.items()} == {
        1: ("unknown", "a", False),
        2: ("sent", "b", False),
    }
    about = EventProof(1, "a", ("user1@example.com",), "REJECT", "x")
    assert compare_record(about, found[1]) == (KNOWN, None)


def test_dropped_message_of_throttled_row_is_settled(journal_of, opened):
    """A throttled call is certainly not accepted, so the row has one call that counts."""
    journal = opened(journal_of(2))
    for changes in ([StateChange(1, "pending", code="ACCOUNT_THROTTLED")], [StateChange(1, SENT, "a")]):
        journal.commit(claimed=journal.pending(0, 1))
        journal.commit(settled=changes)
    about = EventProof(1, "a", ("user1@example.com",), "RENDERING_FAILURE", "x")
    assert compare_record(about, journal.rows([1])[1])[1] == StateChange(
        1, FAILED, "a", "RENDERING_FAILURE", "x"
    )


def test_dropped_message_of_row_sent_again_is_undecided(journal_of, opened):
    journal = opened(journal_of(1))
    for changes in (
        [StateChange(1, UNKNOWN, None, "Timeout", "x")],
        [StateChange(1, UNKNOWN, None, "Timeout", "x")],
    ):
        journal.commit(claimed=journal.pending(0, 1))
        journal.commit(settled=changes)
        journal.requeue_unknown()
    about = EventProof(1, "a", ("user1@example.com",), "RENDERING_FAILURE", "x")
    assert compare_record(about, journal.rows([1])[1]) == (UNDECIDED, None)
