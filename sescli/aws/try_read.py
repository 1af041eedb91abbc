"""Look-ups that a command can do without: where one is denied, it is a warning and the command continues."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from sescli.aws.errors import is_permission_denied
from sescli.errors import (
    AccessError,
    ApiError,
    NetworkError,
    OutcomeUnknownError,
    RetryableError,
    SescliError,
    ThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")

# As IAM words it: "User: arn:… is not authorized to perform: ses:GetAccount on resource: …".
_NAMED_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]+:\w+)")
# How `sescli.aws.errors` begins a message. These services have one IAM action per API operation, of the same name.
_CALL = re.compile(r"(sesv2|ses|iam|sns|sts|route53|cloudwatch) (\w+): ")


def _ignore(_warning: str) -> None:
    """Show nothing."""


def try_read(
    subject: str, call: Callable[[], Answer], *, warn: Callable[[str], None] = _ignore
) -> Answer | None:
    """The result of a look-up, or None where it failed for reasons that only concern this look-up.

    `warn` then gets one sentence, `could not check SUBJECT: permission denied (requires ses:GetAccount)`. Such
    reasons are a missing permission, a refusal, throttling, and a missing or unusable answer. Raises what every
    other call would meet too (missing or expired credentials, no network), and `NotFoundError`, which is an answer.

    `call` must read to the end: a generator raises its errors later, outside.
    """
    try:
        return call()
    except SescliError as error:
        reason = failure_reason(error)
        if reason is None:
            raise
        warn(f"could not check {subject}: {reason}")
        return None


def failure_reason(error: SescliError) -> str | None:
    """Why a look-up failed, in a few words; None for an error that `try_read` raises."""
    if isinstance(error, AccessError) and is_permission_denied(error):
        action = missing_action(error)
        return f"permission denied (requires {action})" if action else "permission denied"
    if isinstance(error, ThrottledError):
        return "throttled"
    if isinstance(error, OutcomeUnknownError):
        return "no usable response"
    if isinstance(error, ApiError | RetryableError) and not isinstance(error, NetworkError):
        return error.message
    return None


def missing_action(error: SescliError) -> str | None:
    """The IAM action that a denied call needs: as AWS names it, or derived from the operation; None if unknown."""
    named = _NAMED_ACTION.search(error.message)
    if named:
        return named[1]
    call = _CALL.match(error.message)
    return f"{'ses' if call[1] == 'sesv2' else call[1]}:{call[2]}" if call else None
