"""No terminal, no questions."""

# ruff: noqa: ARG002 - the interface has parameters that a refusal does not need

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class RefusingPrompter:
    """Off a terminal nothing is asked: the answer must come as an option."""

    def confirm(self, question: str, *, default: bool = False) -> bool:
        raise UsageError(f"this needs a yes: {question}", hint="there is no terminal to ask on: add --yes")

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
            f"this needs an answer: {question}",
            hint="there is no terminal to ask on: give the answer as an option (--help lists them)",
        )
