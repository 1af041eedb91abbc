"""What can be wrong with a template or with the data it is rendered from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from sescli.advice import Hint


class TemplateSyntaxError(UsageError):
    """A template that is not well formed, or that asks for what SES does not have.

    `line` and `column` count from 1, in the part (subject, text or HTML) that was compiled.
    """

    def __init__(self, message: str, line: int, column: int, *, hint: Hint | None = None) -> None:
        super().__init__(f"line {line}, column {column}: {message}", hint=hint, code="TemplateSyntax")
        self.reason = message
        self.line = line
        self.column = column

    def within(self, part: str) -> TemplateSyntaxError:
        """The same error, naming the part (`html`) that it stands in."""
        error = TemplateSyntaxError(self.reason, self.line, self.column, hint=self.hint)
        error.message = f"{part}, {self.message}"
        error.args = (error.message,)
        return error


class MissingVariable(UsageError):  # noqa: N818 - the engine's interface names it so
    """Variables that the template needs are not in the data. SES would accept the mail and never deliver it.

    `containers` are those of them that must be a list or an object.
    """

    def __init__(self, name: str, *others: str, containers: Collection[str] = ()) -> None:
        names = (name, *others)
        listed = ", ".join(f"'{each}'" for each in names)
        noun, which = ("variables", "which are") if others else ("variable", "which is")
        super().__init__(
            f"the template needs the {noun} {listed}, {which} not in the data",
            hint=_way_out(names, containers),
            code="MissingVariable",
        )
        self.name = name


def _way_out(names: Collection[str], containers: Collection[str]) -> str:
    """--data holds texts: what is or is in a list needs a file."""
    whole = [name for name in names if name in containers or "[" in name]
    plain = " ".join(f"--data {name}=VALUE" for name in names if name not in whole)
    if not whole:
        return f"{plain}, or --data-file FILE (JSON or YAML)"
    file = f"--data-file FILE (JSON or YAML) for lists and objects: {', '.join(whole)}"
    return f"{file}; {plain}" if plain else file


class TemplateDataError(UsageError):
    """Data that JSON cannot hold, or that does not fit where the template uses it."""

    def __init__(self, message: str, *, hint: Hint | None = None) -> None:
        super().__init__(message, hint=hint, code="TemplateData")
