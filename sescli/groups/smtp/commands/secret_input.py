"""Secrets as they come in: piped, from the environment, from a prompt; never as an argument.

An argument stands in the history of the shell and in the list of processes.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, TextIO

from sescli.errors import UsageError

if TYPE_CHECKING:
    from sescli.runtime import Runtime

_LARGEST = 64 * 1024  # characters; more is no secret but the wrong file
_WAIT_NOTICE_AFTER = 2.0  # seconds before it is said what is waited for


def read_piped(rt: Runtime, what: str) -> str | None:
    """What standard input holds, None when it is a terminal or empty. Raises `UsageError` for no text.

    A pipe that stays open is waited for: to take another key after some time would be to take the wrong one.
    """
    stdin = rt.world.stdin
    if stdin.isatty():
        return None
    if not _is_readable(stdin):
        rt.output.warn(f"waiting for {what} on standard input; without one: </dev/null")
    try:
        text = stdin.read(_LARGEST + 1)
    except UnicodeDecodeError:
        raise UsageError(f"{what} on standard input is not text") from None
    if len(text) > _LARGEST:
        raise UsageError(f"standard input holds more than {what}")
    return text if text.strip() else None


def prompt_secret(rt: Runtime, what: str, variable: str) -> str:
    """The answer of a prompt that does not show it. Raises `UsageError` where nobody can be asked."""
    if not rt.asks:
        raise UsageError(
            f"there is no {what}", hint=f"pipe it to standard input, or set {variable}; it is no argument"
        )
    return rt.prompter.secret(f"{what[:1].upper()}{what[1:]}")


def _is_readable(stdin: TextIO) -> bool:
    """Whether reading would not wait; True also where that cannot be known."""
    try:
        return bool(select.select([stdin], [], [], _WAIT_NOTICE_AFTER)[0])
    except (OSError, ValueError):  # no file of the system's, or not on Windows
        return True
