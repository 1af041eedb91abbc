"""The error tree: what can go wrong, by what the user can do about it.

Nothing here knows of exit codes or of terminals; `sescli.exits` maps each class to its exit code and its
machine-readable code in one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sescli.advice import Hint


class SescliError(Exception):
    """A fault that sescli foresees: what failed, why, and the way out.

    `hint` is the way out: a sentence, with the command that mends it where there is one. `code` names the
    fault for scripts (an AWS error code where AWS named it); without one the class's row in
    `sescli.exits` gives it. `request_id` is AWS's. `retryable` says that the same call may work later.
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
    """A bad option, a bad value, or a missing `--yes`: mended by typing something else."""


@dataclass(frozen=True)
class Place:
    """Where in a file a problem sits; lines and columns count from 1."""

    file: str
    line: int | None = None
    column: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        spot = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{spot} ({self.key})" if self.key else spot


class InputFileError(UsageError):
    """A file given by the user that cannot be read or is not what it should be."""

    def __init__(
        self, message: str, *, place: Place, hint: Hint | None = None, code: str | None = None
    ) -> None:
        super().__init__(f"{place}: {message}", hint=hint, code=code)
        self.place = place


class MissingExtraError(UsageError):
    """A part of sescli that needs an optional extra which is not installed."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the extra '{extra}', which is not installed",
            hint=f"pip install 'sescli[{extra}]'",
        )


class CheckFailedError(SescliError):
    """The answer is no: a check, an audit or a wait did not hold."""


class AccessError(SescliError):
    """Credentials that are missing, wrong or expired, or a permission that they do not carry."""


class NotFoundError(SescliError):
    """What was named does not exist (here, in this region)."""


class RetryableError(SescliError):
    """Throttled, a quota used up, or the network: the same call may work later."""


class ThrottledError(RetryableError):
    """AWS refused the call because of its rate; nothing was done."""


class QuotaExceededError(RetryableError):
    """The 24-hour sending quota is used up; nothing was done."""


class NetworkError(RetryableError):
    """No connection was made: not a byte of the request left."""


class OutcomeUnknownError(RetryableError):
    """The request left and no usable answer came: time-out, reset, 5xx, truncated answer.

    A send that ends so may have been accepted.
    """


class ApiError(SescliError):
    """AWS answered with a refusal that trying again does not change."""


class AlreadyExistsError(ApiError):
    """What was to be created is there already."""


class LocalError(SescliError):
    """A fault of this machine: no space, no permission, a damaged file."""


class InterruptedRunError(SescliError):
    """Ctrl-C; what was done so far is kept."""
