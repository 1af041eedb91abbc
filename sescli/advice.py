"""What the user can do next, as values: a command to run, or words around such commands.

Errors carry it as their hint and results as their next step. `sescli.output` adds the options that reach the same
account and region, quotes the words, and folds the line; nothing else composes command lines from text.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, init=False)
class NextCommand:
    """A sescli command for the user to run: `NextCommand("identity", "check", domain)`.

    `argv` holds the words after `sescli`, not quoted.
    """

    argv: tuple[str, ...]

    def __init__(self, *argv: str) -> None:
        object.__setattr__(self, "argv", argv)

    def __str__(self) -> str:
        return shlex.join(["sescli", *self.argv])


@dataclass(frozen=True, init=False)
class Advice:
    """Words and commands in the order in which they are read: `Advice("Publish it, then run: ", NextCommand(…))`."""

    parts: tuple[str | NextCommand, ...]

    def __init__(self, *parts: str | NextCommand) -> None:
        object.__setattr__(self, "parts", parts)

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


Hint = str | NextCommand | Advice
