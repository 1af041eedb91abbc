"""The scripts of examples/ci: a re-run continues with the journal, and refuses to run without it."""

from __future__ import annotations

import json
from collections import Counter

import ci_players
import pytest
from ci_players import CANCELLED, KILLED, LOST

DATA = {"name": "Jo", "orderId": "1", "total": "9.99"}
HEAD = "version: 1\nname: news\nfrom: Shop <shop@example.com>\ntemplate: OrderConfirmation\n"
COUNT = 30


def batch(count=COUNT, rate=40, bad=""):
    people = [{"to": f"user{n}@example.com", "data": DATA} for n in range(count)]
    rows = "".join(f"  - {json.dumps(one)}\n" for one in people)
    return f"{HEAD}limits: {{rate: {rate}}}\nrecipients:\n{rows}{bad}"


def sent(ses):
    """How often each recipient got the message."""
    return Counter(to for mail in ses.messages() for to in mail.to)


@pytest.fixture(params=["GitHub", "GitLab"])
def system(request, shop, tmp_path):
    player = getattr(ci_players, request.param)(tmp_path, batch(), lambda: len(sent(shop)))
    yield player
    player.stop()


def test_ci_rerun_after_success_sends_nothing(system, shop):
    first = system.attempt()
    assert (first.good, first.code) == (True, 0), first.said
    assert "finished" in first.said
    again = system.attempt()
    assert (again.good, again.code) == (True, 0), again.said
    assert "nothing to resume" in again.said
    anew = system.attempt(anew=True)
    assert (anew.good, anew.code) == (True, 0), anew.said
    assert len(sent(shop)) == COUNT
    assert set(sent(shop).values()) == {1}


def test_ci_rerun_after_kill_continues_without_second_message(system, shop):
    killed = system.attempt(KILLED)
    assert (killed.good, killed.code) == (False, -9)
    assert 4 <= len(sent(shop)) < COUNT
    resumed = system.attempt()
    # Recipients in a call at that moment are unknown and not sent to again: exit code 3.
    assert resumed.code in {0, 3}, resumed.said
    assert set(sent(shop).values()) == {1}
    assert len(sent(shop)) >= COUNT - 16
    assert "resumed news-" in resumed.said


# GitLab ends the script like a kill, without a signal.
@pytest.mark.parametrize("system", ["GitHub"], indirect=True)
def test_ci_cancel_waits_for_calls_in_flight(system, shop):
    cancelled = system.attempt(CANCELLED)
    assert cancelled.code == 130, cancelled.said
    assert "Re-run failed jobs" in cancelled.said
    resumed = system.attempt()
    assert (resumed.good, resumed.code) == (True, 0), resumed.said
    assert sent(shop) == {f"user{n}@example.com": 1 for n in range(COUNT)}


def test_ci_rerun_refuses_if_journal_is_lost_with_machine(system, shop):
    system.attempt(LOST)
    mails = sent(shop)
    assert len(mails) >= 4
    for anew in (False, True):
        refused = system.attempt(anew=anew)
        assert (refused.good, refused.code) == (False, 2), refused.said
        assert "the journal of the earlier attempt is missing" in refused.said
        assert "--again" in refused.said
    assert sent(shop) == mails


def test_ci_rerun_does_not_use_journal_older_than_lost_attempt(system, shop):
    system.attempt(KILLED)
    system.attempt(LOST)
    mails = sent(shop)
    assert set(mails.values()) == {1}
    refused = system.attempt()
    assert (refused.good, refused.code) == (False, 2), refused.said
    assert sent(shop) == mails


def test_ci_rerun_refuses_if_stored_journal_is_deleted(system, shop):
    system.attempt(KILLED)
    mails = sent(shop)
    system.lose_the_journal()
    refused = system.attempt()
    assert (refused.good, refused.code) == (False, 2), refused.said
    assert sent(shop) == mails


# "Re-run all jobs" may not see the artifacts of the previous attempt.
@pytest.mark.parametrize("system", ["GitHub"], indirect=True)
def test_ci_rerun_keeps_refusing_if_stored_journal_is_hidden(system, shop):
    system.attempt(KILLED)
    mails = sent(shop)
    system.artifacts.clear()
    for anew in (False, True):
        refused = system.attempt(anew=anew)
        assert (refused.good, refused.code) == (False, 2), refused.said
    assert sent(shop) == mails


def test_ci_rerun_starts_if_nothing_was_sent_and_batch_is_fixed(system, shop):
    system.batch = batch(bad="  - {to: nobody, data: {name: Jo}}\n")
    bad = system.attempt()
    assert (bad.good, bad.code) == (False, 2), bad.said
    assert "row 31" in bad.said
    system.batch = batch()
    mended = system.attempt()
    assert (mended.good, mended.code) == (True, 0), mended.said
    assert sent(shop) == {f"user{n}@example.com": 1 for n in range(COUNT)}


@pytest.mark.parametrize("system", ["GitHub"], indirect=True)
def test_ci_run_of_another_name_in_same_file_is_not_a_rerun(system, shop):
    system.batch = batch(5)
    assert system.attempt().code == 0
    system.batch = batch(5).replace("name: news", "name: news-december")
    other = system.attempt()
    assert (other.good, other.code) == (False, 2), other.said
    assert "already has a run: 'news'" in other.said
    assert len(sent(shop)) == 5


def test_ci_run_sends_nothing_if_store_does_not_answer(system, shop):
    system.down = True
    down = system.attempt()
    assert (down.good, down.code) == (False, None), down.said
    assert not sent(shop)


def test_ci_run_refuses_public_repository(system, shop):
    system.private, system.visibility = False, "public"
    shown = system.attempt()
    assert (shown.good, shown.code) == (False, None)
    assert "read" in shown.said
    assert not sent(shop)
