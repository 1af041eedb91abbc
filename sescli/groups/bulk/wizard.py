"""The questions of `bulk init`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.groups.bulk.batch.starter import check_name
from sescli.mail.addresses import parse_address

if TYPE_CHECKING:
    from sescli.groups.bulk.batch.starter import Starter
    from sescli.prompts.prompter import Prompter

_INLINE, _FILE = "in the batch file (a few recipients)", "in a separate file (many recipients)"


def ask(prompter: Prompter, starter: Starter) -> Starter:
    """Ask for all settings; known values are the defaults."""
    name = prompter.text("Name of the run:", default=starter.name, check=check_name)
    sender = prompter.text("Sender address:", default=starter.sender, check=_check_address)
    template = prompter.text("Template stored in SES:", default=starter.template, check=_check_filled)
    where = prompter.select(
        "Where are the recipients?", (_INLINE, _FILE), default=_FILE if starter.recipients else _INLINE
    )
    asked = replace(starter, name=name, sender=sender, template=template)
    if where == _INLINE:
        return replace(asked, recipients=None)
    file = prompter.text(
        "Recipients file:", default=starter.recipients or "recipients.csv", check=_check_filled
    )
    to = prompter.text("Column with the address:", default=starter.to, check=_check_filled)
    return replace(asked, recipients=file, to=to)


def _check_address(text: str) -> str | None:
    try:
        parse_address(text)
    except UsageError as error:
        return error.message
    return None


def _check_filled(text: str) -> str | None:
    return None if text.strip() else "enter a value"
