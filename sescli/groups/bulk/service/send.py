"""Sends the pending rows of a journal, for new and resumed runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.groups.bulk.batch.plan import effective_rate
from sescli.groups.bulk.engine.concurrency import MAX_CONCURRENCY
from sescli.groups.bulk.engine.engine import PROGRESS_INTERVAL, Engine, RunClock
from sescli.groups.bulk.engine.interrupt import Interrupt, handle_signals
from sescli.groups.bulk.engine.progress_notifier import ProgressNotifier
from sescli.groups.bulk.engine.rate_watch import RateWatch
from sescli.groups.bulk.journal.run_metadata import LOCAL, RunTarget, place_of
from sescli.groups.bulk.journal.summary import RunSummary, summarize
from sescli.groups.reputation.service.quota import quota as get_quota
from sescli.pacing.rate_limiter import RateLimiter, call_size
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.batch.plan import SendPlan
    from sescli.groups.bulk.engine.outcome import Stop
    from sescli.groups.bulk.engine.progress import Observer
    from sescli.groups.bulk.engine.requests import RequestBuilder
    from sescli.groups.bulk.journal.journal import Journal
    from sescli.groups.bulk.model.entries import Entry

# The maximum number of messages in the calls of a dry run.
MAX_SHOWN_MESSAGES = 500


def _ignore(_warning: Hint) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class RunContext:
    """What a run needs from its surroundings: clock, observer, interrupts, standard input, and where warnings go."""

    clock: RunClock
    observer: Observer
    interrupt: Interrupt = field(default_factory=Interrupt)
    stdin: IO[bytes] | None = None
    warn: Callable[[Hint], None] = _ignore


@dataclass(frozen=True)
class RunResult:
    """The state of a run after sending, why it stopped early (or None), and a note for the user."""

    summary: RunSummary
    stop: Stop | None = None
    note: Hint | None = None


def send(aws: Gateway, journal: Journal, context: RunContext, rate: float) -> RunResult:
    """Send the pending rows at `rate` recipients per second; returns the state of the run afterwards."""
    limits = journal.metadata.limits
    notifier = ProgressNotifier(context.observer, context.clock.monotonic, PROGRESS_INTERVAL)
    watch = RateWatch(lambda: _current_rate(aws, limits.rate))
    engine = Engine(
        journal,
        aws.sender(
            concurrency=limits.concurrency or MAX_CONCURRENCY, timeout=limits.timeout, trace=notifier.trace
        ),
        RateLimiter(rate, context.clock.monotonic),
        context.clock,
        concurrency=limits.concurrency,
        notifier=notifier,
        interrupt=context.interrupt,
        rate_watch=watch,
    )
    with handle_signals(context.interrupt):
        watch.start()
        try:
            stop = engine.run()
        finally:
            watch.stop()
    if notifier.is_blocked and context.interrupt.count:
        context.observer.discard()
    if notifier.undelivered:
        context.warn(
            Advice(
                f"{counted(notifier.undelivered, 'result')} could not be written to the output; to see them: ",
                NextCommand("bulk", "results", journal.metadata.run),
            )
        )
    return RunResult(summarize(journal, running=False), stop)


def _current_rate(aws: Gateway, wanted: float | None) -> float | None:
    """The rate to send at now; None if AWS does not say."""
    allowed = get_quota(aws).max_send_rate
    return effective_rate(wanted, allowed) if allowed else None


def record_planned_calls(
    aws: Gateway, requests: RequestBuilder, entries: Sequence[Entry], plan: SendPlan
) -> None:
    """Record the calls for these entries, for a dry run. `plan` is the plan of the entire run."""
    size = 1 if requests.one_call_each else call_size(plan.rate)
    for start in range(0, len(entries), size):
        part = entries[start : start + size]
        if requests.one_call_each:
            aws.send("SendEmail", **requests.single_params(part[0]))
        else:
            aws.send("SendBulkEmail", **requests.bulk_params(part))
    aws.plan.more = max(0, plan.calls - len(aws.plan.calls))


def run_target(aws: Gateway) -> RunTarget:
    """The target that this gateway sends to."""
    return RunTarget(current_place(aws), aws.region)


def current_place(aws: Gateway) -> str:
    """The place that this gateway sends to, from the endpoint that its client uses."""
    return LOCAL if aws.target.local else place_of(aws.sending_url)
