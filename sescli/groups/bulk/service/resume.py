"""Services of `bulk resume` and `bulk retry`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.errors import UsageError
from sescli.groups.bulk.batch.plan import effective_rate, make_plan
from sescli.groups.bulk.engine.outcome import RETRYABLE
from sescli.groups.bulk.engine.requests import RequestBuilder
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.run_metadata import LOCAL
from sescli.groups.bulk.journal.summary import summarize
from sescli.groups.bulk.model.entries import FAILED, PENDING, UNKNOWN
from sescli.groups.bulk.service.account_guard import AccountLookup
from sescli.groups.bulk.service.send import (
    MAX_SHOWN_MESSAGES,
    RunContext,
    RunResult,
    record_planned_calls,
    run_target,
    send,
)
from sescli.groups.send.service.preflight import Preflight
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.journal.runs import RunRepository


def resume(
    aws: Gateway,
    runs: RunRepository,
    wanted: str | None,
    timeout: float | None,
    context: RunContext,
    *,
    resend_unknown: bool = False,
    confirm: Callable[[str], None],
) -> RunResult:
    """Send the pending rows of a run; if there are none, the result has a note that says so.

    `resend_unknown` also sends to recipients whose outcome is unknown, after `confirm`, which gets the consequence.
    """
    if aws.dry_run:
        return _dry_run(aws, runs, wanted, (PENDING, UNKNOWN) if resend_unknown else (PENDING,))
    with _opened_to_resume(aws, runs, wanted, context, timeout) as journal:
        unknown = journal.counts().states["unknown"]
        if resend_unknown and unknown:
            confirm(f"{counted(unknown, 'recipient')} may get the message a second time")
            journal.requeue_unknown()
        return _send_pending(aws, journal, context)


def retry(
    aws: Gateway,
    runs: RunRepository,
    wanted: str | None,
    timeout: float | None,
    context: RunContext,
    *,
    codes: Sequence[str] | None = None,
) -> RunResult:
    """Send again to recipients that failed with one of `codes`; default: codes whose cause may be gone.

    Other pending rows stay pending.
    """
    if aws.dry_run:
        return _dry_run(aws, runs, wanted, (FAILED,), codes or RETRYABLE)
    with _opened_to_resume(aws, runs, wanted, context, timeout) as journal:
        left = journal.counts().unfinished
        if not journal.requeue_failed(codes or RETRYABLE):
            return RunResult(
                summarize(journal, running=False), note=_nothing_to_retry(journal, codes or RETRYABLE)
            )
        ended = _send(aws, journal, context)
        resume_command = NextCommand("bulk", "resume", journal.metadata.run)
        note = Advice(f"{counted(left, 'recipient')} still pending; to send to them: ", resume_command)
        return replace(ended, note=note) if left else ended


@contextmanager
def _opened_to_resume(
    aws: Gateway, runs: RunRepository, wanted: str | None, context: RunContext, timeout: float | None
) -> Iterator[Journal]:
    """Lock and open the journal of a run, after checking that this is its target and its account."""
    here, account = run_target(aws), AccountLookup(aws)
    path = runs.find(wanted, lambda metadata: metadata.target == here)
    with Journal.for_reading(path) as journal:
        metadata = journal.metadata
    if here.place != metadata.place:
        raise UsageError(
            f"{metadata.run} sends to {metadata.place}, but this command uses {here.place}",
            hint=_place_hint(metadata.place),
        )
    if here.region != metadata.region:
        raise UsageError(
            f"{metadata.run} sends in {metadata.region}, but this command uses {here.region}",
            hint=f"add --region {metadata.region}",
        )
    account.require_same_account(metadata, context.warn)
    with runs.lock(metadata.name, here), Journal.for_sending(path, context.clock.now) as journal:
        journal.recover()
        if timeout:
            journal.metadata = replace(metadata, limits=replace(metadata.limits, timeout=timeout))
        yield journal


def _place_hint(place_of_run: str) -> str | None:
    if place_of_run == LOCAL:
        return "add --local"
    if "://" in place_of_run:
        return f"add --endpoint-url {place_of_run}"
    return "remove the endpoint: --endpoint-url, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SESV2, or endpoint_url in ~/.aws/config"


def _dry_run(
    aws: Gateway,
    runs: RunRepository,
    wanted: str | None,
    states: Sequence[str],
    codes: Sequence[str] | None = None,
) -> RunResult:
    """Record the calls without changing the journal."""
    here = run_target(aws)
    with Journal.for_reading(runs.find(wanted, lambda metadata: metadata.target == here)) as journal:
        metadata = journal.metadata
        rate = effective_rate(metadata.limits.rate, _allowed_rate(aws))
        run_plan = make_plan(
            *journal.count(states, codes), rate, one_call_each=metadata.mailing.one_call_each
        )
        record_planned_calls(
            aws,
            RequestBuilder(metadata.mailing, metadata.run),
            journal.entries(states, codes, MAX_SHOWN_MESSAGES),
            run_plan,
        )
        note = None
        if not aws.plan.calls:
            note = _nothing_to_resume(journal) if codes is None else _nothing_to_retry(journal, codes)
        return RunResult(
            summarize(journal, running=runs.is_locked(metadata.name, metadata.target)), note=note
        )


def _send_pending(aws: Gateway, journal: Journal, context: RunContext) -> RunResult:
    counts = journal.counts()
    if counts.unfinished:
        return _send(aws, journal, context)
    if counts.finished_at is None:
        journal.end(None, None)
    return RunResult(summarize(journal, running=False), note=_nothing_to_resume(journal))


def _nothing_to_resume(journal: Journal) -> str:
    unknown = journal.counts().states[UNKNOWN]
    again = f"; to send again to {unknown:,} with an unknown outcome, add --resend-unknown" if unknown else ""
    return f"nothing to resume: no recipient is pending{again}"


def _nothing_to_retry(journal: Journal, codes: Sequence[str]) -> str:
    failed = journal.counts().states[FAILED]
    if not failed:
        return "nothing to retry: no recipient has failed"
    if codes is not RETRYABLE:
        return f"nothing to retry: {counted(failed, 'recipient')} failed, but none with {' or '.join(codes)}"
    return (
        f"nothing to retry: {counted(failed, 'recipient')} failed for a reason that a retry does not fix;"
        " fix the cause, then add --code CODE"
    )


def _send(aws: Gateway, journal: Journal, context: RunContext) -> RunResult:
    return send(aws, journal, context, effective_rate(journal.metadata.limits.rate, _allowed_rate(aws)))


def _allowed_rate(aws: Gateway) -> float | None:
    """MaxSendRate of the account; None if the look-up fails (SES API v2 GetAccount)."""
    checks = Preflight(aws)
    checks.check_account()
    return checks.quota.max_send_rate if checks.quota else None
