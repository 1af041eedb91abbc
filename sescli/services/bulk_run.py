"""The use case of `bulk run`: a batch into a new journal, and out."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from sescli.bulk.entries import INVALID, SKIPPED
from sescli.bulk.journal import Head, Journal
from sescli.bulk.loading import Loading
from sescli.bulk.requests import Requests
from sescli.bulk.spec import InlineRecipients
from sescli.bulk.summary import FINISHED, summarise
from sescli.errors import UsageError
from sescli.services.bulk_check import Choices, Report, load, refuse_unfit
from sescli.services.bulk_sending import SHOWN, Bench, Ended, place, rehearse, send

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sescli.aws.gateway import Gateway
    from sescli.bulk.progress import Observer
    from sescli.bulk.runs import Runs
    from sescli.bulk.spec import Batch

# Above so many recipients a batch that nobody is asked about must say how many there may be.
MANY = 1_000
# How many recipients an onlooker is told of at once.
_TOLD_AT_ONCE = 1_000


def run(
    aws: Gateway,
    batch: Batch,
    runs: Runs,
    choices: Choices,
    bench: Bench,
    *,
    agree: Callable[[Report], None],
    environ: Mapping[str, str],
) -> Ended | Report:
    """Load a batch into a new journal and send it.

    `agree` is shown the report once all is well, before the run exists, and raises to refuse. Under a dry run
    nothing is kept or sent, and the report is the result. Raises `UsageError` for a second run of a name,
    `CheckFailedError` and others for what the check found.
    """
    if aws.dry_run:
        return _rehearse(aws, batch, choices, bench)
    aws.require_region()
    with runs.held(batch.name):
        _refuse_second(runs, batch.name, choices, environ)
        run_id, path = runs.new(batch.name, bench.clock.now())
        with Loading(runs.loading(batch.name)) as loading:
            report = load(aws, batch, choices, loading, bench.stdin)
            refuse_unfit(report)
            agree(report)
            loading.publish(path, _head(aws, batch, choices, run_id, bench))
        with Journal.for_sending(path, bench.clock.now) as journal:
            _tell_left_out(journal, bench.observer)
            return send(aws, journal, bench, report.plan.rate)


def _tell_left_out(journal: Journal, observer: Observer) -> None:
    """The onlooker hears of every recipient, also of those who are not sent to."""
    left_out = journal.results((INVALID, SKIPPED))
    while some := list(islice(left_out, _TOLD_AT_ONCE)):
        observer.settled(some)


def _rehearse(aws: Gateway, batch: Batch, choices: Choices, bench: Bench) -> Report:
    with Loading(None) as loading:
        report = load(aws, batch, choices, loading, bench.stdin)
        refuse_unfit(report)
        entries = loading.ready(SHOWN)
    requests = Requests(batch.mailing, f"{batch.name}-(id of the run)")
    rehearse(aws, requests, entries, report.plan.rate)
    return report


def _refuse_second(runs: Runs, name: str, choices: Choices, environ: Mapping[str, str]) -> None:
    """A name is sent once, unless --again says otherwise."""
    known = runs.of_name(name)
    if choices.again:
        if runs.journal is not None and known:
            raise UsageError(f"{runs.journal} holds a run already", hint="name another file: --journal PATH")
        return
    if known:
        with Journal.for_reading(known[0]) as journal:
            state = summarise(journal, running=False).state
        which = name if runs.journal is None else f"--journal {runs.journal}"
        way = f"go on with it: sescli bulk resume {which}" if state != FINISHED else _second(which)
        raise UsageError(f"'{name}' has been run already ({state})", hint=way, code="RunExists")
    if environ.get("GITHUB_RUN_ATTEMPT", "1") not in {"", "1"}:
        raise UsageError(
            f"this is attempt {environ['GITHUB_RUN_ATTEMPT']} of a workflow, and the journal of the first did not"
            f" come along: '{name}' may have been sent",
            hint="keep the journal as an artifact (--journal PATH); to send all the same: --again",
            code="JournalMissing",
        )


def _second(which: str) -> str:
    return f"its outcome: sescli bulk show {which}; a second mailing to everybody: --again, or another name"


def _head(aws: Gateway, batch: Batch, choices: Choices, run_id: str, bench: Bench) -> Head:
    source = batch.recipients
    return Head(
        run=run_id,
        name=batch.name,
        created_at=bench.clock.now(),
        region=aws.region,
        place=place(aws),
        source=source.file if isinstance(source, InlineRecipients) else source.shown,
        mailing=batch.mailing,
        limits=replace(batch.limits, timeout=choices.timeout or batch.limits.timeout),
    )
