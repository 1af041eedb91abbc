"""The interface of prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Prompter(Protocol):
    """Prompts the user. Ctrl-C at a prompt raises KeyboardInterrupt."""

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Ask for yes or no."""

    def text(
        self, question: str, *, default: str = "", check: Callable[[str], str | None] | None = None
    ) -> str:
        """Ask for a line of text; `check` returns why an answer is not valid, or None."""

    def select(self, question: str, choices: Sequence[str], *, default: str | None = None) -> str:
        """Ask for one of several choices."""

    def secret(self, question: str) -> str:
        """Ask for a line that the terminal does not show."""
