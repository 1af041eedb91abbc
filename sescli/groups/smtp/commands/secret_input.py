"""Read secrets from standard input, the environment or a prompt; never from an argument.

An argument appears in the history of the shell and in the list of processes.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, TextIO

from sescli.errors import UsageError

if TYPE_CHECKING:
    from sescli.runtime import Runtime

_LARGEST = 64 * 1024  # characters; more is not a secret but the wrong file
_WAIT_NOTICE_AFTER = 2.0  # seconds


def read_piped(rt: Runtime, subject: str) -> str | None:
    """The content of standard input, or None if it is a terminal or empty. Raises `UsageError` if it is not text.

    Waits for a pipe that stays open: to use another key after a time-out would be to use the wrong one.
    """
    stdin = rt.world.stdin
    if stdin.isatty():
        return None
    if not _is_readable(stdin):
        rt.output.warn(f"waiting for {subject} on standard input; to use none, add </dev/null")
    try:
        text = stdin.read(_LARGEST + 1)
    except UnicodeDecodeError:
        raise UsageError(f"{subject} on standard input is not text") from None
    if len(text) > _LARGEST:
        raise UsageError(f"standard input contains more than {subject}")
    return text if text.strip() else None


def prompt_secret(rt: Runtime, subject: str, variable: str) -> str:
    """The answer to a prompt that does not show it. Raises `UsageError` without a terminal."""
    if not rt.asks:
        raise UsageError(
            f"no {subject}", hint=f"pipe it to standard input or set {variable}; it cannot be an argument"
        )
    return rt.prompter.secret(f"{subject[:1].upper()}{subject[1:]}")


def _is_readable(stdin: TextIO) -> bool:
    """Whether a read returns without waiting; True if that is unknown."""
    try:
        return bool(select.select([stdin], [], [], _WAIT_NOTICE_AFTER)[0])
    except (OSError, ValueError):  # not a file of the operating system, or Windows
        return True
