"""Valid names of configuration sets and event destinations, and the error for a missing set."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.aws.gateway import Gateway

# CreateConfigurationSet and CreateConfigurationSetEventDestination of the SES API v2.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def parse_set_name(text: str) -> str:
    """The name of a configuration set. Raises `UsageError` for an invalid name."""
    return _checked(text, "a configuration set")


def parse_destination_name(text: str) -> str:
    """The name of an event destination. Raises `UsageError` for an invalid name."""
    return _checked(text, "an event destination")


def _checked(text: str, of: str) -> str:
    if not _NAME.fullmatch(text):
        raise UsageError(
            f"{text!r} is not a valid name for {of}",
            hint="use 1 to 64 letters, digits, - and _",
        )
    return text


@contextmanager
def explain_missing_set(aws: Gateway, name: str) -> Iterator[None]:
    """Reword a `NotFoundError` of a call about a set: the set does not exist."""
    try:
        yield
    except NotFoundError as error:
        error.message = f"configuration set {name} not found in {aws.region}"
        error.hint = Advice("use another --region, or list the sets: ", NextCommand("config-set", "list"))
        raise
