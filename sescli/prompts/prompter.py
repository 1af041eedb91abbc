"""What a conversation can ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Prompter(Protocol):
    """Asks the user. Ctrl-C at a question raises KeyboardInterrupt."""

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """A yes or no."""

    def text(
        self, question: str, *, default: str = "", check: Callable[[str], str | None] | None = None
    ) -> str:
        """A line of text; `check` gives the reason why an answer will not do, or None."""

    def select(self, question: str, choices: Sequence[str], *, default: str | None = None) -> str:
        """One of several."""

    def secret(self, question: str) -> str:
        """A line that is not shown."""
