"""What an answer of SES means for each recipient of a call: the one table.

Nothing here is guessed in favour of a second mail: only what SES surely refused goes back to pending, and what
is not in the table is unknown (docs/ses-behavior.md#error-codes-v2, #bulk-statuses, #throttling).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli import errors
from sescli.exits import classify
from sescli.groups.bulk.model.entries import FAILED, PENDING, SENT, UNKNOWN, Entry, StateChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_AGAIN = frozenset({"ACCOUNT_THROTTLED", "TRANSIENT_FAILURE"})
_FINAL = frozenset({"MESSAGE_REJECTED", "INVALID_PARAMETER", "INVALID_PARAMETER_VALUE", "FAILED"})
_QUOTA = "ACCOUNT_DAILY_QUOTA_EXCEEDED"
# These would hit every row. The API's prose spells some otherwise than its enumeration: both are read.
_STOPPING = frozenset(
    {
        "ACCOUNT_SUSPENDED",
        "ACCOUNT_SENDING_PAUSED",
        "CONFIGURATION_SET_DOES_NOT_EXIST",
        "CONFIGURATION_SET_NOT_FOUND",
        "CONFIGURATION_SET_SENDING_PAUSED",
        "INVALID_SENDING_POOL_NAME",
        "MAIL_FROM_DOMAIN_NOT_VERIFIED",
        "TEMPLATE_DOES_NOT_EXIST",
        "TEMPLATE_NOT_FOUND",
    }
)
_STOPPING_CALLS = frozenset(
    {
        "AccountSendingPausedException",
        "AccountSuspendedException",
        "ConfigurationSetSendingPausedException",
        "InvalidAction",
        "MailFromDomainNotVerifiedException",
        "NotImplemented",
        "SendingPausedException",
        "UnknownOperationException",
    }
)
# What `bulk retry` takes up again when no --code is given: the cause may be gone.
RETRYABLE = (
    "FAILED",
    "MESSAGE_REJECTED",
    "MessageRejected",
    "TRANSIENT_FAILURE",
    "LimitExceededException",
    "ConflictException",
)
_NO_RESULT = "NoResult"
THROTTLED, TRANSIENT = "ACCOUNT_THROTTLED", "TRANSIENT_FAILURE"


@dataclass(frozen=True)
class Stop:
    """The run cannot go on: the reason, and the error that says so to the user."""

    code: str
    reason: str
    error: errors.SescliError


@dataclass
class Verdict:
    """What becomes of a call's recipients.

    `settled` have their outcome. `again` surely did not leave. `narrowed` were refused as a group because of
    some of them: they are tried again in smaller calls. `throttled`: too fast. `unreachable`: no connection.
    `unanswered`: the outcome of the whole call is unknown.
    """

    settled: list[StateChange] = field(default_factory=list)
    again: list[Entry] = field(default_factory=list)
    narrowed: list[Entry] = field(default_factory=list)
    again_code: str | None = None
    again_reason: str | None = None
    throttled: bool = False
    unreachable: bool = False
    unanswered: bool = False
    stop: Stop | None = None


def of_bulk_answer(entries: Sequence[Entry], answer: Mapping[str, Any], sender: str) -> Verdict:
    """Read BulkEmailEntryResults: the answer is 200 even when every entry failed."""
    results = answer.get("BulkEmailEntryResults")
    if not isinstance(results, list) or len(results) != len(entries):
        # Results have nothing but their places to tell whom they are about.
        return in_doubt(entries, _NO_RESULT, "SES answered, but not about each of these recipients")
    verdict = Verdict()
    for entry, result in zip(entries, results, strict=True):
        if isinstance(result, dict) and result.get("Status") == "SUCCESS":
            verdict.settled.append(StateChange(entry.row, SENT, result.get("MessageId")))
        else:
            _read_entry(verdict, entry, result, sender)
    return verdict


def of_single_answer(entry: Entry, answer: Mapping[str, Any]) -> Verdict:
    """Read SendEmail's answer: SES names the mail that it accepted."""
    message_id = answer.get("MessageId")
    if not message_id:
        return in_doubt([entry], _NO_RESULT, "SES answered, but named no mail")
    return Verdict(settled=[StateChange(entry.row, SENT, str(message_id))])


def _read_entry(verdict: Verdict, entry: Entry, result: Any, sender: str) -> None:
    if not isinstance(result, dict):
        reason = "SES answered, but not about this recipient"
        verdict.settled.append(StateChange(entry.row, UNKNOWN, code=_NO_RESULT, reason=reason))
        return
    code, reason = str(result.get("Status")), str(result.get("Error") or "SES gives no reason")
    if code == _QUOTA:
        _stop(
            verdict,
            [entry],
            Stop(code, reason, errors.QuotaExceededError(reason, code=code, hint=_QUOTA_HINT)),
        )
    elif code in _STOPPING or (code in _FINAL and _is_about(sender, reason)):
        _stop(verdict, [entry], Stop(code, reason, _refused(code, reason)))
    elif code in _AGAIN:
        verdict.again.append(entry)
        verdict.again_code, verdict.again_reason = code, reason
        verdict.throttled |= code == THROTTLED
    elif code in _FINAL:
        verdict.settled.append(StateChange(entry.row, FAILED, code=code, reason=reason))
    else:
        verdict.settled.append(StateChange(entry.row, UNKNOWN, code=code, reason=reason))


_QUOTA_HINT = "the quota counts the last 24 hours (sescli reputation quota); later: sescli bulk resume"


def _refused(code: str, reason: str) -> errors.SescliError:
    return errors.CheckFailedError(f"SES would refuse every recipient: {reason}", code=code)


def _is_about(sender: str, reason: str) -> bool:
    """Whether a refusal names the sender as not verified: then the next row would fare no better."""
    domain = sender.rpartition("@")[2].lower()
    listed = reason.lower().rpartition(":")[2]
    names = {name.strip(" .,;<>") for name in listed.replace(",", " ").split()}
    return "not verified" in reason and bool(names & {sender.lower(), domain})


def _stop(verdict: Verdict, entries: Sequence[Entry], stop: Stop) -> None:
    verdict.again.extend(entries)
    verdict.again_code, verdict.again_reason = stop.code, stop.reason
    verdict.stop = verdict.stop or stop


def of_error(entries: Sequence[Entry], error: errors.SescliError, sender: str) -> Verdict:
    """Read what was raised in place of an answer."""
    code, reason = classify(error)[1], error.message
    again = Verdict(again=list(entries), again_code=code, again_reason=reason)
    match error:
        case errors.ThrottledError():
            again.throttled = True
            return again
        case errors.NetworkError():
            again.unreachable = True
            return again
        case errors.QuotaExceededError() | errors.AccessError() | errors.NotFoundError():
            again.stop = Stop(code, reason, error)
            return again
        case errors.ApiError() if code in _STOPPING_CALLS or _is_about(sender, reason):
            again.stop = Stop(code, reason, _refused(code, reason))
            return again
        case errors.ApiError() if len(entries) > 1:
            # One bad entry makes SES refuse the whole call: it is looked for by halves.
            return Verdict(narrowed=list(entries), again_code=code, again_reason=reason)
        case errors.ApiError():
            return Verdict(
                settled=[StateChange(one.row, FAILED, code=code, reason=reason) for one in entries]
            )
    return in_doubt(entries, code, reason)


def in_doubt(entries: Sequence[Entry], code: str, reason: str, *, stop: bool = False) -> Verdict:
    """Nobody can say whether these were accepted."""
    settled = [
        StateChange(one.row, UNKNOWN, code=code, reason=f"{reason}: SES may have accepted it")
        for one in entries
    ]
    halt = Stop(code, reason, errors.SescliError(reason, code=code)) if stop else None
    return Verdict(settled=settled, unanswered=True, stop=halt)


def back_to_pending(entries: Sequence[Entry], code: str | None, reason: str | None) -> list[StateChange]:
    """The journal's note for recipients that surely did not leave."""
    return [StateChange(one.row, PENDING, code=code, reason=reason) for one in entries]
