"""The conversation of `bulk init`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.groups.bulk.batch.starter import name_problem
from sescli.mail.addresses import parse_address

if TYPE_CHECKING:
    from sescli.groups.bulk.batch.starter import Starter
    from sescli.prompts.prompter import Prompter

_INLINE, _FILE = "in the batch file itself (a few)", "in a file of their own (many)"


def ask(prompter: Prompter, starter: Starter) -> Starter:
    """Ask for everything; what is known already is the suggestion."""
    name = prompter.text("A name for this send:", default=starter.name, check=name_problem)
    sender = prompter.text("From which address:", default=starter.sender, check=_check_address)
    template = prompter.text("Which stored template:", default=starter.template, check=_check_filled)
    where = prompter.select(
        "Where are the recipients:", (_INLINE, _FILE), default=_FILE if starter.recipients else _INLINE
    )
    asked = replace(starter, name=name, sender=sender, template=template)
    if where == _INLINE:
        return replace(asked, recipients=None)
    file = prompter.text("Their file:", default=starter.recipients or "people.csv", check=_check_filled)
    to = prompter.text("The column of the address:", default=starter.to, check=_check_filled)
    return replace(asked, recipients=file, to=to)


def _check_address(text: str) -> str | None:
    try:
        parse_address(text)
    except UsageError as error:
        return error.message
    return None


def _check_filled(text: str) -> str | None:
    return None if text.strip() else "it must not be empty"
