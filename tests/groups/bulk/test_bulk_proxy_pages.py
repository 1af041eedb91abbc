"""Only SES's own answer is a refusal: after a page of a proxy, the message may have been sent."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from sescli import errors
from sescli.aws.errors import from_answer
from sescli.groups.bulk.engine.engine import Engine, RunClock
from sescli.groups.bulk.journal.journal import Journal
from sescli.pacing.rate_limiter import RateLimiter

CLOCK = RunClock(time.monotonic, time.time, lambda: 0.05)
PAGES = ["html 429", "html 401", "html 403", "html 404", "html 407", "json 429", "json 403"]


@pytest.mark.parametrize("page", PAGES)
def test_recipients_of_call_with_proxy_page_are_unknown(page, start_fake_ses, journal_of, sender):
    fake_ses, path = start_fake_ses(calls={2: f"accepted {page}"}), journal_of(150)
    for _ in range(2):
        with Journal.for_sending(path, time.time) as journal:
            Engine(journal, sender(fake_ses), RateLimiter(2_000, time.monotonic), CLOCK, concurrency=1).run()
    with Journal.for_reading(path) as journal:
        states = Counter(one.state for one in journal.results())
    assert max(Counter(fake_ses.accepted).values()) == 1
    assert states == {"sent": 100, "unknown": 50}


def answer(status, code, headers=None, request_id=None):
    meta = {"HTTPStatusCode": status, "HTTPHeaders": headers or {}}
    if request_id:
        meta["RequestId"] = request_id
    return {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": meta}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "TooManyRequestsException", errors.ThrottledError),
        (403, "AccessDeniedException", errors.AccessError),
        (400, "MessageRejected", errors.ApiError),
        (404, "NotFoundException", errors.NotFoundError),
    ],
)
def test_error_answer_of_aws_is_a_refusal(status, code, kind):
    for given in (answer(status, code, {"x-amzn-errortype": code}), answer(status, code, request_id="r-1")):
        assert type(from_answer(given, "sesv2 SendEmail", changing=True)) is kind


@pytest.mark.parametrize("code", ["429", "RATE_LIMITED", "AccessDenied", "MessageRejected", "Unknown", ""])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 409, 413, 429, 500, 501, 502, 504])
def test_answer_without_marks_of_aws_is_no_refusal(status, code):
    assert (
        type(from_answer(answer(status, code), "sesv2 SendEmail", changing=True))
        is errors.OutcomeUnknownError
    )
