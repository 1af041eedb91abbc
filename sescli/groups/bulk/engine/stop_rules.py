"""Stops a run whose recipients fail too often, are all refused for one reason, or have too many unknown results."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sescli import errors
from sescli.groups.bulk.engine.outcome import Stop
from sescli.groups.bulk.model.entries import FAILED, SENT
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.groups.bulk.engine.counters import Counters
    from sescli.groups.bulk.model.entries import Entry, StateChange
    from sescli.groups.bulk.model.spec import SendLimits

FAILURE_RATE, UNKNOWN_RATE, EQUAL_REFUSALS = "FailureRate", "UnknownRate", "EqualRefusals"
# Different reasons that are counted between two successes.
_MAX_REASONS = 1_000


class StopRules:
    """The limits of a batch file that stop a run."""

    def __init__(self, limits: SendLimits) -> None:
        self._limits = limits
        self._refusals = RefusalCounter(limits.stop_after_equal_refusals)

    def check(
        self, counters: Counters, entries: Sequence[Entry], changes: Sequence[StateChange]
    ) -> Iterator[Stop]:
        """Why the run must stop after these outcomes of a call, which `counters` has counted."""
        sample, limit = counters.failure_rate(), self._limits.stop_at_failure_rate
        if limit and sample and sample[0] / sample[1] >= limit:
            reason = (
                f"{sample[0]:,} of {sample[1]:,} recipients failed (limits.stop_at_failure_rate is {limit:g})"
            )
            yield Stop(FAILURE_RATE, reason, errors.CheckFailedError(reason))
        sample, limit = counters.unknown_rate(), self._limits.stop_at_unknown_rate
        if sample and sample[0] / sample[1] > limit:
            reason = (
                f"the results of {sample[0]:,} of {sample[1]:,} recipients are unknown"
                f" (limits.stop_at_unknown_rate is {limit:g})"
            )
            yield Stop(UNKNOWN_RATE, reason, errors.RetryableError(reason))
        equal = self._refusals.record(entries, changes)
        # Without pending rows the run is at its end, and nothing would be saved.
        if equal and counters.pending:
            yield equal


class RefusalCounter:
    """Counts recipients refused for the same reason, with no message accepted between them; `limit` 0 is none."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: Counter[tuple[str | None, str]] = Counter()

    def record(self, entries: Sequence[Entry], changes: Sequence[StateChange]) -> Stop | None:
        """Count the outcomes of a call; returns why the run must stop, or None."""
        if any(one.state == SENT for one in changes) or len(self._counts) > _MAX_REASONS:
            self._counts.clear()
        refused = [one for one in changes if one.state == FAILED]
        if not refused or not self._limit or any(one.state == SENT for one in changes):
            return None
        known = {entry.row: entry for entry in entries}
        self._counts.update((one.code, _shared_reason(one.reason or "", known[one.row])) for one in refused)
        (code, _), count = self._counts.most_common(1)[0]
        if count < self._limit:
            return None
        example = next(one.reason for one in refused if one.code == code) if code else ""
        reason = (
            f"SES refused {counted(count, 'recipient')} in a row for the same reason: {example}"
            f" (limits.stop_after_equal_refusals is {self._limit})"
        )
        return Stop(EQUAL_REFUSALS, reason, errors.CheckFailedError(reason))


def _shared_reason(reason: str, entry: Entry) -> str:
    """The reason without the recipient's address, which makes equal reasons look different."""
    for group in entry.addresses.values():
        for address in group:
            reason = reason.replace(address, "ADDRESS")
    return reason
