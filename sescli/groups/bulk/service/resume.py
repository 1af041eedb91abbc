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
from sescli.groups.bulk.journal.run_metadata import AWS, LOCAL
from sescli.groups.bulk.journal.summary import summarize
from sescli.groups.bulk.model.entries import FAILED, PENDING, UNKNOWN
from sescli.groups.bulk.service.account_guard import AccountLookup
from sescli.groups.bulk.service.resume_checks import check_message, check_suppression
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
    from sescli.groups.bulk.engine.outcome import Stop
    from sescli.groups.bulk.journal.runs import RunRepository
    from sescli.groups.bulk.service.preflight import BatchPreflight


def resume(
    aws: Gateway,
    runs: RunRepository,
    wanted: str | None,
    timeout: float | None,
    context: RunContext,
    *,
    resend_unknown: bool = False,
    accept_changes: bool = False,
    confirm: Callable[[str], None],
) -> RunResult:
    """Send the pending rows of a run; if there are none, the result has a note that says so.

    `resend_unknown` also sends to recipients whose outcome is unknown, after `confirm`, which gets the consequence.
    """
    if aws.dry_run:
        return _dry_run(aws, runs, wanted, (PENDING, UNKNOWN) if resend_unknown else (PENDING,))
    with _opened_to_resume(aws, runs, wanted, context, timeout, accept_changes=accept_changes) as journal:
        counts = journal.counts()
        unknown = counts.states[UNKNOWN] if resend_unknown else 0
        if not counts.unfinished and not unknown:
            if counts.finished_at is None:
                journal.end(None, None)
            return RunResult(summarize(journal, running=False), note=_nothing_to_resume(journal))
        stop, checks = check_message(aws, journal, context, accept_changes=accept_changes)
        if stop is not None:
            return _stopped(journal, stop)
        if unknown:
            confirm(f"{counted(unknown, 'recipient')} may get the message a second time")
            journal.requeue_unknown()
        return _send(aws, journal, context, checks)


def retry(
    aws: Gateway,
    runs: RunRepository,
    wanted: str | None,
    timeout: float | None,
    context: RunContext,
    *,
    codes: Sequence[str] | None = None,
    accept_changes: bool = False,
) -> RunResult:
    """Send again to recipients that failed with one of `codes`; default: codes whose cause may be gone.

    Other pending rows stay pending.
    """
    if aws.dry_run:
        return _dry_run(aws, runs, wanted, (FAILED,), codes or RETRYABLE)
    with _opened_to_resume(aws, runs, wanted, context, timeout, accept_changes=accept_changes) as journal:
        left = journal.counts().unfinished
        if not journal.count((FAILED,), codes or RETRYABLE)[0]:
            return RunResult(
                summarize(journal, running=False), note=_nothing_to_retry(journal, codes or RETRYABLE)
            )
        stop, checks = check_message(aws, journal, context, accept_changes=accept_changes)
        if stop is not None:
            return _stopped(journal, stop)
        journal.requeue_failed(codes or RETRYABLE)
        ended = _send(aws, journal, context, checks)
        resume_command = NextCommand("bulk", "resume", journal.metadata.run)
        note = Advice(f"{counted(left, 'recipient')} still pending; to send to them: ", resume_command)
        return replace(ended, note=note) if left else ended


@contextmanager
def _opened_to_resume(
    aws: Gateway,
    runs: RunRepository,
    wanted: str | None,
    context: RunContext,
    timeout: float | None,
    *,
    accept_changes: bool,
) -> Iterator[Journal]:
    """Lock and open the journal of a run, after checking that this is its target and its account."""
    here, account = run_target(aws), AccountLookup(aws)
    path = runs.find(wanted, lambda metadata: metadata.target == here)
    with Journal.for_reading(path) as journal:
        metadata = journal.metadata
    # Version 0.1 stored AWS as the place of endpoints that are not from the command line.
    may_be_here = accept_changes and metadata.rows is None and metadata.place == AWS and here.place != LOCAL
    if here.place != metadata.place and not may_be_here:
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
    with (
        runs.lock(metadata.name, metadata.target, path),
        Journal.for_sending(path, context.clock.now) as journal,
    ):
        runs.register(metadata.name, metadata.target, started=True, warn=context.warn)
        journal.check_rows()
        lost = journal.recover() if journal.problem else 0
        if lost:
            context.warn(f"{journal.problem}: {counted(lost, 'recipient')} without a result are now unknown")
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


def _send(aws: Gateway, journal: Journal, context: RunContext, checks: BatchPreflight) -> RunResult:
    stop = check_suppression(aws, journal, context)
    if stop is not None:
        return _stopped(journal, stop)
    allowed = checks.quota.max_send_rate if checks.quota else None
    return send(aws, journal, context, effective_rate(journal.metadata.limits.rate, allowed))


def _stopped(journal: Journal, stop: Stop) -> RunResult:
    journal.end(stop.code, stop.reason)
    return RunResult(summarize(journal, running=False), stop)


def _allowed_rate(aws: Gateway) -> float | None:
    """MaxSendRate of the account; None if the look-up fails (SES API v2 GetAccount)."""
    checks = Preflight(aws)
    checks.check_account()
    return checks.quota.max_send_rate if checks.quota else None
