"""The engine sends over HTTP to a fake SES that records what it accepts."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest

from sescli.errors import AccessError, CheckFailedError, LocalError, QuotaExceededError, RetryableError
from sescli.groups.bulk.engine.engine import Engine, RunClock
from sescli.groups.bulk.engine.interrupt import Interrupt
from sescli.groups.bulk.engine.progress import NullObserver, Progress
from sescli.groups.bulk.engine.progress_notifier import ProgressNotifier
from sescli.groups.bulk.engine.rate_watch import RateWatch
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.model.spec import MessageSpec, SendLimits, Unsubscribe
from sescli.pacing.rate_limiter import RateLimiter

# A fixed low random value keeps delays short.
CLOCK = RunClock(time.monotonic, time.time, lambda: 0.05)


def send(
    journal: Journal,
    sender: Any,
    *,
    rate: float = 2_000,
    concurrency: int | None = 4,
    observer: Any = None,
    **more: Any,
) -> Any:
    pace = RateLimiter(rate, time.monotonic)
    notifier = ProgressNotifier(observer, time.monotonic, 0.25)
    return Engine(journal, sender, pace, CLOCK, concurrency=concurrency, notifier=notifier, **more).run()


def states(journal: Journal) -> dict[str, int]:
    return {state: count for state, count in journal.counts().states.items() if count}


def test_engine_sends_each_recipient_once_with_run_and_row_tags(start_fake_ses, journal_of, sender, opened):
    fake_ses, journal = start_fake_ses(), opened(journal_of(400))
    assert send(journal, sender(fake_ses)) is None
    assert states(journal) == {"sent": 400}
    assert Counter(fake_ses.accepted) == Counter(f"user{row}@example.com" for row in range(1, 401))
    by_id = {line["message_id"]: line for line in fake_ses.book}
    for result in journal.results():
        line = by_id[result.message_id or ""]
        assert line["to"] == result.to
        assert line["tags"] == {"sescli-run": "run-1", "sescli-row": str(result.row)}
        assert result.attempts == 1


def test_engine_uses_send_email_for_list_management(start_fake_ses, journal_of, sender, opened):
    mailing = MessageSpec(
        "shop@example.com", template="Order", unsubscribe=Unsubscribe(list_name="news", topic="offers")
    )
    fake_ses, journal = start_fake_ses(), opened(journal_of(30, mailing=mailing))
    assert send(journal, sender(fake_ses)) is None
    assert states(journal) == {"sent": 30}
    options = {"ContactListName": "news", "TopicName": "offers"}
    assert all(line["entry"]["ListManagementOptions"] == options for line in fake_ses.book)


@pytest.mark.parametrize("which", [1, 3, 6], ids=["first", "middle", "last"])
@pytest.mark.parametrize("fault", ["hang", "reset", "500", "429", "truncated", "slow"])
def test_engine_never_repeats_call_without_usable_response(
    fault, which, start_fake_ses, journal_of, sender, opened
):
    fake_ses, journal = start_fake_ses(calls={which: fault}), opened(journal_of(300))
    # Only a hanging call must time out, not a slow response of a busy machine.
    send(journal, sender(fake_ses, timeout=1.5 if fault == "hang" else 20), rate=1_000)
    assert max(Counter(fake_ses.accepted).values()) == 1
    assert set(fake_ses.accepted) == {f"user{row}@example.com" for row in range(1, 301)}
    lost = 0 if fault in {"429", "slow"} else 50
    assert states(journal) == {"sent": 300 - lost} | ({"unknown": lost} if lost else {})
    assert all(one.reason for one in journal.results(("unknown",)))


def test_engine_slows_down_when_throttled_and_sends_to_all(start_fake_ses, journal_of, sender, opened):
    fake_ses, journal = start_fake_ses(limit=200), opened(journal_of(400))
    assert send(journal, sender(fake_ses), rate=400) is None
    assert states(journal) == {"sent": 400}
    assert len(fake_ses.accepted) == 400
    assert journal.counts().throttled > 0


def test_engine_maps_entry_statuses_to_states(start_fake_ses, journal_of, sender, opened):
    marks = {"bad": "MESSAGE_REJECTED", "odd": "SOMETHING_NEW", "flaky": "TRANSIENT_FAILURE"}
    names = {1: "bad1@example.com", 2: "odd2@example.com", 3: "flaky3@example.com"}
    fake_ses, journal = start_fake_ses(statuses=marks), opened(journal_of(60, to=names.get))
    assert send(journal, sender(fake_ses)) is None
    assert states(journal) == {"sent": 57, "failed": 2, "unknown": 1}
    found = {one.row: one for one in journal.results(("failed", "unknown"))}
    assert (found[1].state, found[1].code, found[1].attempts) == ("failed", "MESSAGE_REJECTED", 1)
    assert found[1].reason == "made so by the test for bad1@example.com"
    assert (found[2].state, found[2].code) == ("unknown", "SOMETHING_NEW")
    assert (found[3].state, found[3].attempts) == ("failed", 6)


def test_engine_isolates_rows_that_make_ses_reject_a_call(start_fake_ses, journal_of, sender, opened):
    def to(row: int) -> str | None:
        return f"poison{row}@example.com" if row % 100 == 0 else None

    fake_ses, journal = start_fake_ses(poison="poison"), opened(journal_of(1_000, to=to))
    assert send(journal, sender(fake_ses)) is None
    assert states(journal) == {"sent": 990, "failed": 10}
    assert len(set(fake_ses.accepted)) == len(fake_ses.accepted) == 990


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (
            "TooManyRequestsException:Daily message quota exceeded.",
            QuotaExceededError,
            "TooManyRequestsException",
        ),
        ("AccountSuspendedException:suspended", CheckFailedError, "AccountSuspendedException"),
        ("NotFoundException:Template Order does not exist", None, "NotFoundException"),
        (
            "MessageRejected:Email address is not verified: shop@example.com",
            CheckFailedError,
            "MessageRejected",
        ),
    ],
)
def test_engine_stops_for_errors_that_affect_every_row(
    fault, kind, code, start_fake_ses, journal_of, sender, opened
):
    fake_ses, journal = start_fake_ses(every=fault), opened(journal_of(200))
    stop = send(journal, sender(fake_ses), rate=500, concurrency=1)
    assert stop.code == code
    assert kind is None or isinstance(stop.error, kind)
    assert states(journal) == {"pending": 200}
    assert fake_ses.accepted == []


def test_engine_stops_at_failure_rate(start_fake_ses, journal_of, sender, opened):
    limits = SendLimits(stop_at_failure_rate=0.05)
    fake_ses = start_fake_ses(statuses={"user": "MESSAGE_REJECTED"})
    journal = opened(journal_of(1_000, limits=limits))
    stop = send(journal, sender(fake_ses), rate=400, concurrency=1)
    assert stop.code == "FailureRate"
    assert 20 <= states(journal)["failed"] < 200
    assert states(journal)["pending"] > 700


def test_engine_stops_with_few_unknown_if_ses_never_responds(start_fake_ses, journal_of, sender, opened):
    fake_ses, journal = start_fake_ses(every="500"), opened(journal_of(1_000))
    stop = send(journal, sender(fake_ses), rate=1_000, concurrency=2)
    assert isinstance(stop.error, RetryableError)
    assert states(journal)["unknown"] <= 12 * 50
    assert states(journal)["pending"] >= 400


def test_engine_leaves_all_pending_if_ses_is_unreachable(start_fake_ses, journal_of, sender, opened):
    fake_ses, journal = start_fake_ses(), opened(journal_of(100))
    fake_ses.process.kill()
    fake_ses.process.wait()
    stop = send(journal, sender(fake_ses), concurrency=1)
    assert stop.code == "Network"
    assert states(journal) == {"pending": 100}


class Interrupts(NullObserver):
    """Asks to stop, `times` times, when the first calls are in flight."""

    def __init__(self, interrupt: Interrupt, times: int, calls: int = 2) -> None:
        self._interrupt = interrupt
        self._times = times
        self._calls = calls

    def on_progress(self, progress: Progress) -> None:
        if progress.calls >= self._calls and not self._interrupt.count:
            for _ in range(self._times):
                self._interrupt.request()


def test_engine_waits_for_calls_in_flight_after_interrupt(start_fake_ses, journal_of, sender, opened):
    fake_ses, journal = start_fake_ses(latency=0.3), opened(journal_of(1_000))
    interrupt = Interrupt()
    observer = Interrupts(interrupt, times=1)
    stop = send(journal, sender(fake_ses), rate=400, interrupt=interrupt, observer=observer)
    assert stop.code == "Interrupted"
    sent = states(journal)["sent"]
    assert 40 <= sent == len(fake_ses.accepted) < 1_000
    assert states(journal) == {"sent": sent, "pending": 1_000 - sent}


def test_engine_marks_calls_in_flight_unknown_after_second_interrupt(
    start_fake_ses, journal_of, sender, opened
):
    fake_ses, journal = start_fake_ses(every="hang"), opened(journal_of(1_000))
    interrupt = Interrupt()
    observer = Interrupts(interrupt, times=2, calls=1)
    began = time.monotonic()
    stop = send(journal, sender(fake_ses, timeout=20), rate=400, interrupt=interrupt, observer=observer)
    assert time.monotonic() - began < 10
    assert stop.code == "Abandoned"
    found = states(journal)
    assert found["unknown"] >= len(fake_ses.accepted)
    assert found["unknown"] + found["pending"] == 1_000
    assert {one.code for one in journal.results(("unknown",))} == {"Interrupted"}


def test_engine_does_not_resend_rows_of_killed_process(start_fake_ses, journal_of, sender, opened):
    path = journal_of(100)
    dead = Journal.for_sending(path, time.time)
    dead.commit(claimed=dead.pending(0, 40), calls=1)
    dead.close()
    fake_ses, journal = start_fake_ses(), opened(path)
    assert send(journal, sender(fake_ses)) is None
    assert states(journal) == {"sent": 60, "unknown": 40}
    assert journal.requeue_unknown() == 40
    assert send(journal, sender(fake_ses)) is None
    assert states(journal) == {"sent": 100}
    assert [one.attempts for one in journal.results()] == [2] * 40 + [1] * 60


class FullDisk(Journal):
    """Rejects every write after the first results."""

    def commit(self, *, settled: Any = (), **step: Any) -> None:
        results = list(settled)
        super().commit(settled=results, **step)
        if results:
            self._db.execute("PRAGMA query_only=ON")


def test_engine_stops_if_journal_cannot_be_written(start_fake_ses, journal_of, sender, opened):
    fake_ses, journal = start_fake_ses(latency=0.05), FullDisk.for_sending(journal_of(1_000), time.time)
    with pytest.raises(LocalError, match="journal"):
        send(journal, sender(fake_ses), rate=500)
    journal.close()
    time.sleep(0.3)
    assert 0 < len(fake_ses.accepted) < 300


@pytest.mark.parametrize("fault", ["500", "swallow"], ids=["errors", "black hole"])
def test_engine_leaves_only_calls_in_flight_and_probes_unknown(
    fault, start_fake_ses, journal_of, sender, opened
):
    fake_ses, journal = start_fake_ses(every=fault), opened(journal_of(2_000))
    stop = send(journal, sender(fake_ses, timeout=0.3), rate=1_000, concurrency=16)
    assert stop.code == "OutcomeUnknown"
    # The first call, alone in flight, and five probes of one recipient.
    assert states(journal) == {"unknown": 55, "pending": 1_945}


def test_engine_stops_if_ses_answers_one_call_in_thirty(start_fake_ses, journal_of, sender, opened):
    calls = {number: "500" for number in range(1, 400) if number % 30}
    fake_ses, journal = start_fake_ses(calls=calls), opened(journal_of(4_000))
    stop = send(journal, sender(fake_ses), rate=4_000, concurrency=16)
    assert stop.code == "OutcomeUnknown"
    assert states(journal)["unknown"] <= 100


def test_engine_stops_at_unknown_rate(start_fake_ses, journal_of, sender, opened):
    calls = {number: "500" for number in range(1, 400) if number % 3 == 0}
    fake_ses, journal = start_fake_ses(calls=calls), opened(journal_of(4_000))
    stop = send(journal, sender(fake_ses), rate=4_000, concurrency=16)
    assert (stop.code, stop.error.__class__) == ("UnknownRate", RetryableError)
    assert "limits.stop_at_unknown_rate is 0.1" in stop.reason
    assert states(journal)["pending"] > 2_000


def test_engine_continues_above_unknown_rate_if_allowed(start_fake_ses, journal_of, sender, opened):
    calls = {number: "500" for number in range(1, 400) if number % 3 == 0}
    fake_ses = start_fake_ses(calls=calls)
    journal = opened(journal_of(400, limits=SendLimits(stop_at_unknown_rate=1.0)))
    assert send(journal, sender(fake_ses), rate=4_000, concurrency=4) is None
    assert states(journal).keys() == {"sent", "unknown"}


@pytest.mark.parametrize(
    "faults",
    [
        {"statuses": {"user": "MESSAGE_REJECTED"}},
        {"every": "BadRequestException:the header is not valid"},
    ],
    ids=["statuses", "calls"],
)
def test_engine_stops_after_equal_refusals(faults, start_fake_ses, journal_of, sender, opened):
    fake_ses, journal = start_fake_ses(**faults), opened(journal_of(1_000))
    stop = send(journal, sender(fake_ses), rate=2_000, concurrency=16)
    assert stop.code == "EqualRefusals"
    assert "limits.stop_after_equal_refusals is 5" in stop.reason
    assert states(journal)["pending"] >= 950
    assert 5 <= states(journal)["failed"] <= 50
    assert journal.counts().calls < 30


def test_engine_does_not_stop_for_refusals_if_not_wanted(start_fake_ses, journal_of, sender, opened):
    fake_ses = start_fake_ses(statuses={"user": "MESSAGE_REJECTED"})
    journal = opened(journal_of(200, limits=SendLimits(stop_after_equal_refusals=0)))
    assert send(journal, sender(fake_ses)) is None
    assert states(journal) == {"failed": 200}


def test_engine_does_not_stop_for_refusals_between_accepted_messages(
    start_fake_ses, journal_of, sender, opened
):
    def to(row: int) -> str | None:
        return f"bad{row}@example.com" if row % 3 == 0 else None

    fake_ses, journal = (
        start_fake_ses(statuses={"bad": "MESSAGE_REJECTED"}),
        opened(journal_of(200, to=to)),
    )
    assert send(journal, sender(fake_ses)) is None
    assert states(journal) == {"sent": 134, "failed": 66}


class Trickles:
    """Answers a byte at a time: each arrives before the time-out of a socket."""

    def post(self, _operation: str, _body: str) -> dict[str, Any]:
        time.sleep(5)
        return {}


def test_engine_limits_the_whole_call_by_the_timeout(journal_of, opened):
    journal = opened(journal_of(1, limits=SendLimits(timeout=0.2)))
    began = time.monotonic()
    assert send(journal, Trickles()) is None
    assert time.monotonic() - began < 3
    (one,) = journal.results()
    assert (one.state, one.code) == ("unknown", "Timeout")


def test_engine_concurrency_follows_rate_and_latency(start_fake_ses, journal_of, sender, opened):
    mailing = MessageSpec(
        "shop@example.com", template="Order", unsubscribe=Unsubscribe(list_name="news", topic="offers")
    )
    fake_ses, journal = start_fake_ses(latency=0.4), opened(journal_of(300, mailing=mailing))
    assert send(journal, sender(fake_ses, concurrency=256), rate=150, concurrency=None) is None
    at = [line["at"] for line in fake_ses.book]
    # 16 calls in flight would reach 40 a second; 150 a second need 60.
    middle = at[150:280]
    assert (len(middle) - 1) / (middle[-1] - middle[0]) > 80


def test_rate_limiter_follows_a_changed_limit():
    now = [0.0]
    limiter = RateLimiter(100, lambda: now[0])
    limiter.set_limit(14)
    assert (limiter.limit, limiter.rate) == (14, 14)
    limiter.set_limit(500)
    assert limiter.rate == 500
    limiter.throttled()
    limiter.set_limit(600)
    assert limiter.rate < 500


def test_rate_watch_reports_changed_rate_once_and_survives_failures():
    answers = iter([AccessError("no"), 50.0])

    def look_up() -> float | None:
        answer = next(answers, None)
        if isinstance(answer, Exception):
            raise answer
        return answer

    watch = RateWatch(look_up, interval=0.01)
    watch.start()
    deadline = time.monotonic() + 10
    while (found := watch.take()) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    watch.stop()
    assert found == 50.0
