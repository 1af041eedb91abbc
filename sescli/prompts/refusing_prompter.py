"""Prompts without a terminal: each one is an error."""

# ruff: noqa: ARG002 - the interface has parameters that are not used here

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class RefusingPrompter:
    """Raises `UsageError` for each prompt: without a terminal the answer must be given as an option."""

    def confirm(self, question: str, *, default: bool = False) -> bool:
        raise UsageError(f"confirmation needed: {question}", hint="to confirm without a terminal, add --yes")

    def text(
        self, question: str, *, default: str = "", check: Callable[[str], str | None] | None = None
    ) -> str:
        self._refuse(question)

    def select(self, question: str, choices: Sequence[str], *, default: str | None = None) -> str:
        self._refuse(f"{question} ({', '.join(choices)})")

    def secret(self, question: str) -> str:
        self._refuse(question)

    @staticmethod
    def _refuse(question: str) -> NoReturn:
        raise UsageError(
            f"answer needed: {question}",
            hint="sescli cannot ask without a terminal: give the answer as an option (see --help)",
        )
