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


def known(state, message_id=None, attempts=1, addresses=TO):
    return JournalRow(7, state, message_id, attempts, addresses)


def proof(message_id="a", addresses=("jo@EXAMPLE.com",), code=None):
    return EventProof(7, message_id, addresses, code, code and "why")


def verdict(of, about):
    taken, news = compare_record(of, about)
    return taken, news and (news.state, news.message_id, news.code)


@pytest.mark.parametrize("state", ["sending", "unknown", "pending", "failed"])
@pytest.mark.parametrize("attempts", [0, 1, 3])
def test_event_proves_row_is_sent(state, attempts):
    assert verdict(proof(), known(state, attempts=attempts)) == (PROVES, (SENT, "a", None))
    assert verdict(proof("b"), known(state, "a", attempts)) == (PROVES, (SENT, "b", None))


@pytest.mark.parametrize(
    ("state", "message_id"),
    [("sent", "a"), ("sent", "b"), ("failed", "a"), ("unknown", "a"), ("pending", "a")],
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


@pytest.mark.parametrize("state", ["unknown", "sending", "pending", "failed"])
def test_event_of_dropped_message_fails_row_without_other_call(state):
    assert verdict(proof(code="REJECT"), known(state)) == (PROVES, (FAILED, "a", "REJECT"))
    assert verdict(proof(code="REJECT"), known(state, attempts=2)) == (UNDECIDED, None)


def test_event_of_dropped_message_fails_sent_row():
    assert verdict(proof("a", code="REJECT"), known("sent", "a")) == (PROVES, (FAILED, "a", "REJECT"))
    assert verdict(proof("a", code="REJECT"), known("sent", "b")) == (UNDECIDED, None)
    assert verdict(proof("a", code="REJECT"), known("sent", "a", attempts=2)) == (UNDECIDED, None)


@pytest.mark.parametrize("state", ["failed", "pending", "unknown"])
def test_second_event_of_dropped_message_changes_nothing(state):
    assert verdict(proof("a", code="REJECT"), known(state, "a", attempts=2)) == (KNOWN, None)


def test_journal_keeps_message_id_of_dropped_message_through_retry(journal_of, opened):
    journal = opened(journal_of(2))
    journal.commit(claimed=journal.pending(0, 2))
    journal.commit(settled=[StateChange(1, FAILED, "a", "REJECT", "x"), StateChange(2, SENT, "b")])
    assert journal.requeue_failed(["REJECT"]) == 1
    journal.commit(claimed=journal.pending(0, 2))
    journal.commit(settled=[StateChange(1, UNKNOWN, None, "Timeout", "x")])
    found = journal.rows([1, 2, 3])
    assert {row: (one.state, one.message_id, one.attempts) for row, one in found.items()} == {
        1: ("unknown", "a", 2),
        2: ("sent", "b", 1),
    }
    about = EventProof(1, "a", ("user1@example.com",), "REJECT", "x")
    assert compare_record(about, found[1]) == (KNOWN, None)
