"""The workflows of examples/ci, their scripts run for real: a re-run goes on, and refuses without the journal."""

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
    """How often each recipient got it."""
    return Counter(to for mail in ses.messages() for to in mail.to)


@pytest.fixture(params=["GitHub", "GitLab"])
def system(request, shop, tmp_path):
    player = getattr(ci_players, request.param)(tmp_path, batch(), lambda: len(sent(shop)))
    yield player
    player.stop()


def test_all_is_sent_and_a_re_run_does_nothing(system, shop):
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


def test_a_re_run_goes_on_after_a_kill_and_nobody_gets_it_twice(system, shop):
    killed = system.attempt(KILLED)
    assert (killed.good, killed.code) == (False, -9)
    assert 4 <= len(sent(shop)) < COUNT
    resumed = system.attempt()
    # Who was in a call at that moment is unknown, and is not sent to again: exit code 3.
    assert resumed.code in {0, 3}, resumed.said
    assert set(sent(shop).values()) == {1}
    assert len(sent(shop)) >= COUNT - 16
    assert "this went on with news-" in resumed.said


# GitLab does not ask: it ends the script as a kill does.
@pytest.mark.parametrize("system", ["GitHub"], indirect=True)
def test_what_is_cancelled_lets_its_calls_end(system, shop):
    cancelled = system.attempt(CANCELLED)
    assert cancelled.code == 130, cancelled.said
    assert "Re-run failed jobs" in cancelled.said
    resumed = system.attempt()
    assert (resumed.good, resumed.code) == (True, 0), resumed.said
    assert sent(shop) == {f"user{n}@example.com": 1 for n in range(COUNT)}


def test_it_refuses_when_the_machine_died_with_the_journal(system, shop):
    system.attempt(LOST)
    mails = sent(shop)
    assert len(mails) >= 4
    for anew in (False, True):
        refused = system.attempt(anew=anew)
        assert (refused.good, refused.code) == (False, 2), refused.said
        assert "the journal of an earlier one did not come along" in refused.said
        assert "--again" in refused.said
    assert sent(shop) == mails


def test_a_journal_from_before_a_lost_attempt_is_not_gone_on_with(system, shop):
    system.attempt(KILLED)
    system.attempt(LOST)
    mails = sent(shop)
    assert set(mails.values()) == {1}
    refused = system.attempt()
    assert (refused.good, refused.code) == (False, 2), refused.said
    assert sent(shop) == mails


def test_it_refuses_when_what_was_kept_is_gone(system, shop):
    system.attempt(KILLED)
    mails = sent(shop)
    system.lose_the_journal()
    refused = system.attempt()
    assert (refused.good, refused.code) == (False, 2), refused.said
    assert sent(shop) == mails


# "Re-run all jobs" may not see what the attempt before has kept.
@pytest.mark.parametrize("system", ["GitHub"], indirect=True)
def test_it_refuses_when_what_was_kept_is_hidden_and_then_for_good(system, shop):
    system.attempt(KILLED)
    mails = sent(shop)
    system.artifacts.clear()
    for anew in (False, True):
        refused = system.attempt(anew=anew)
        assert (refused.good, refused.code) == (False, 2), refused.said
    assert sent(shop) == mails


def test_nobody_was_sent_to_so_a_mended_batch_may_go(system, shop):
    system.batch = batch(bad="  - {to: nobody, data: {name: Jo}}\n")
    bad = system.attempt()
    assert (bad.good, bad.code) == (False, 2), bad.said
    assert "row 31" in bad.said
    system.batch = batch()
    mended = system.attempt()
    assert (mended.good, mended.code) == (True, 0), mended.said
    assert sent(shop) == {f"user{n}@example.com": 1 for n in range(COUNT)}


@pytest.mark.parametrize("system", ["GitHub"], indirect=True)
def test_another_mailing_in_the_same_file_is_no_re_run(system, shop):
    system.batch = batch(5)
    assert system.attempt().code == 0
    system.batch = batch(5).replace("name: news", "name: news-december")
    other = system.attempt()
    assert (other.good, other.code) == (False, 2), other.said
    assert "holds a run already: 'news'" in other.said
    assert len(sent(shop)) == 5


def test_nothing_is_sent_while_nobody_can_say_what_was(system, shop):
    system.down = True
    down = system.attempt()
    assert (down.good, down.code) == (False, None), down.said
    assert not sent(shop)


def test_a_place_that_others_can_read_is_refused(system, shop):
    system.private, system.visibility = False, "public"
    shown = system.attempt()
    assert (shown.good, shown.code) == (False, None)
    assert "read" in shown.said
    assert not sent(shop)
