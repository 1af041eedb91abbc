"""The errors of SES (docs/ses-behavior.md#error-codes-v2, #error-codes-v1): a class per error with its code and HTTP
status in each API.

`entry` is the status of a SendBulkEmail entry that fails with the error, in v2 spelling.
"""

from __future__ import annotations


class Fault(Exception):  # noqa: N818  AWS calls it a fault
    """An error response with a message for the caller. Subclasses set the codes and statuses."""

    v2_code = "BadRequestException"
    v2_status = 400
    v1_code = "InvalidParameterValue"
    v1_status = 400
    entry = "FAILED"
    of_entries = False  # whether it is a requested failure that applies to entries of a bulk call only

    def __init__(self, message: str, *, v1_code: str | None = None, entry: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if v1_code:
            self.v1_code = v1_code
        if entry:
            self.entry = entry


class BadRequest(Fault):
    entry = "INVALID_PARAMETER"


class ValidationFault(Fault):
    """A parameter that violates a constraint of the service model."""

    v1_code = "ValidationError"
    entry = "INVALID_PARAMETER"


class NotFound(Fault):
    """The v1 code depends on the resource (`TemplateDoesNotExist`), so the caller gives it."""

    v2_code = "NotFoundException"
    v2_status = 404


class AlreadyExists(Fault):
    v2_code = "AlreadyExistsException"
    v1_code = "AlreadyExists"


class LimitExceeded(Fault):
    v2_code = "LimitExceededException"
    v1_code = "LimitExceeded"


class InvalidToken(Fault):
    v2_code = "InvalidNextTokenException"


class Conflict(Fault):
    v2_code = "ConflictException"
    v2_status = 409


class MessageRejected(Fault):
    v2_code = v1_code = "MessageRejected"
    entry = "MESSAGE_REJECTED"


class MailFromNotVerified(Fault):
    v2_code = v1_code = "MailFromDomainNotVerifiedException"
    entry = "MAIL_FROM_DOMAIN_NOT_VERIFIED"


class SendingPaused(Fault):
    v2_code = "SendingPausedException"
    v1_code = "AccountSendingPausedException"
    entry = "ACCOUNT_SENDING_PAUSED"


class AccountSuspended(Fault):
    v2_code = "AccountSuspendedException"
    v1_code = "MessageRejected"
    entry = "ACCOUNT_SUSPENDED"


class Throttled(Fault):
    """`MaxSendRate` exceeded: the caller may retry shortly (docs/ses-behavior.md#throttling)."""

    v2_code = "TooManyRequestsException"
    v2_status = 429
    v1_code = "Throttling"
    entry = "ACCOUNT_THROTTLED"

    def __init__(self) -> None:
        super().__init__("Maximum sending rate exceeded.")


class QuotaExceeded(Fault):
    """`Max24HourSend` exceeded: differs from throttling only in its text (docs/ses-behavior.md#throttling)."""

    v2_code = "TooManyRequestsException"
    v2_status = 429
    v1_code = "Throttling"
    entry = "ACCOUNT_DAILY_QUOTA_EXCEEDED"

    def __init__(self) -> None:
        super().__init__("Daily message quota exceeded.")


class NotImplementedHere(Fault):
    """An operation that the emulator does not implement."""

    v2_code = v1_code = "NotImplemented"
    v2_status = v1_status = 501


class InternalFault(Fault):
    """An internal error of the emulator."""

    v2_code = "InternalServiceErrorException"
    v1_code = "InternalFailure"
    v2_status = v1_status = 500


_KNOWN_FAULTS = (
    SendingPaused,
    AccountSuspended,
    MailFromNotVerified,
    NotFound,
    MessageRejected,
    InternalFault,
)


def fault_for_code(code: str) -> Fault:
    """Return a fault with this AWS code, for the setting `fail`. An unknown code gets HTTP status 400.

    The status of a bulk entry (such as `TRANSIENT_FAILURE`) makes a fault that applies to entries and not to calls.
    """
    fault = _known_fault(code) or _custom_fault(code)
    fault.of_entries = code.isupper()
    return fault


def _known_fault(code: str) -> Fault | None:
    # Two classes may share a v1 code (MessageRejected), so the v2 code and the entry status are compared first.
    for kind in _KNOWN_FAULTS:
        if code == kind.v2_code or (code == kind.entry != Fault.entry):
            return kind(f"{code}, as requested by local control.")
    for kind in _KNOWN_FAULTS:
        if code == kind.v1_code:
            return kind(f"{code}, as requested by local control.")
    if code in {"TooManyRequestsException", "Throttling", "ThrottlingException", "ACCOUNT_THROTTLED"}:
        return Throttled()
    if code in {"DailyQuotaExceeded", "ACCOUNT_DAILY_QUOTA_EXCEEDED"}:
        return QuotaExceeded()
    return None


def _custom_fault(code: str) -> Fault:
    fault = Fault(f"{code}, as requested by local control.", v1_code=code, entry=code)
    fault.v2_code = code
    return fault
