"""A command to be copied, on a terminal that is narrower than it."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_INDENT = "    "
_GOES_ON = " \\"


def folded(command: str, width: int | None, lead: str = "") -> str:
    """The command behind `lead`, broken before its options where it would not fit into `width` columns.

    A backslash ends a line that goes on, so a shell takes all of it as one; those of Windows do not. Words before
    it (`mend these, then: sescli …`) get a line of their own. Without a width, and where the text is more than
    that, it is one line.
    """
    whole = f"{lead}{command}"
    if width is None or len(whole) <= width or os.name == "nt":
        return whole
    words, colon, last = command.rpartition(": ")
    if colon and _is_command(last):
        return f"{lead}{words}:\n{folded(last, width, '  ')}"
    if not _is_command(command):
        return whole
    first, *rest = _parts(shlex.split(command))
    lines = [f"{lead}{first}"]
    for part in rest:
        longer = f"{lines[-1]} {part}"
        if len(longer) + len(_GOES_ON) <= width:
            lines[-1] = longer
        else:
            lines.append(f"{_INDENT}{part}")
    return f"{_GOES_ON}\n".join(lines)


def _is_command(text: str) -> bool:
    """Whether a shell reads it as the words that it shows, and nothing else."""
    try:
        return text.startswith("sescli ") and shlex.join(shlex.split(text)) == text
    except ValueError:
        return False


def _parts(words: Sequence[str]) -> Iterator[str]:
    """What stands together in a line: an option with what follows it."""
    part: list[str] = []
    for word in words:
        if part and word.startswith("--"):
            yield shlex.join(part)
            part = []
        part.append(word)
    yield shlex.join(part)
