"""Use cases of bulk sends: check a batch, run it, go on with it, look at it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import IO, TYPE_CHECKING

from sescli.bulk import sources
from sescli.bulk.engine import Clock, Engine
from sescli.bulk.entries import INVALID, SKIPPED, STATES, Entry, Result
from sescli.bulk.interrupt import Interrupt, watching
from sescli.bulk.journal import Head, Journal
from sescli.bulk.loading import Loaded, Loading, ProblemKind
from sescli.bulk.outcome import RETRYABLE, Stop
from sescli.bulk.pace import Pace
from sescli.bulk.plan import Plan, plan, rate_for
from sescli.bulk.requests import Requests
from sescli.bulk.rows import RowCheck
from sescli.bulk.spec import Batch, InlineRecipients
from sescli.bulk.summary import FINISHED, Summary, summarise
from sescli.errors import (
    AccessError,
    AwsRefusedError,
    CheckFailedError,
    NotFoundError,
    TryLaterError,
    UsageError,
)
from sescli.services import bulk_lookups
from sescli.services.bulk_lookups import Finding, Lookups, unavailable
from sescli.services.reputation import quota_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sescli.aws.gateway import Gateway
    from sescli.bulk.progress import Observer
    from sescli.bulk.runs import Runs

# How many rows of each kind of problem are named; the others are counted.
_EXAMPLES = 20
# Above so many recipients a batch that nobody is asked about must say how many there may be.
MANY = 1_000
# How many calls a run makes at once when the batch file does not say. They are begun only as they are needed.
_MOST_CALLS = 16
# How many recipients an onlooker is told of at once.
_TOLD_AT_ONCE = 1_000
# How many calls a dry run shows.
_SHOWN_CALLS = 20


@dataclass(frozen=True)
class Report:
    """What a check of a batch found. `ok` is whether a run would start as things stand."""

    name: str
    ok: bool
    rows: int
    ready: int
    invalid: int
    skipped: int
    plan: Plan
    findings: list[Finding]
    problems: list[ProblemKind]


@dataclass(frozen=True)
class Choices:
    """What the user chose on the command line."""

    skip_invalid: bool = False
    skip_suppressed: bool = False
    again: bool = False
    timeout: float | None = None


@dataclass(frozen=True)
class Ended:
    """How a run stands after the sending, and what stopped it, if anything did."""

    summary: Summary
    stop: Stop | None = None


@dataclass(frozen=True)
class Bench:
    """What a sending works with: time and chance, who looks on, who may interrupt, and standard input."""

    clock: Clock
    observer: Observer
    interrupt: Interrupt = field(default_factory=Interrupt)
    stdin: IO[bytes] | None = None


def validate(aws: Gateway, batch: Batch, choices: Choices, stdin: IO[bytes] | None = None) -> Report:
    """Check a whole batch without keeping or sending anything. Raises `InputFileError` for an unreadable source."""
    with Loading(None) as loading:
        return _load(aws, batch, choices, loading, stdin)


def _load(aws: Gateway, batch: Batch, choices: Choices, loading: Loading, stdin: IO[bytes] | None) -> Report:
    looked = bulk_lookups.look(aws, batch.mailing)
    allowed = looked.allows if looked.verified is not None else None
    check = RowCheck(batch.mailing, batch.default_data, looked.template, allowed)
    loading.add(check.rows(sources.read(batch.recipients, stdin=stdin)))
    if batch.duplicates != "allow":
        loading.mark_duplicates(skip=batch.duplicates == "first")
    ready = loading.totals().ready
    findings = looked.findings + bulk_lookups.mark_suppressed(
        aws, loading, ready, skip=choices.skip_suppressed
    )
    return _report(batch, choices, looked, loading, findings)


def _report(
    batch: Batch, choices: Choices, looked: Lookups, loading: Loading, findings: list[Finding]
) -> Report:
    loaded = loading.totals()
    allowed = looked.quota.max_send_rate if looked.quota else None
    rate = rate_for(batch.limits.rate, allowed)
    planned = plan(loaded.ready, loaded.weight, rate, one_call_each=batch.mailing.one_call_each)
    findings = findings + list(_about_numbers(batch, looked, loaded))
    blocked = any(one.level == "error" for one in findings) or (loaded.invalid and not choices.skip_invalid)
    return Report(
        name=batch.name,
        ok=not blocked and loaded.ready > 0,
        rows=loaded.rows,
        ready=loaded.ready,
        invalid=loaded.invalid,
        skipped=loaded.skipped,
        plan=planned,
        findings=findings,
        problems=loading.problems(_EXAMPLES),
    )


def _about_numbers(batch: Batch, looked: Lookups, loaded: Loaded) -> Iterator[Finding]:
    most = batch.limits.max_recipients
    if most is not None and loaded.weight > most:
        yield Finding(
            "error", "TooMany", f"{loaded.weight:,} recipients, and limits.max_recipients is {most:,}", None
        )
    left = looked.quota.remaining_24_hours if looked.quota else None
    if left is not None and loaded.weight > left:
        yield Finding(
            "warning",
            "Quota",
            f"{loaded.weight:,} recipients, and {left:,.0f} are left of the 24-hour quota: the run will stop there",
            "go on when there is quota again: sescli bulk resume",
        )


def run(
    aws: Gateway,
    batch: Batch,
    runs: Runs,
    choices: Choices,
    bench: Bench,
    *,
    agree: Callable[[Report], None],
    environ: Mapping[str, str] = os.environ,
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
            report = _load(aws, batch, choices, loading, bench.stdin)
            refuse_unfit(report)
            agree(report)
            loading.publish(path, _head(aws, batch, choices, run_id, bench))
        with Journal.for_sending(path, bench.clock.now) as journal:
            _tell_left_out(journal, bench.observer)
            return _send(aws, journal, bench, report.plan.rate)


def _tell_left_out(journal: Journal, observer: Observer) -> None:
    """The onlooker hears of every recipient, also of those who are not sent to."""
    left_out = journal.results((INVALID, SKIPPED))
    while some := list(islice(left_out, _TOLD_AT_ONCE)):
        observer.settled(some)


def _rehearse(aws: Gateway, batch: Batch, choices: Choices, bench: Bench) -> Report:
    with Loading(None) as loading:
        report = _load(aws, batch, choices, loading, bench.stdin)
        refuse_unfit(report)
        size = max(1, -(-report.plan.recipients // max(1, report.plan.calls)))
        entries = loading.ready(size * _SHOWN_CALLS)
    requests = Requests(batch.mailing, f"{batch.name}-(id of the run)")
    for start in range(0, len(entries), size):
        part: Sequence[Entry] = entries[start : start + size]
        if requests.one_call_each:
            aws.send("SendEmail", **requests.single(part[0]))
        else:
            aws.send("SendBulkEmail", **requests.bulk(part))
    return report


def refuse_unfit(report: Report) -> None:
    """Raise for a report that lets nothing be sent: the error of its first and gravest finding."""
    errors = [one for one in report.findings if one.level == "error"]
    if errors:
        first = errors[0]
        message = "\n".join([*(one.message for one in errors), "nothing was sent"])
        if first.code == "TemplateNotFound":
            raise NotFoundError(message, hint=first.hint, code=first.code)
        raise CheckFailedError(message, hint=first.hint, code=first.code)
    if not report.ok:
        raise UsageError(_bad_rows(report), hint=_way_out(report), code="BadRows")


def _bad_rows(report: Report) -> str:
    if not report.ready and not report.invalid:
        return "nobody is left to send to; nothing was sent"
    lines = [f"{report.invalid:,} of {report.rows:,} rows cannot be sent, so nothing was sent"]
    for kind in report.problems:
        lines += [
            f"row {one.row}{_line(one.line)}: {one.to or '(no address)'}: {one.reason}" for one in kind.first
        ]
        if kind.count > len(kind.first):
            lines.append(f"… and {kind.count - len(kind.first):,} more with {kind.code}")
    return "\n".join(lines)


def _line(line: int | None) -> str:
    return f" (line {line})" if line else ""


def _way_out(report: Report) -> str:
    return "mend the rows, or send to the others: --skip-invalid" if report.ready else "mend the rows"


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
        place=_place(aws),
        source=source.file if isinstance(source, InlineRecipients) else source.shown,
        mailing=batch.mailing,
        limits=replace(batch.limits, timeout=choices.timeout or batch.limits.timeout),
    )


def _place(aws: Gateway) -> str:
    return "local" if aws.target.local else aws.target.endpoint_url or "AWS"


def _send(aws: Gateway, journal: Journal, bench: Bench, rate: float) -> Ended:
    limits = journal.head.limits
    concurrency = limits.concurrency or _MOST_CALLS
    engine = Engine(
        journal,
        aws.sender(concurrency=concurrency, timeout=limits.timeout),
        Pace(rate, bench.clock.monotonic),
        bench.clock,
        concurrency=concurrency,
        observer=bench.observer,
        interrupt=bench.interrupt,
    )
    with watching(bench.interrupt):
        stop = engine.run()
    return Ended(summarise(journal, running=False), stop)


@contextmanager
def _taken_up(
    aws: Gateway, runs: Runs, wanted: str | None, bench: Bench, choices: Choices
) -> Iterator[Journal]:
    """A run's journal, to write to: by this process only, and at the place that it was made for."""
    path = runs.find(wanted)
    with Journal.for_reading(path) as journal:
        head = journal.head
    if aws.region != head.region:
        raise UsageError(f"{head.run} belongs to the region {head.region}", hint=f"--region {head.region}")
    if _place(aws) != head.place:
        raise UsageError(
            f"{head.run} was made for {head.place}, and this is {_place(aws)}",
            hint="--local"
            if head.place == "local"
            else f"--endpoint-url {head.place}"
            if "://" in head.place
            else None,
        )
    with runs.held(head.name), Journal.for_sending(path, bench.clock.now) as journal:
        journal.recover()
        if choices.timeout:
            journal.head = replace(head, limits=replace(head.limits, timeout=choices.timeout))
        yield journal


def resume(
    aws: Gateway,
    runs: Runs,
    wanted: str | None,
    choices: Choices,
    bench: Bench,
    *,
    resend_unknown: bool = False,
    agree: Callable[[str], None],
) -> Ended:
    """Go on with what is pending; a finished run only gives its summary.

    `resend_unknown` sends again to those whose outcome is unknown: `agree` is told how many may get two.
    """
    with _taken_up(aws, runs, wanted, bench, choices) as journal:
        unknown = journal.tally().states["unknown"]
        if resend_unknown and unknown:
            agree(f"{unknown:,} recipients may get the mail a second time")
            journal.requeue_unknown()
        return _go_on(aws, journal, bench)


def retry(
    aws: Gateway,
    runs: Runs,
    wanted: str | None,
    choices: Choices,
    bench: Bench,
    *,
    codes: Sequence[str] | None = None,
) -> Ended:
    """Send again to those who failed for a reason that may have passed, or with one of `codes`."""
    with _taken_up(aws, runs, wanted, bench, choices) as journal:
        journal.requeue_failed(codes or RETRYABLE)
        return _go_on(aws, journal, bench)


def _go_on(aws: Gateway, journal: Journal, bench: Bench) -> Ended:
    tally = journal.tally()
    if not tally.unfinished:
        if tally.finished_at is None:
            journal.end(None, None)
        return Ended(summarise(journal, running=False))
    return _send(aws, journal, bench, rate_for(journal.head.limits.rate, _allowed_rate(aws)))


def _allowed_rate(aws: Gateway) -> float | None:
    """MaxSendRate, or None where the look-up cannot be had (SES API v2 GetAccount)."""
    try:
        return quota_of(aws.read("sesv2", "GetAccount")).max_send_rate
    except (AccessError, AwsRefusedError, TryLaterError) as error:
        unavailable(error)
        return None


def show(runs: Runs, wanted: str | None) -> Summary:
    """One run."""
    return _summary(runs, runs.find(wanted))


def _summary(runs: Runs, path: Path) -> Summary:
    with Journal.for_reading(path) as journal:
        return summarise(journal, running=runs.is_held(journal.head.name))


def summaries(runs: Runs, warn: Callable[[str], None]) -> Iterator[Summary]:
    """Every run, the newest first."""
    for journal in runs.journals(warn):
        yield summarise(journal, running=runs.is_held(journal.head.name))


def results(runs: Runs, wanted: str | None, states: Sequence[str] = STATES) -> Iterator[Result]:
    """The outcome of every recipient of a run, in the order of its batch file, as a stream."""
    with Journal.for_reading(runs.find(wanted)) as journal:
        yield from journal.results(states)
