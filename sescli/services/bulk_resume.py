"""The use cases of `bulk resume` and `bulk retry`: going on with a run."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.bulk.entries import FAILED, PENDING, UNKNOWN
from sescli.bulk.journal import Journal
from sescli.bulk.outcome import RETRYABLE
from sescli.bulk.plan import rate_for
from sescli.bulk.requests import Requests
from sescli.bulk.summary import summarise
from sescli.errors import AccessError, AwsRefusedError, TryLaterError, UsageError
from sescli.services.bulk_lookups import unavailable
from sescli.services.bulk_sending import SHOWN, Bench, Ended, place, rehearse, send
from sescli.services.reputation import quota_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.bulk.runs import Runs


def resume(
    aws: Gateway,
    runs: Runs,
    wanted: str | None,
    timeout: float | None,
    bench: Bench,
    *,
    resend_unknown: bool = False,
    agree: Callable[[str], None],
) -> Ended:
    """Go on with what is pending; a finished run only gives its summary.

    `resend_unknown` sends again to those whose outcome is unknown: `agree` is told how many may get two.
    """
    if aws.dry_run:
        return _rehearsed(aws, runs, wanted, (PENDING, UNKNOWN) if resend_unknown else (PENDING,))
    with _taken_up(aws, runs, wanted, bench, timeout) as journal:
        unknown = journal.tally().states["unknown"]
        if resend_unknown and unknown:
            agree(f"{unknown:,} recipients may get the mail a second time")
            journal.requeue_unknown()
        return _go_on(aws, journal, bench)


def retry(
    aws: Gateway,
    runs: Runs,
    wanted: str | None,
    timeout: float | None,
    bench: Bench,
    *,
    codes: Sequence[str] | None = None,
) -> Ended:
    """Send again to those who failed for a reason that may have passed, or with one of `codes`."""
    if aws.dry_run:
        return _rehearsed(aws, runs, wanted, (FAILED,), codes or RETRYABLE)
    with _taken_up(aws, runs, wanted, bench, timeout) as journal:
        journal.requeue_failed(codes or RETRYABLE)
        return _go_on(aws, journal, bench)


@contextmanager
def _taken_up(
    aws: Gateway, runs: Runs, wanted: str | None, bench: Bench, timeout: float | None
) -> Iterator[Journal]:
    """A run's journal, to write to: by this process only, and at the place that it was made for."""
    path = runs.find(wanted)
    with Journal.for_reading(path) as journal:
        head = journal.head
    if aws.region != head.region:
        raise UsageError(f"{head.run} belongs to the region {head.region}", hint=f"--region {head.region}")
    if place(aws) != head.place:
        raise UsageError(
            f"{head.run} was made for {head.place}, and this is {place(aws)}", hint=_way_to(head.place)
        )
    with runs.held(head.name), Journal.for_sending(path, bench.clock.now) as journal:
        journal.recover()
        if timeout:
            journal.head = replace(head, limits=replace(head.limits, timeout=timeout))
        yield journal


def _way_to(place_of_run: str) -> str | None:
    if place_of_run == "local":
        return "--local"
    return f"--endpoint-url {place_of_run}" if "://" in place_of_run else None


def _rehearsed(
    aws: Gateway, runs: Runs, wanted: str | None, states: Sequence[str], codes: Sequence[str] | None = None
) -> Ended:
    """A dry run: the journal is looked at and left as it is."""
    with Journal.for_reading(runs.find(wanted)) as journal:
        head = journal.head
        entries = journal.entries(states, codes, SHOWN)
        rate = rate_for(head.limits.rate, _allowed_rate(aws))
        rehearse(aws, Requests(head.mailing, head.run), entries, rate)
        return Ended(summarise(journal, running=runs.is_held(head.name)))


def _go_on(aws: Gateway, journal: Journal, bench: Bench) -> Ended:
    tally = journal.tally()
    if not tally.unfinished:
        if tally.finished_at is None:
            journal.end(None, None)
        return Ended(summarise(journal, running=False))
    return send(aws, journal, bench, rate_for(journal.head.limits.rate, _allowed_rate(aws)))


def _allowed_rate(aws: Gateway) -> float | None:
    """MaxSendRate, or None where the look-up cannot be had (SES API v2 GetAccount)."""
    try:
        return quota_of(aws.read("sesv2", "GetAccount")).max_send_rate
    except (AccessError, AwsRefusedError, TryLaterError) as error:
        unavailable(error)
        return None
