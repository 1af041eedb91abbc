"""Commands to be copied, on a terminal that is narrower than they are."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from sescli.advice import Advice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.advice import Hint
    from sescli.output.next_commands import ContextOptions

_INDENT = "    "
_CONTINUED = " \\"
_OWN_LINE = "  "
# Stands for a space inside a command, which stays in one line.
_UNBROKEN = "\0"


def folded_hint(hint: Hint, context: ContextOptions, width: int | None, lead: str = "") -> str:
    """A hint behind `lead`, its commands with their context options, in lines of at most `width` columns.

    Where it does not fit into one line, a command after a colon gets lines of its own, which a shell reads as one.
    """
    text = context.render(hint)
    if width is None or len(lead) + len(text) <= width:
        return f"{lead}{text}"
    if isinstance(hint, Advice):
        return "\n".join(_advice_lines(hint, context, width, lead))
    return folded(text, width, lead)


def _advice_lines(advice: Advice, context: ContextOptions, width: int, lead: str) -> Iterator[str]:
    text = ""
    for part in advice.parts:
        if isinstance(part, str):
            # What follows a command on its own line needs no semicolon before it.
            text += part if text or lead != _OWN_LINE else part.lstrip(";,. ")
            continue
        command = context.command_line(part)
        if text and not text.rstrip().endswith(":"):
            text += command.replace(" ", _UNBROKEN)
            continue
        if text:
            yield from _filled(text, width, lead)
            lead = _OWN_LINE
        yield folded(command, width, lead)
        text, lead = "", _OWN_LINE
    if text:
        yield from _filled(text, width, lead)


def _filled(text: str, width: int, lead: str) -> Iterator[str]:
    first, *rest = (word.replace(_UNBROKEN, " ") for word in text.split())
    line = f"{lead}{first}"
    for word in rest:
        if len(line) + 1 + len(word) <= width:
            line = f"{line} {word}"
        else:
            yield line
            line = f"{_OWN_LINE}{word}"
    yield line


def folded(command: str, width: int | None, lead: str = "") -> str:
    """The command behind `lead`, broken before its options where it does not fit into `width` columns.

    A backslash ends a line that continues, so a shell reads all lines as one command; the shells of Windows do
    not. Text before it (`fix these, then run: sescli …`) gets its own line. Without a width, and where the text is
    more than that, it is one line.
    """
    whole = f"{lead}{command}"
    if width is None or len(whole) <= width or os.name == "nt":
        return whole
    words, colon, last = command.rpartition(": ")
    if colon and _is_command(last):
        return f"{lead}{words}:\n{folded(last, width, _OWN_LINE)}"
    if not _is_command(command):
        return whole
    first, *rest = _parts(shlex.split(command))
    lines = [f"{lead}{first}"]
    for part in rest:
        longer = f"{lines[-1]} {part}"
        if len(longer) + len(_CONTINUED) <= width:
            lines[-1] = longer
        else:
            lines.append(f"{_INDENT}{part}")
    return f"{_CONTINUED}\n".join(lines)


def _is_command(text: str) -> bool:
    """Whether a shell reads it as the words that it shows, and nothing else."""
    try:
        return text.startswith("sescli ") and shlex.join(shlex.split(text)) == text
    except ValueError:
        return False


def _parts(words: Sequence[str]) -> Iterator[str]:
    """What stays together in a line: an option with its values."""
    part: list[str] = []
    for word in words:
        if part and word.startswith("--"):
            yield shlex.join(part)
            part = []
        part.append(word)
    yield shlex.join(part)
