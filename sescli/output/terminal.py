"""Where the output goes: whether it is a terminal, its colour and width."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Terminal:
    """The three streams and what they support.

    `interactive` is whether a prompt can be shown. Off a terminal there is no colour, no cursor movement, no
    truncation and no prompt.
    """

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    stdout_is_tty: bool
    stderr_is_tty: bool
    interactive: bool
    colour: bool
    stderr_colour: bool
    width: int


def detect(
    stdin: TextIO, stdout: TextIO, stderr: TextIO, environ: Mapping[str, str], *, no_input: bool, colour: str
) -> Terminal:
    """Examine the streams and CI, TERM, NO_COLOR, FORCE_COLOR, CLICOLOR and CLICOLOR_FORCE.

    `colour` is `auto`, `always` or `never`.
    """
    off = environ.get("TERM") == "dumb" or environ.get("CI", "").lower() in {"1", "true"}
    out_tty, err_tty = (stream.isatty() and not off for stream in (stdout, stderr))
    return Terminal(
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        stdout_is_tty=out_tty,
        stderr_is_tty=err_tty,
        interactive=stdin.isatty() and err_tty and not no_input,
        colour=_wants_colour(environ, colour, tty=out_tty),
        stderr_colour=_wants_colour(environ, colour, tty=err_tty),
        width=shutil.get_terminal_size((80, 24)).columns,
    )


def _wants_colour(environ: Mapping[str, str], choice: str, *, tty: bool) -> bool:
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    for forcing in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        if environ.get(forcing, "0") not in {"", "0"}:
            return True
    return tty and environ.get("CLICOLOR") != "0"


def discard_output(stream: TextIO) -> None:
    """Discard what is buffered or written later.

    For a reader that has closed its end, as `head` does, and for a full disk: Python would write the rest at exit,
    fail, and end with code 120.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
