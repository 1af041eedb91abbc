"""Responses that are not from SES or do not match the call: no second message, and no false `sent`."""

from __future__ import annotations

import time
from collections import Counter

import bulk_setup
import pytest

from sescli.groups.bulk.engine.engine import Engine, RunClock
from sescli.groups.bulk.engine.outcome import read_bulk_response, read_error, read_single_response
from sescli.pacing.rate_limiter import RateLimiter

CLOCK = RunClock(time.monotonic, time.time, lambda: 0.01)
TWO = [bulk_setup.entry(1), bulk_setup.entry(2)]


@pytest.mark.parametrize(
    "results",
    [None, "SUCCESS", [], [{"Status": "FAILED"}], [{"Status": "SUCCESS", "MessageId": "m"}] * 3],
    ids=["none", "a text", "empty", "one short", "one too many"],
)
def test_bulk_response_with_missing_results_gives_unknown(results):
    verdict = read_bulk_response(TWO, {"BulkEmailEntryResults": results}, "shop@example.com")
    assert [(one.state, one.code) for one in verdict.settled] == [("unknown", "NoResult")] * 2
    assert verdict.unanswered
    assert not verdict.retry


def test_single_response_without_message_id_gives_unknown():
    assert [one.state for one in read_single_response(TWO[0], {}).settled] == ["unknown"]
    assert read_single_response(TWO[0], {"MessageId": "m"}).settled[0].message_id == "m"


@pytest.mark.parametrize("page", ["302", "400", "404", "408", "empty"])
def test_engine_stops_when_proxy_responds_instead_of_ses(page, start_fake_ses, journal_of, sender, opened):
    """If its responses counted as rejections, every recipient would fail, with one call for each."""
    fake_ses, journal = start_fake_ses(every=f"page {page}"), opened(journal_of(800))
    stop = Engine(journal, sender(fake_ses), RateLimiter(2_000, time.monotonic), CLOCK, concurrency=2).run()
    assert stop.code == "OutcomeUnknown"
    states = journal.counts().states
    assert states["pending"] + states["unknown"] == 800
    assert states["pending"] > 0
    codes = {one.code for one in journal.results(("unknown",))}
    assert codes == {"NoResult" if page == "empty" else "OutcomeUnknown"}
    assert max(Counter(fake_ses.accepted).values(), default=1) == 1


def test_error_code_is_not_a_class_name():
    from sescli import errors

    verdict = read_error(TWO, errors.OutcomeUnknownError("lost"), "shop@example.com")
    assert {one.code for one in verdict.settled} == {"OutcomeUnknown"}
