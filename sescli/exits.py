"""Exit codes, and the table from an exception to its exit code and machine-readable code."""

from __future__ import annotations

from enum import IntEnum

from sescli import errors


class ExitCode(IntEnum):
    """The exit codes of sescli."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CHECK_FAILED = 3
    ACCESS = 4
    NOT_FOUND = 5
    TRY_LATER = 6
    INTERRUPTED = 130


# The first row that matches counts, so the most specific class comes first.
_TABLE: tuple[tuple[type[BaseException], ExitCode, str], ...] = (
    (KeyboardInterrupt, ExitCode.INTERRUPTED, "Interrupted"),
    (errors.InterruptedRunError, ExitCode.INTERRUPTED, "Interrupted"),
    (errors.MissingExtraError, ExitCode.USAGE, "MissingExtra"),
    (errors.InputFileError, ExitCode.USAGE, "BadFile"),
    (errors.UsageError, ExitCode.USAGE, "Usage"),
    (errors.CheckFailedError, ExitCode.CHECK_FAILED, "CheckFailed"),
    (errors.AccessError, ExitCode.ACCESS, "AccessDenied"),
    (errors.NotFoundError, ExitCode.NOT_FOUND, "NotFound"),
    (errors.ThrottledError, ExitCode.TRY_LATER, "Throttled"),
    (errors.QuotaExceededError, ExitCode.TRY_LATER, "QuotaExceeded"),
    (errors.NetworkError, ExitCode.TRY_LATER, "Network"),
    (errors.OutcomeUnknownError, ExitCode.TRY_LATER, "OutcomeUnknown"),
    (errors.RetryableError, ExitCode.TRY_LATER, "TryLater"),
    (errors.AlreadyExistsError, ExitCode.FAILED, "AlreadyExists"),
    (errors.ApiError, ExitCode.FAILED, "Refused"),
    (errors.LocalError, ExitCode.FAILED, "LocalFault"),
    (errors.SescliError, ExitCode.FAILED, "Failed"),
)


def classify(error: BaseException) -> tuple[ExitCode, str]:
    """The exit code and the machine-readable code of an error. An AWS error keeps its AWS code."""
    for kind, exit_code, code in _TABLE:
        if isinstance(error, kind):
            return exit_code, getattr(error, "code", None) or code
    return ExitCode.FAILED, "InternalError"
