"""Errors in templates and in template data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from sescli.advice import Hint


class TemplateSyntaxError(UsageError):
    """A template whose braces or blocks do not close.

    `line` and `column` count from 1 in the compiled part (subject, text or HTML).
    """

    def __init__(self, message: str, line: int, column: int, *, hint: Hint | None = None) -> None:
        super().__init__(f"line {line}, column {column}: {message}", hint=hint, code="TemplateSyntax")
        self.reason = message
        self.line = line
        self.column = column

    def within(self, part: str) -> TemplateSyntaxError:
        """The same error with the name of its part, such as `html`."""
        error = type(self)(self.reason, self.line, self.column, hint=self.hint)
        error.message = f"{part}, {self.message}"
        error.args = (error.message,)
        return error


class UnknownSyntax(TemplateSyntaxError):  # noqa: N818 - a kind of TemplateSyntaxError
    """Syntax that SES does not document and sescli cannot render. SES may support it: a warning, never a refusal."""


class MissingVariable(UsageError):  # noqa: N818 - the name in the interface of the engine
    """Variables of the template are missing in the data. SES would accept the message and never deliver it.

    `containers` are those that must be a list or an object.
    """

    def __init__(self, name: str, *others: str, containers: Collection[str] = ()) -> None:
        names = (name, *others)
        listed = ", ".join(f"'{each}'" for each in names)
        noun, which = ("variables", "which are") if others else ("variable", "which is")
        super().__init__(
            f"the template needs the {noun} {listed}, {which} not in the data",
            hint=_data_options(names, containers),
            code="MissingVariable",
        )
        self.name = name


def _data_options(names: Collection[str], containers: Collection[str]) -> str:
    """The options that give the variables: --data only gives text, so lists and objects need a file."""
    whole = [name for name in names if name in containers or "[" in name]
    plain = " ".join(f"--data {name}=VALUE" for name in names if name not in whole)
    if not whole:
        return f"{plain}, or --data-file FILE (JSON or YAML)"
    file = f"--data-file FILE (JSON or YAML) for lists and objects: {', '.join(whole)}"
    return f"{file}; {plain}" if plain else file


class TemplateDataError(UsageError):
    """Data that JSON does not support, or of a type that the template cannot use."""

    def __init__(self, message: str, *, hint: Hint | None = None) -> None:
        super().__init__(message, hint=hint, code="TemplateData")


class RenderingUnknown(TemplateDataError):  # noqa: N818 - a kind of TemplateDataError
    """Data for which the result of SES is not known, and which sescli cannot render."""

    def __init__(self, name: str | None, place: tuple[int, int] | None = None) -> None:
        where = f"'{name}'" if name else "line {}, column {}".format(*place) if place else "a section"
        super().__init__(
            f"sescli cannot render {where} of the template with this data, and it is not known what SES does",
            hint="change the template; or let SES render it: sescli template render NAME, without --offline",
        )


class NameWithSpace(TemplateDataError):  # noqa: N818 - a kind of TemplateDataError
    """A tag such as `{{First Name}}`, and data with the name `First Name`: the two do not meet."""

    def __init__(self, name: str) -> None:
        joined = "".join(name.split())
        super().__init__(
            f"the template has {{{{{name}}}}}, and the name of a variable cannot have a space",
            hint=f"write {{{{{joined}}}}} in the template, and '{joined}' in the data; "
            f"in a batch file: recipients: {{data: {{{joined}: {name}}}}}",
        )
        self.code = "NameWithSpace"
