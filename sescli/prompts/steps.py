"""A conversation step by step, in which each question after the first can go back to the one before."""

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
    """The questions of one step. Each gives None for the wish to go back, where there is a step before."""

    prompter: Prompter
    can_go_back: bool

    def select(
        self, question: str, choices: Sequence[tuple[str, Answer]], default: Answer | None = None
    ) -> Answer | None:
        """The value of one of several (label, value)."""
        answers = dict(choices)
        labels = [*answers, *([BACK] if self.can_go_back else [])]
        preset = next((label for label, value in choices if value == default), None)
        chosen = self.prompter.select(question, labels, default=preset)
        return None if chosen == BACK else answers[chosen]

    def text(self, question: str, *, default: str = "", check: Callable[[str], str | None]) -> str | None:
        """A line without the blanks around it; `check` gives the reason why it will not do, or None."""

        def problem(answer: str) -> str | None:
            return None if self._is_back(answer, default) else check(answer.strip())

        way = f" ({TYPED_BACK} goes back)" if self.can_go_back else ""
        answer = self.prompter.text(f"{question}{way}", default=default, check=problem)
        return None if self._is_back(answer, default) else answer.strip()

    def _is_back(self, answer: str, default: str) -> bool:
        # A default stands in the field already: the sign is then typed behind it.
        return self.can_go_back and answer.strip() in {TYPED_BACK, f"{default}{TYPED_BACK}"}


def run_steps(prompter: Prompter, steps: Sequence[Step[Draft]], draft: Draft) -> Draft:
    """Take every step, and give the draft as the last one leaves it.

    A step gives a new draft with its answer, the very draft that it was given where it has nothing to ask, and
    None to go back to the last step that asked.
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
