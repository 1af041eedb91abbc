"""A wizard of steps, in which each question after the first can go back to the previous one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sescli.prompts.prompter import Prompter

BACK = "back"
TYPED_BACK = "<"

Draft = TypeVar("Draft")
Answer = TypeVar("Answer")
Step = Callable[["StepPrompter", Draft], Draft | None]


@dataclass(frozen=True)
class StepPrompter:
    """The prompts of one step. Each returns None if the user goes back to the previous step."""

    prompter: Prompter
    can_go_back: bool

    def select(
        self, question: str, choices: Sequence[tuple[str, Answer]], default: Answer | None = None
    ) -> Answer | None:
        """Ask for one of several (label, value) pairs; return the value."""
        answers = dict(choices)
        labels = [*answers, *([BACK] if self.can_go_back else [])]
        preset = next((label for label, value in choices if value == default), None)
        chosen = self.prompter.select(question, labels, default=preset)
        return None if chosen == BACK else answers[chosen]

    def text(self, question: str, *, default: str = "", check: Callable[[str], str | None]) -> str | None:
        """Ask for a line, stripped of blanks; `check` returns why it is not valid, or None."""

        def problem(answer: str) -> str | None:
            return None if self._is_back(answer, default) else check(answer.strip())

        back = f" ({TYPED_BACK} goes back)" if self.can_go_back else ""
        answer = self.prompter.text(f"{question}{back}", default=default, check=problem)
        return None if self._is_back(answer, default) else answer.strip()

    def _is_back(self, answer: str, default: str) -> bool:
        # The field holds a default already, so the user types the sign after it.
        return self.can_go_back and answer.strip() in {TYPED_BACK, f"{default}{TYPED_BACK}"}


def run_steps(prompter: Prompter, steps: Sequence[Step[Draft]], draft: Draft) -> Draft:
    """Run every step, and return the draft after the last one.

    A step returns a new draft with its answer, the same draft if it has nothing to ask, or None to go back to the
    last step that asked.
    """
    asked: list[tuple[int, Draft]] = []
    at = 0
    while at < len(steps):
        answer = steps[at](StepPrompter(prompter, bool(asked)), draft)
        if answer is None:
            at, draft = asked.pop()
            continue
        if answer is not draft:
            asked.append((at, draft))
        draft = answer
        at += 1
    return draft
