"""What can be wrong with a template or with the data it is rendered from."""

from __future__ import annotations

from sescli.errors import UsageError


class TemplateSyntaxError(UsageError):
    """A template that is not well formed, or that asks for what SES does not have.

    `line` and `column` count from 1, in the part (subject, text or HTML) that was compiled.
    """

    def __init__(self, message: str, line: int, column: int, *, hint: str | None = None) -> None:
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
    """Variables that the template needs are not in the data. SES would accept the mail and never deliver it."""

    def __init__(self, name: str, *others: str) -> None:
        names = (name, *others)
        listed = ", ".join(f"'{each}'" for each in names)
        noun, which = ("variables", "which are") if others else ("variable", "which is")
        super().__init__(
            f"the template needs the {noun} {listed}, {which} not in the data",
            hint="give it in --data-file"
            + ("" if set(name) & set(".[") else f", or with --data {name}=VALUE"),
            code="MissingVariable",
        )
        self.name = name


class TemplateDataError(UsageError):
    """Data that JSON cannot hold, or that does not fit where the template uses it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="TemplateData")
