"""What the user can do next, as values: a command to run, or text around such commands.

Errors carry it as their hint and results as their next step. `sescli.output` adds the options that reach the same
account and region, quotes the arguments, and folds long lines; nothing else builds command lines from text.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, init=False)
class NextCommand:
    """A sescli command for the user to run: `NextCommand("identity", "check", domain)`.

    `argv` holds the arguments after `sescli`, not quoted. A placeholder such as NAME is an argument too.
    """

    argv: tuple[str, ...]

    def __init__(self, *argv: str) -> None:
        object.__setattr__(self, "argv", argv)

    def __str__(self) -> str:
        return shlex.join(["sescli", *self.argv])


@dataclass(frozen=True, init=False)
class Advice:
    """Text and commands in reading order: `Advice("Publish the records, then run: ", NextCommand(…))`.

    Advice inside advice is flattened. Empty text is left out.
    """

    parts: tuple[str | NextCommand, ...]

    def __init__(self, *parts: Hint) -> None:
        object.__setattr__(self, "parts", tuple(chain.from_iterable(map(_flatten, parts))))

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


Hint = str | NextCommand | Advice


def join_hints(hints: Iterable[Hint | None], separator: str = "; ") -> Hint | None:
    """One hint from several: each different one once, in order. None where there is none."""
    found = list(dict.fromkeys(hint for hint in hints if hint))
    if len(found) <= 1:
        return found[0] if found else None
    return Advice(found[0], *chain.from_iterable((separator, hint) for hint in found[1:]))


def _flatten(part: Hint) -> Iterator[str | NextCommand]:
    if isinstance(part, Advice):
        yield from part.parts
    elif part:
        yield part
