"""Service of `bulk run`: loads a batch into a new journal and sends it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from sescli.errors import InterruptedRunError
from sescli.groups.bulk.engine.interrupt import handle_signals
from sescli.groups.bulk.engine.progress_notifier import output_closed
from sescli.groups.bulk.engine.requests import RequestBuilder
from sescli.groups.bulk.journal.file_lock import lock_journal
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.loading import JournalLoader
from sescli.groups.bulk.journal.run_metadata import RunMetadata
from sescli.groups.bulk.journal.runs import SUFFIX
from sescli.groups.bulk.journal.summary import summarize
from sescli.groups.bulk.model.entries import INVALID, SKIPPED
from sescli.groups.bulk.model.spec import InlineRecipients
from sescli.groups.bulk.service.account_guard import AccountLookup
from sescli.groups.bulk.service.batch_digest import require_expected, require_expected_run
from sescli.groups.bulk.service.rerun_guard import earlier_run, rerun_error
from sescli.groups.bulk.service.resume import resume
from sescli.groups.bulk.service.resume_checks import check_batch_unchanged
from sescli.groups.bulk.service.send import (
    MAX_SHOWN_MESSAGES,
    RunContext,
    RunResult,
    record_planned_calls,
    run_target,
    send,
)
from sescli.groups.bulk.service.validate import BatchReport, RunOptions, load, raise_if_blocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.engine.outcome import Stop
    from sescli.groups.bulk.engine.progress import Observer
    from sescli.groups.bulk.journal.run_metadata import RunTarget
    from sescli.groups.bulk.journal.runs import RunRepository
    from sescli.groups.bulk.model.spec import Batch

# Above this many recipients, a run without a confirmation requires limits.max_recipients.
MANY = 1_000
# How many results are passed to the observer at once.
_RESULTS_AT_ONCE = 1_000


def run(
    aws: Gateway,
    batch: Batch,
    runs: RunRepository,
    options: RunOptions,
    context: RunContext,
    *,
    confirm: Callable[[BatchReport], None],
    environ: Mapping[str, str],
) -> RunResult | BatchReport:
    """Load a batch into a new journal and send it; with `options.resume`, resume an existing run of this name.

    `confirm` gets the report of a valid batch before the run exists, and raises to cancel. A dry run stores and sends
    nothing: it records the first calls and returns the report. Raises `UsageError` for a second run of a name, and
    the errors of the check.
    """
    aws.require_region()
    here = run_target(aws)
    existing = earlier_run(runs, batch.name, here) if options.resume else None
    if existing is not None:
        check_batch_unchanged(batch, existing, context, accept_changes=options.accept_changes)
        return _resume_existing(aws, runs, existing, options, context)
    if aws.dry_run:
        _refuse_rerun(runs, batch.name, here, options, environ)
        return _dry_run(aws, batch, options, context, confirm)
    account = AccountLookup(aws)
    with runs.lock(batch.name, here):
        _refuse_rerun(runs, batch.name, here, options, environ)
        _register_start(runs, batch.name, here, context)
        with (
            interrupted_before_sending(),
            JournalLoader(runs.loading_path(batch.name, here)) as loading,
        ):
            report = load(aws, batch, options, loading, context.stdin)
            raise_if_blocked(report)
            require_expected(report.digest, options.expect)
            confirm(report)
            metadata = _metadata(batch, here, options, context, account.account_id(context.warn))
            # From the moment the run exists, a signal stops it as it stops the sending.
            with handle_signals(context.interrupt), runs.naming_lock():
                run_id, path = runs.new_run(batch.name, context.clock.now())
                sequence = runs.next_sequence()
                loading.publish(path, replace(metadata, run=run_id, sequence=sequence))
        runs.register(batch.name, here, started=True, warn=context.warn)
        with lock_journal(path, batch.name), Journal.for_sending(path, context.clock.now) as journal:
            stop = _report_excluded(journal, context.observer)
            if stop is not None:
                journal.end(stop.code, stop.reason)
                return RunResult(summarize(journal, running=False), stop)
            return send(aws, journal, context, report.plan.rate)


def _register_start(runs: RunRepository, name: str, here: RunTarget, context: RunContext) -> None:
    """Record that the name is being loaded; with --again, the earlier run stays recorded until the new one exists."""
    known = runs.registered(name, here)
    if known is None or not known.started:
        runs.register(name, here, started=False, warn=context.warn)


@contextmanager
def interrupted_before_sending() -> Iterator[None]:
    """Say after Ctrl-C in this block that nothing was sent, and that the run does not exist."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise InterruptedRunError(
            "interrupted before the sending: nothing was sent, and nothing was stored",
            hint="run the same command again",
        ) from interrupt


def _resume_existing(
    aws: Gateway, runs: RunRepository, journal: Path, options: RunOptions, context: RunContext
) -> RunResult:
    """Resume the run of an earlier attempt from its journal; the rows of the batch file are not read."""
    run_id = journal.name.removesuffix(SUFFIX)
    with Journal.for_reading(journal) as opened:
        require_expected_run(opened.metadata, options.expect)
    ended = resume(
        aws,
        runs,
        None if runs.journal else run_id,
        options.timeout,
        context,
        confirm=_confirm_nothing,
        accept_changes=options.accept_changes,
    )
    return replace(ended, note=ended.note or f"resumed {ended.summary.run}, which was started earlier")


def _confirm_nothing(_consequence: str) -> None:
    """Needs no question, because rows with an unknown outcome are not sent again."""


def _report_excluded(journal: Journal, observer: Observer) -> Stop | None:
    """Report recipients that are not sent to; returns a `Stop` if the output cannot be written."""
    excluded = journal.results((INVALID, SKIPPED))
    while some := list(islice(excluded, _RESULTS_AT_ONCE)):
        try:
            observer.on_results(some)
        except OSError as error:
            return output_closed(error)
    return None


def _dry_run(
    aws: Gateway,
    batch: Batch,
    options: RunOptions,
    context: RunContext,
    confirm: Callable[[BatchReport], None],
) -> BatchReport:
    with JournalLoader(None) as loading:
        report = load(aws, batch, options, loading, context.stdin)
        raise_if_blocked(report)
        require_expected(report.digest, options.expect)
        confirm(report)
        entries = loading.ready(MAX_SHOWN_MESSAGES)
    requests = RequestBuilder(batch.mailing, f"{batch.name}-(run ID)")
    record_planned_calls(aws, requests, entries, report.plan)
    return report


def _refuse_rerun(
    runs: RunRepository, name: str, here: RunTarget, options: RunOptions, environ: Mapping[str, str]
) -> None:
    """Raise if the name was already sent and --again is not given."""
    refused = rerun_error(runs, name, here, environ, again=options.again)
    if refused is not None:
        raise refused


def _metadata(
    batch: Batch, here: RunTarget, options: RunOptions, context: RunContext, account: str | None
) -> RunMetadata:
    source = batch.recipients
    shown = source.file if isinstance(source, InlineRecipients) else source.shown
    return RunMetadata(
        run=batch.name,
        name=batch.name,
        created_at=context.clock.now(),
        region=here.region,
        place=here.place,
        # A file name may not be valid Unicode, but SQLite stores only valid text.
        source=shown.encode(errors="replace").decode(),
        mailing=batch.mailing,
        limits=replace(batch.limits, timeout=options.timeout or batch.limits.timeout),
        account=account,
        skip_suppressed=options.skip_suppressed,
    )
