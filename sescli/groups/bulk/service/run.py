"""The use case of `bulk run`: a batch into a new journal, and out."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from sescli.groups.bulk.engine.progress_notifier import unread
from sescli.groups.bulk.engine.requests import Requests
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.loading import Loading
from sescli.groups.bulk.journal.run_metadata import Head
from sescli.groups.bulk.journal.runs import SUFFIX
from sescli.groups.bulk.journal.summary import summarise
from sescli.groups.bulk.model.entries import INVALID, SKIPPED
from sescli.groups.bulk.model.spec import InlineRecipients
from sescli.groups.bulk.service.account_guard import AccountLookup
from sescli.groups.bulk.service.rerun_guard import earlier, refusal
from sescli.groups.bulk.service.resume import resume
from sescli.groups.bulk.service.send import SHOWN, RunContext, RunResult, rehearse, send, site
from sescli.groups.bulk.service.validate import BatchReport, RunOptions, load, raise_if_blocked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.engine.outcome import Stop
    from sescli.groups.bulk.engine.progress import Observer
    from sescli.groups.bulk.journal.runs import Runs
    from sescli.groups.bulk.journal.target import Site
    from sescli.groups.bulk.model.spec import Batch

# Above so many recipients a batch that nobody is asked about must say how many there may be.
MANY = 1_000
# How many recipients an onlooker is told of at once.
_TOLD_AT_ONCE = 1_000


def run(
    aws: Gateway,
    batch: Batch,
    runs: Runs,
    choices: RunOptions,
    bench: RunContext,
    *,
    agree: Callable[[BatchReport], None],
    environ: Mapping[str, str],
) -> RunResult | BatchReport:
    """Load a batch into a new journal and send it; with `choices.resume` go on with the run that there is.

    `agree` is shown the report once all is well, before the run exists, and raises to refuse. Under a dry run
    nothing is kept or sent, and the report is the result: the same is refused, and the first calls are shown. Raises `UsageError` for a second run of a name,
    `CheckFailedError` and others for what the check found.
    """
    aws.require_region()
    here = site(aws)
    known = earlier(runs, batch.name, here) if choices.resume else None
    if known is not None:
        return _go_on(aws, runs, known, choices, bench)
    if aws.dry_run:
        _refuse_second(runs, batch.name, here, choices, environ)
        return _rehearse(aws, batch, choices, bench, agree)
    account = AccountLookup(aws)
    with runs.held(batch.name, here):
        _refuse_second(runs, batch.name, here, choices, environ)
        with Loading(runs.loading(batch.name, here)) as loading:
            report = load(aws, batch, choices, loading, bench.stdin)
            raise_if_blocked(report)
            agree(report)
            head = _head(batch, here, choices, bench, account.number(bench.warn))
            with runs.naming():
                run_id, path = runs.new(batch.name, bench.clock.now())
                loading.publish(path, replace(head, run=run_id))
        with Journal.for_sending(path, bench.clock.now) as journal:
            gone = _tell_left_out(journal, bench.observer)
            if gone is not None:
                journal.end(gone.code, gone.reason)
                return RunResult(summarise(journal, running=False), gone)
            return send(aws, journal, bench, report.plan.rate)


def _go_on(aws: Gateway, runs: Runs, known: Path, choices: RunOptions, bench: RunContext) -> RunResult:
    """The run of an earlier attempt: its journal holds all that is needed, so the batch file's rows are not read."""
    run_id = known.name.removesuffix(SUFFIX)
    ended = resume(
        aws, runs, None if runs.journal else run_id, choices.timeout, bench, agree=_nothing_to_agree_to
    )
    return replace(ended, note=ended.note or f"this went on with {ended.summary.run}, begun earlier")


def _nothing_to_agree_to(_consequence: str) -> None:
    """What is unknown is not sent again here, so nobody is asked."""


def _tell_left_out(journal: Journal, observer: Observer) -> Stop | None:
    """The onlooker hears of every recipient, also of those who are not sent to; gives a stop if it has gone."""
    left_out = journal.results((INVALID, SKIPPED))
    while some := list(islice(left_out, _TOLD_AT_ONCE)):
        try:
            observer.settled(some)
        except OSError as error:
            return unread(error)
    return None


def _rehearse(
    aws: Gateway, batch: Batch, choices: RunOptions, bench: RunContext, agree: Callable[[BatchReport], None]
) -> BatchReport:
    with Loading(None) as loading:
        report = load(aws, batch, choices, loading, bench.stdin)
        raise_if_blocked(report)
        agree(report)
        entries = loading.ready(SHOWN)
    requests = Requests(batch.mailing, f"{batch.name}-(id of the run)")
    rehearse(aws, requests, entries, report.plan)
    return report


def _refuse_second(
    runs: Runs, name: str, here: Site, choices: RunOptions, environ: Mapping[str, str]
) -> None:
    """A name is sent once, unless --again says otherwise."""
    refused = refusal(runs, name, here, environ, again=choices.again)
    if refused is not None:
        raise refused


def _head(batch: Batch, here: Site, choices: RunOptions, bench: RunContext, account: str | None) -> Head:
    source = batch.recipients
    shown = source.file if isinstance(source, InlineRecipients) else source.shown
    return Head(
        run=batch.name,
        name=batch.name,
        created_at=bench.clock.now(),
        region=here.region,
        place=here.place,
        # A file's name may be no text; the journal's SQLite takes nothing else.
        source=shown.encode(errors="replace").decode(),
        mailing=batch.mailing,
        limits=replace(batch.limits, timeout=choices.timeout or batch.limits.timeout),
        account=account,
    )
