"""One output stream: lines with or without colour, and a rich console if one is needed."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from sescli.output import sanitise

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Printer:
    """Writes to a stream. rich is loaded only for colour and for tables on a terminal."""

    stream: TextIO
    is_tty: bool
    colour: bool
    width: int

    def line(self, text: str, style: str = "", *, lead: str = "") -> None:
        """A line, with `lead` before it unstyled. Control characters are replaced, newlines stay."""
        safe = sanitise.block(text)
        if not (self.colour and style):
            self.stream.write(f"{sanitise.name(lead)}{safe}\n")
            return
        from rich.text import Text

        self.console().print(Text(sanitise.name(lead)).append(safe, style=style), soft_wrap=True)

    def prose(self, text: str, style: str = "", *, lead: str = "") -> None:
        """Sentences behind `lead`: wrapped between words on a terminal, one line elsewhere.

        With `lead`, all further lines are indented. So no text from outside starts a line of its own, where it could
        look like another error or hint.
        """
        indent = " " * len(lead)
        for number, text_line in enumerate(sanitise.message(text).split("\n")):
            # Without its blanks: textwrap drops an indent in front of blanks that fill a line.
            line = f"{indent}{text_line.lstrip()}" if number and lead else f"{lead}{text_line}"
            whole = len(line) <= self.width or not self.is_tty
            for part in [line] if whole else self._wrapped(line, indent):
                self.line(part, style)

    def _wrapped(self, line: str, indent: str) -> list[str]:
        return textwrap.wrap(
            line, self.width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )

    def block(self, text: str) -> None:
        """Text of several lines from outside."""
        self.stream.write(sanitise.block(text).rstrip("\n") + "\n")

    def raw(self, content: bytes) -> None:
        """Bytes unchanged; on a terminal as text that is safe to show."""
        buffer = getattr(self.stream, "buffer", None)
        if self.is_tty or buffer is None:
            self.block(content.decode("utf-8", "replace"))
            return
        self.stream.flush()
        buffer.write(content)
        buffer.flush()

    def console(self) -> Console:
        """A rich console on this stream, without markup and highlighting."""
        from rich.console import Console

        return Console(
            file=self.stream,
            force_terminal=True if self.colour or self.is_tty else None,
            no_color=not self.colour,
            width=self.width,
            highlight=False,
            markup=False,
            emoji=False,
        )
