"""Errors in the parts of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.errors import UsageError

if TYPE_CHECKING:
    from sescli.advice import Hint


class MailError(UsageError):
    """A part of a message that SES would refuse, or that would not work as intended."""


class AddressError(MailError):
    """Text that is not an email address that SES accepts."""

    def __init__(self, text: str, why: str, *, hint: Hint | None = None) -> None:
        super().__init__(f"'{text}' is not an email address: {why}", hint=hint, code="InvalidAddress")


class InjectionError(MailError):
    """A control character that could begin a new header, plain or inside an encoded-word."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(
            f"{field} contains {what}, which could add a header to the message",
            hint="remove it; nothing was sent",
            code="HeaderInjection",
        )
