"""What a response of SES means for each recipient of a call.

No recipient gets a second message because of a guess: only what SES certainly rejected is set to pending, and
whatever this module does not list is unknown (docs/ses-behavior.md#error-codes-v2, #bulk-statuses, #throttling).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli import errors
from sescli.advice import Advice, NextCommand
from sescli.exits import classify
from sescli.groups.bulk.model.entries import FAILED, PENDING, SENT, UNKNOWN, Entry, StateChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.groups.bulk.model.spec import MessageSpec

_RETRIED = frozenset({"ACCOUNT_THROTTLED", "TRANSIENT_FAILURE"})
_FINAL = frozenset({"MESSAGE_REJECTED", "INVALID_PARAMETER", "INVALID_PARAMETER_VALUE", "FAILED"})
_QUOTA = "ACCOUNT_DAILY_QUOTA_EXCEEDED"
# These apply to every row. The text of the API reference spells some unlike its enumeration, so both are listed.
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
# What `bulk retry` retries without --code: the cause may be gone.
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
    """Why a run stops before its end, and the error that is shown to the user."""

    code: str
    reason: str
    error: errors.SescliError


@dataclass
class CallOutcome:
    """The outcome of a call for its recipients.

    `settled` have their final state. `retry` were certainly not sent. `split` were rejected together because of some
    of them, and are retried in smaller calls. `throttled`: sent too fast. `unreachable`: no connection. `unanswered`:
    the outcome of the entire call is unknown.
    """

    settled: list[StateChange] = field(default_factory=list)
    retry: list[Entry] = field(default_factory=list)
    split: list[Entry] = field(default_factory=list)
    retry_code: str | None = None
    retry_reason: str | None = None
    throttled: bool = False
    unreachable: bool = False
    unanswered: bool = False
    stop: Stop | None = None


def read_result(
    entries: Sequence[Entry],
    response: Mapping[str, Any] | None,
    error: errors.SescliError | None,
    mailing: MessageSpec,
) -> CallOutcome:
    """Read the response of a call, or the error that was raised instead."""
    if error is not None:
        return read_error(entries, error, mailing.sender_address)
    if mailing.one_call_each:
        return read_single_response(entries[0], response or {})
    return read_bulk_response(entries, response or {}, mailing.sender_address)


def read_bulk_response(entries: Sequence[Entry], response: Mapping[str, Any], sender: str) -> CallOutcome:
    """Read BulkEmailEntryResults: the HTTP status is 200 even if every entry failed."""
    results = response.get("BulkEmailEntryResults")
    if not isinstance(results, list) or len(results) != len(entries):
        # Results are matched with recipients only by their position.
        return outcome_unknown(
            entries, _NO_RESULT, "the response of SES does not have one result for each recipient"
        )
    outcome = CallOutcome()
    for entry, result in zip(entries, results, strict=True):
        if isinstance(result, dict) and result.get("Status") == "SUCCESS":
            outcome.settled.append(StateChange(entry.row, SENT, result.get("MessageId")))
        else:
            _read_entry(outcome, entry, result, sender)
    return outcome


def read_single_response(entry: Entry, response: Mapping[str, Any]) -> CallOutcome:
    """Read the response of SendEmail, which has the ID of the accepted message."""
    message_id = response.get("MessageId")
    if not message_id:
        return outcome_unknown([entry], _NO_RESULT, "the response of SES has no MessageId")
    return CallOutcome(settled=[StateChange(entry.row, SENT, str(message_id))])


def _read_entry(outcome: CallOutcome, entry: Entry, result: Any, sender: str) -> None:
    if not isinstance(result, dict):
        reason = "the response of SES has no result for this recipient"
        outcome.settled.append(StateChange(entry.row, UNKNOWN, code=_NO_RESULT, reason=reason))
        return
    code, reason = str(result.get("Status")), str(result.get("Error") or "SES gave no reason")
    if code == _QUOTA:
        _stop(
            outcome,
            [entry],
            Stop(code, reason, errors.QuotaExceededError(reason, code=code, hint=_QUOTA_HINT)),
        )
    elif code in _STOPPING or (code in _FINAL and _is_unverified(sender, reason)):
        _stop(outcome, [entry], Stop(code, reason, _rejects_all(code, reason)))
    elif code in _RETRIED:
        outcome.retry.append(entry)
        outcome.retry_code, outcome.retry_reason = code, reason
        outcome.throttled |= code == THROTTLED
    elif code in _FINAL:
        outcome.settled.append(StateChange(entry.row, FAILED, code=code, reason=reason))
    else:
        outcome.settled.append(StateChange(entry.row, UNKNOWN, code=code, reason=reason))


_QUOTA_HINT = Advice(
    "the quota counts the last 24 hours (",
    NextCommand("reputation", "quota"),
    "); when part of it is free again: ",
    NextCommand("bulk", "resume"),
)


def _rejects_all(code: str, reason: str) -> errors.SescliError:
    return errors.CheckFailedError(f"SES would reject the message to every recipient: {reason}", code=code)


def _is_unverified(sender: str, reason: str) -> bool:
    """Whether an error says that the sender is not verified: then every row would fail."""
    domain = sender.rpartition("@")[2].lower()
    listed = reason.lower().rpartition(":")[2]
    names = {name.strip(" .,;<>") for name in listed.replace(",", " ").split()}
    return "not verified" in reason and bool(names & {sender.lower(), domain})


def _stop(outcome: CallOutcome, entries: Sequence[Entry], stop: Stop) -> None:
    outcome.retry.extend(entries)
    outcome.retry_code, outcome.retry_reason = stop.code, stop.reason
    outcome.stop = outcome.stop or stop


def read_error(entries: Sequence[Entry], error: errors.SescliError, sender: str) -> CallOutcome:
    """Read the error that was raised instead of a response."""
    code, reason = classify(error)[1], error.message
    outcome = CallOutcome(retry=list(entries), retry_code=code, retry_reason=reason)
    match error:
        case errors.ThrottledError():
            outcome.throttled = True
            return outcome
        case errors.NetworkError():
            outcome.unreachable = True
            return outcome
        case errors.QuotaExceededError() | errors.AccessError() | errors.NotFoundError():
            outcome.stop = Stop(code, reason, error)
            return outcome
        case errors.ApiError() if code in _STOPPING_CALLS or _is_unverified(sender, reason):
            outcome.stop = Stop(code, reason, _rejects_all(code, reason))
            return outcome
        case errors.ApiError() if len(entries) > 1:
            # One invalid entry makes SES reject the entire call: halving the call finds it.
            return CallOutcome(split=list(entries), retry_code=code, retry_reason=reason)
        case errors.ApiError():
            return CallOutcome(
                settled=[StateChange(one.row, FAILED, code=code, reason=reason) for one in entries]
            )
    return outcome_unknown(entries, code, reason)


def outcome_unknown(entries: Sequence[Entry], code: str, reason: str, *, stop: bool = False) -> CallOutcome:
    """It is unknown whether SES accepted these; `stop` ends the run."""
    settled = [
        StateChange(one.row, UNKNOWN, code=code, reason=f"{reason}: SES may have accepted the message")
        for one in entries
    ]
    halt = Stop(code, reason, errors.SescliError(reason, code=code)) if stop else None
    return CallOutcome(settled=settled, unanswered=True, stop=halt)


def back_to_pending(entries: Sequence[Entry], code: str | None, reason: str | None) -> list[StateChange]:
    """The state changes of recipients that were certainly not sent."""
    return [StateChange(one.row, PENDING, code=code, reason=reason) for one in entries]
