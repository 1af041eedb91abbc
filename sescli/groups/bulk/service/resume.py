"""The use cases of `bulk resume` and `bulk retry`: going on with a run."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.groups.bulk.batch.plan import plan, rate_for
from sescli.groups.bulk.engine.outcome import RETRYABLE
from sescli.groups.bulk.engine.requests import Requests
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.summary import summarise
from sescli.groups.bulk.journal.target import LOCAL
from sescli.groups.bulk.model.entries import FAILED, PENDING, UNKNOWN
from sescli.groups.bulk.service.account_guard import AccountLookup
from sescli.groups.bulk.service.send import SHOWN, RunContext, RunResult, rehearse, send, site
from sescli.groups.send.service.preflight import Preflight
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.journal.runs import Runs


def resume(
    aws: Gateway,
    runs: Runs,
    wanted: str | None,
    timeout: float | None,
    bench: RunContext,
    *,
    resend_unknown: bool = False,
    agree: Callable[[str], None],
) -> RunResult:
    """Go on with what is pending; where nothing is, the summary comes with a note of it.

    `resend_unknown` sends again to those whose outcome is unknown: `agree` is told how many may get two.
    """
    if aws.dry_run:
        return _rehearsed(aws, runs, wanted, (PENDING, UNKNOWN) if resend_unknown else (PENDING,))
    with _taken_up(aws, runs, wanted, bench, timeout) as journal:
        unknown = journal.tally().states["unknown"]
        if resend_unknown and unknown:
            agree(f"{counted(unknown, 'recipient')} may get the mail a second time")
            journal.requeue_unknown()
        return _go_on(aws, journal, bench)


def retry(
    aws: Gateway,
    runs: Runs,
    wanted: str | None,
    timeout: float | None,
    bench: RunContext,
    *,
    codes: Sequence[str] | None = None,
) -> RunResult:
    """Send again to those who failed for a reason that may have passed, or with one of `codes`.

    What is pending besides stays so.
    """
    if aws.dry_run:
        return _rehearsed(aws, runs, wanted, (FAILED,), codes or RETRYABLE)
    with _taken_up(aws, runs, wanted, bench, timeout) as journal:
        left = journal.tally().unfinished
        if not journal.requeue_failed(codes or RETRYABLE):
            return RunResult(
                summarise(journal, running=False), note=_nothing_to_retry(journal, codes or RETRYABLE)
            )
        ended = _send(aws, journal, bench)
        also = f"{counted(left, 'recipient')} that had not been sent to yet: sescli bulk resume {journal.head.run}"
        return replace(ended, note=f"left as they are: {also}") if left else ended


@contextmanager
def _taken_up(
    aws: Gateway, runs: Runs, wanted: str | None, bench: RunContext, timeout: float | None
) -> Iterator[Journal]:
    """A run's journal, to write to: by this process only, and at the place and by the account that it was made for."""
    here, account = site(aws), AccountLookup(aws)
    path = runs.find(wanted, lambda head: head.site == here)
    with Journal.for_reading(path) as journal:
        head = journal.head
    if here.place != head.place:
        raise UsageError(
            f"{head.run} was made for {head.place}, and this is {here.place}", hint=_way_to(head.place)
        )
    if here.region != head.region:
        raise UsageError(f"{head.run} belongs to the region {head.region}", hint=f"--region {head.region}")
    account.is_that_of(head, bench.warn)
    with runs.held(head.name, here), Journal.for_sending(path, bench.clock.now) as journal:
        journal.recover()
        if timeout:
            journal.head = replace(head, limits=replace(head.limits, timeout=timeout))
        yield journal


def _way_to(place_of_run: str) -> str | None:
    if place_of_run == LOCAL:
        return "--local"
    return f"--endpoint-url {place_of_run}" if "://" in place_of_run else None


def _rehearsed(
    aws: Gateway, runs: Runs, wanted: str | None, states: Sequence[str], codes: Sequence[str] | None = None
) -> RunResult:
    """A dry run: the journal is looked at and left as it is."""
    here = site(aws)
    with Journal.for_reading(runs.find(wanted, lambda head: head.site == here)) as journal:
        head = journal.head
        rate = rate_for(head.limits.rate, _allowed_rate(aws))
        whole = plan(*journal.count(states, codes), rate, one_call_each=head.mailing.one_call_each)
        rehearse(aws, Requests(head.mailing, head.run), journal.entries(states, codes, SHOWN), whole)
        note = None
        if not aws.plan.calls:
            note = _nothing_to_resume(journal) if codes is None else _nothing_to_retry(journal, codes)
        return RunResult(summarise(journal, running=runs.is_held(head.name, head.site)), note=note)


def _go_on(aws: Gateway, journal: Journal, bench: RunContext) -> RunResult:
    tally = journal.tally()
    if tally.unfinished:
        return _send(aws, journal, bench)
    if tally.finished_at is None:
        journal.end(None, None)
    return RunResult(summarise(journal, running=False), note=_nothing_to_resume(journal))


def _nothing_to_resume(journal: Journal) -> str:
    unknown = journal.tally().states[UNKNOWN]
    again = f"; {unknown:,} unknown may be sent to again, with --resend-unknown" if unknown else ""
    return f"nothing to resume: no recipient is pending{again}"


def _nothing_to_retry(journal: Journal, codes: Sequence[str]) -> str:
    failed = journal.tally().states[FAILED]
    if not failed:
        return "nothing to retry: no recipient has failed"
    if codes is not RETRYABLE:
        return f"nothing to retry: {counted(failed, 'recipient')} failed, none with {' or '.join(codes)}"
    return f"nothing to retry: {counted(failed, 'recipient')} failed for a reason that stays; mend it, then --code CODE"


def _send(aws: Gateway, journal: Journal, bench: RunContext) -> RunResult:
    return send(aws, journal, bench, rate_for(journal.head.limits.rate, _allowed_rate(aws)))


def _allowed_rate(aws: Gateway) -> float | None:
    """MaxSendRate, or None where the look-up cannot be had (SES API v2 GetAccount)."""
    checks = Preflight(aws)
    checks.check_account()
    return checks.quota.max_send_rate if checks.quota else None
