"""Names of configuration sets and of their event destinations, and what is said when there is none."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sescli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.aws.gateway import Gateway

# CreateConfigurationSet and CreateConfigurationSetEventDestination of the SES API v2.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def parse_set_name(text: str) -> str:
    """The name of a configuration set. Raises `UsageError` for what cannot be one."""
    return _checked(text, "configuration set")


def parse_destination_name(text: str) -> str:
    """The name of an event destination. Raises `UsageError` for what cannot be one."""
    return _checked(text, "event destination")


def _checked(text: str, of: str) -> str:
    if not _NAME.fullmatch(text):
        raise UsageError(
            f"{text!r} cannot be the name of a {of}".replace("a event", "an event"),
            hint="at most 64 letters, digits, - and _",
        )
    return text


@contextmanager
def explain_missing_set(aws: Gateway, name: str) -> Iterator[None]:
    """Say what a `NotFoundError` of a call on a set means."""
    try:
        yield
    except NotFoundError as error:
        error.message = f"there is no configuration set {name} in {aws.region}"
        error.hint = "sescli config-set list, or another --region"
        raise
