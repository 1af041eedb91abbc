"""Scripted answers, for tests of prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class ScriptError(AssertionError):
    """The prompts did not follow the script."""


class ScriptedPrompter:
    """Plays a script of (part of the question, answer) pairs, strictly.

    It fails on a question that is not the next in the script, on an answer that the question does not accept, and,
    in `finish`, on answers that were not used.
    """

    def __init__(self, script: Sequence[tuple[str, Any]]) -> None:
        self._script = list(script)

    def confirm(self, question: str, *, default: bool = False) -> bool:  # noqa: ARG002
        return bool(self._next(question))

    def text(
        self, question: str, *, default: str = "", check: Callable[[str], str | None] | None = None
    ) -> str:
        answer = self._next(question)
        text = default if answer is None else str(answer)
        problem = check(text) if check else None
        if problem:
            raise ScriptError(f"the answer {text!r} to {question!r} is refused: {problem}")
        return text

    def select(self, question: str, choices: Sequence[str], *, default: str | None = None) -> str:
        answer = self._next(question)
        choice = default if answer is None else answer
        if choice not in choices:
            raise ScriptError(f"{choice!r} is not a choice of {question!r}: {list(choices)}")
        return str(choice)

    def secret(self, question: str) -> str:
        return str(self._next(question))

    def finish(self) -> None:
        """Fail when an answer was not used."""
        if self._script:
            raise ScriptError(f"never asked: {[part for part, _ in self._script]}")

    def _next(self, question: str) -> Any:
        if not self._script:
            raise ScriptError(f"unexpected question: {question!r}")
        part, answer = self._script.pop(0)
        if part not in question:
            raise ScriptError(f"expected a question with {part!r}, got {question!r}")
        return answer
