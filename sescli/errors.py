"""The error tree: what can go wrong, by what the user can do about it.

Exit codes are not here: `sescli.exits` maps each class to its exit code and its machine-readable code in one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sescli.advice import Hint


class SescliError(Exception):
    """An error that sescli expects: what failed, why, and how to fix it.

    `hint` says how to fix it, with the command to run if there is one. `code` names the error for scripts: the AWS
    error code if AWS gave one, otherwise the code of the class in `sescli.exits`. `request_id` is that of AWS.
    `retryable` means that the same call may work later.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: Hint | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.request_id = request_id
        self.retryable = retryable


class UsageError(SescliError):
    """A wrong option, a wrong value, or a missing `--yes`: the user can correct the command line."""


@dataclass(frozen=True)
class Place:
    """A position in a file; lines and columns count from 1."""

    file: str
    line: int | None = None
    column: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        spot = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{spot} ({self.key})" if self.key else spot


class InputFileError(UsageError):
    """A file of the user that cannot be read or has wrong content."""

    def __init__(
        self, message: str, *, place: Place, hint: Hint | None = None, code: str | None = None
    ) -> None:
        super().__init__(f"{place}: {message}", hint=hint, code=code)
        self.place = place


class MissingExtraError(UsageError):
    """A feature that needs an optional extra which is not installed."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the extra '{extra}', which is not installed",
            hint=f"pip install 'sescli[{extra}]'",
        )


class CheckFailedError(SescliError):
    """A check, an audit or a wait failed."""


class AccessError(SescliError):
    """Credentials that are missing, wrong or expired, or that lack a permission."""


class NotFoundError(SescliError):
    """The named resource does not exist in this region."""


class RetryableError(SescliError):
    """Throttling, an exhausted quota, or a network failure: the same call may work later."""


class ThrottledError(RetryableError):
    """AWS refused the call because of its rate limit; nothing was changed."""


class QuotaExceededError(RetryableError):
    """The 24-hour sending quota is used up; nothing was sent."""


class NetworkError(RetryableError):
    """No connection could be made: no byte of the request was sent."""


class OutcomeUnknownError(RetryableError):
    """The request was sent and no usable answer came: time-out, reset, 5xx, truncated answer.

    SES may have accepted a message that was sent so.
    """


class ApiError(SescliError):
    """AWS refused the call, and a retry would not change that."""


class AlreadyExistsError(ApiError):
    """The resource to create already exists."""


class LocalError(SescliError):
    """A problem of this machine: no disk space, no permission, a damaged file."""


class InterruptedRunError(SescliError):
    """The user pressed Ctrl-C; completed work is kept."""
