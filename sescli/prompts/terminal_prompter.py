"""Prompts on a terminal, with questionary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class TerminalPrompter:
    """Prompts on the controlling terminal; questionary is imported at the first prompt."""

    def confirm(self, question: str, *, default: bool = False) -> bool:
        return bool(self._ask("confirm", question, default=default))

    def text(
        self, question: str, *, default: str = "", check: Callable[[str], str | None] | None = None
    ) -> str:
        def validate(answer: str) -> bool | str:
            return True if check is None else (check(answer) or True)

        return str(self._ask("text", question, default=default, validate=validate))

    def select(self, question: str, choices: Sequence[str], *, default: str | None = None) -> str:
        return str(self._ask("select", question, choices=list(choices), default=default))

    def secret(self, question: str) -> str:
        return str(self._ask("password", question))

    @staticmethod
    def _ask(kind: str, question: str, **options: Any) -> Any:
        import sys

        import questionary
        from prompt_toolkit.output import create_output

        # Prompts go to standard error: standard output is for the result, and may be a pipe.
        options["output"] = create_output(stdout=sys.stderr)
        # ask() would turn Ctrl-C into the answer None.
        return getattr(questionary, kind)(question, **options).unsafe_ask()
