"""What can be wrong with the parts of a mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.errors import UsageError

if TYPE_CHECKING:
    from sescli.advice import Hint


class MailError(UsageError):
    """A part of a mail that SES would refuse, or that would not do what its writer meant."""


class AddressError(MailError):
    """Text that is not an email address that SES takes."""

    def __init__(self, text: str, why: str, *, hint: Hint | None = None) -> None:
        super().__init__(f"'{text}' is not an email address: {why}", hint=hint, code="InvalidAddress")


class InjectionError(MailError):
    """A control character where it would begin a new header: in plain sight, or inside an encoded-word."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(
            f"{field} holds {what}, which could smuggle a header into the mail",
            hint="remove it; nothing was sent",
            code="HeaderInjection",
        )
