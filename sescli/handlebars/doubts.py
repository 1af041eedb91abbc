"""Where the behavior of SES is not known: in the syntax of a template, and in the data of a message.

Each of these is a warning, never a refusal (docs/ses-behavior.md#undocumented-template-syntax,
docs/ses-behavior.md#length-of-lists, docs/ses-behavior.md#template-conditions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sescli.handlebars.reserved import PLACEHOLDERS, UNSUBSCRIBE_URL

if TYPE_CHECKING:
    from sescli.handlebars.errors import RenderingUnknown
    from sescli.handlebars.tracking import TrackedContext


@dataclass(frozen=True, slots=True)
class Doubt:
    """Syntax that SES does not document. `line` and `column` count from 1 in the part."""

    line: int
    column: int
    message: str
    hint: str

    def text(self, part: str) -> str:
        """The warning, for a part such as `html`."""
        return f"{part}, line {self.line}, column {self.column}: {self.message}; {self.hint}"


class DataNote(NamedTuple):
    """Data whose result in SES is not known, or not what it seems. `what` follows "the data has".

    Notes with the same code and name are of one kind.
    """

    code: str
    name: str
    what: str
    hint: str


def section_doubt(name: str) -> tuple[str, str]:
    """Message and hint for `{{#name}}`."""
    return (
        f"{{{{#{name}}}}} is not a documented block of SES, which may look up '{name}' as a variable",
        f"write {{{{#each {name}}}}} for a list, {{{{#if {name}}}}} for a condition",
    )


def inverse_doubt(name: str) -> tuple[str, str]:
    """Message and hint for `{{^name}}`."""
    return f"{{{{^{name}}}}} is not a documented block of SES", f"write {{{{#unless {name}}}}}"


def call_doubt(inside: str, head: str, *, plain: bool) -> tuple[str, str]:
    """Message and hint for `{{head …}}`; `plain` where it can be a name with spaces."""
    if not plain:
        return f"SES documents no helper '{head}'", "compute the value before you send"
    joined = "".join(inside.split())
    return (
        f"{{{{{inside}}}}} has a space, and the name of a variable cannot have one: SES reads a call of '{head}'",
        f"for a variable, use a name without a space: {{{{{joined}}}}}",
    )


def data_notes(reading: TrackedContext) -> list[DataNote]:
    """The notes of one part of a template with one row of data."""
    notes = [
        DataNote(
            "UnknownVariable",
            name,
            f"no '{name}', which {tag} may need",
            f"if SES needs it, it accepts the message and never delivers it; add '{name}', or change the template",
        )
        for name, tag in reading.unsure.items()
    ]
    notes += [
        DataNote(
            "UnknownLength",
            name,
            f"a list or a text in '{name.rpartition('.')[0]}', and it is not known whether SES supports '{name}'",
            f"use {{{{#if {name.rpartition('.')[0]}}}}}, or send the value as a variable of its own",
        )
        for name in reading.list_keys
    ]
    return notes + [
        DataNote(
            "FalseText",
            name,
            f"a text such as {value!r} in '{name}', and each text that is not empty counts as true in a condition",
            "leave the value empty where it means false; or use a JSON or YAML file with false",
        )
        for name, value in reading.false_texts.items()
    ]


def reserved_note(name: str) -> DataNote:
    """The note about data that sets a name of `sescli.handlebars.reserved`."""
    return DataNote(
        "ReservedName",
        name,
        f"a value for '{name}', which SES fills in itself in {{{{{name}}}}}",
        f"remove '{name}' from the data",
    )


def unrendered_note(part: str, error: RenderingUnknown) -> DataNote:
    """The note about a part that could not be rendered."""
    return DataNote(
        "NotRendered",
        f"{part}: {error.message}",
        f"values that could not be checked: {part}, {error.message}",
        str(error.hint),
    )


def unsubscribe_warning(*parts: str | None, has_list: bool) -> str | None:
    """A warning where a part has SES's unsubscribe link, and the message has no contact list for it."""
    tag = PLACEHOLDERS[UNSUBSCRIBE_URL]
    if has_list or not any(tag in "".join((part or "").split()) for part in parts):
        return None
    return f"SES fills in {tag} only in messages with list management"
