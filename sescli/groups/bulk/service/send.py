"""Sending what is pending in a journal: what a new run and a resumed one have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from sescli.groups.bulk.engine.engine import Engine, RunClock
from sescli.groups.bulk.engine.interrupt import Interrupt, handle_signals
from sescli.groups.bulk.journal.run_metadata import RunTarget, place_of
from sescli.groups.bulk.journal.summary import RunSummary, summarize
from sescli.pacing.rate_limiter import RateLimiter, call_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.batch.plan import SendPlan
    from sescli.groups.bulk.engine.outcome import Stop
    from sescli.groups.bulk.engine.progress import Observer
    from sescli.groups.bulk.engine.requests import RequestBuilder
    from sescli.groups.bulk.journal.journal import Journal
    from sescli.groups.bulk.model.entries import Entry

# How many calls a run makes at once when the batch file does not say. They are begun only as they are needed.
_MOST_CALLS = 16
# How many mails a dry run shows at most.
MAX_SHOWN_MESSAGES = 500


def _ignore(_warning: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class RunContext:
    """What a sending works with: time and chance, who looks on, who may interrupt, standard input, and who is warned."""

    clock: RunClock
    observer: Observer
    interrupt: Interrupt = field(default_factory=Interrupt)
    stdin: IO[bytes] | None = None
    warn: Callable[[str], None] = _ignore


@dataclass(frozen=True)
class RunResult:
    """How a run stands after the sending, what stopped it, if anything did, and what is to be said of it."""

    summary: RunSummary
    stop: Stop | None = None
    note: str | None = None


def send(aws: Gateway, journal: Journal, context: RunContext, rate: float) -> RunResult:
    """Send what is pending, at `rate` recipients a second; gives how the run stands then."""
    limits = journal.metadata.limits
    concurrency = limits.concurrency or _MOST_CALLS
    engine = Engine(
        journal,
        aws.sender(concurrency=concurrency, timeout=limits.timeout),
        RateLimiter(rate, context.clock.monotonic),
        context.clock,
        concurrency=concurrency,
        observer=context.observer,
        interrupt=context.interrupt,
    )
    with handle_signals(context.interrupt):
        stop = engine.run()
    return RunResult(summarize(journal, running=False), stop)


def record_planned_calls(
    aws: Gateway, requests: RequestBuilder, entries: Sequence[Entry], whole: SendPlan
) -> None:
    """Record the calls that would be made for these entries; for a dry run. `whole` counts those not shown."""
    size = 1 if requests.one_call_each else call_size(whole.rate)
    for start in range(0, len(entries), size):
        part = entries[start : start + size]
        if requests.one_call_each:
            aws.send("SendEmail", **requests.single_params(part[0]))
        else:
            aws.send("SendBulkEmail", **requests.bulk_params(part))
    aws.plan.more = max(0, whole.calls - len(aws.plan.calls))


def run_target(aws: Gateway) -> RunTarget:
    """Where mail goes out by this gateway."""
    return RunTarget(place_of(aws.target.endpoint_url, local=aws.target.local), aws.region)
