"""Errors in the parts of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.errors import UsageError

if TYPE_CHECKING:
    from sescli.advice import Hint


_SHOWN = 120  # characters of a foreign text in a message


def shortened(text: str) -> str:
    """The start of a text, for a message of sescli: the text may be megabytes long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class MailError(UsageError):
    """A part of a message that SES would refuse, or that would not work as intended."""


class AddressError(MailError):
    """Text that is not an email address that SES accepts."""

    def __init__(self, text: str, why: str, *, hint: Hint | None = None) -> None:
        super().__init__(
            f"'{shortened(text)}' is not an email address: {why}", hint=hint, code="InvalidAddress"
        )


class InjectionError(MailError):
    """Text that could begin a new header, plain or inside an encoded-word, or `could` do something else."""

    def __init__(self, field: str, what: str, *, could: str = "add a header to the message") -> None:
        super().__init__(
            f"{field} contains {what}, which could {could}",
            hint="remove it; nothing was sent",
            code="HeaderInjection",
        )
