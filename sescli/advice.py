"""What the user can do next, as values: a command to run, or text around such commands.

Errors carry it as their hint and results as their next step. `sescli.output` adds the options that reach the same
account and region, quotes the arguments, and folds long lines; nothing else builds command lines from text.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


# Controls, marks of direction and other characters that a terminal does not show as they are.
_NOT_PLAIN = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class Operand(str):
    """A name or a file in a command that is not an option, even if it starts with `-`."""

    __slots__ = ()


def join_command(words: Iterable[str]) -> str:
    """The words as a command line for a POSIX shell, in one line. Operands that start with `-` go behind `--`."""
    given = list(words)
    first = next((at for at, word in enumerate(given) if _is_dashed(word)), None)
    if first is not None:
        late = [word for word in given[first:] if isinstance(word, Operand)]
        given = [
            *given[:first],
            *(word for word in given[first:] if not isinstance(word, Operand)),
            "--",
            *late,
        ]
    return " ".join(map(quote, given))


def quote(word: str) -> str:
    r"""A word for a POSIX shell. A control character is written as an escape: `$'a\nb'` (POSIX.1-2024)."""
    if not _NOT_PLAIN.search(word):
        return shlex.quote(word)
    text = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{_NOT_PLAIN.sub(_escape, text)}'"


def _is_dashed(word: str) -> bool:
    return isinstance(word, Operand) and word.startswith("-") and word != "-"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(found[0]) or (
        f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"  # noqa: PLR2004 - ASCII
    )


@dataclass(frozen=True, init=False)
class NextCommand:
    """A sescli command for the user to run: `NextCommand("identity", "check", domain)`.

    `argv` holds the arguments after `sescli`, not quoted. A placeholder such as NAME is an argument too. A value that
    may start with `-` is an `Operand`.
    """

    argv: tuple[str, ...]

    def __init__(self, *argv: str) -> None:
        object.__setattr__(self, "argv", argv)

    def __str__(self) -> str:
        return join_command(("sescli", *self.argv))


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
