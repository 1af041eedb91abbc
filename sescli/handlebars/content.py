"""Templates with subject, text and HTML: compile, list variables, render."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sescli.handlebars.doubts import DataNote, data_notes, reserved_note, unrendered_note
from sescli.handlebars.engine import Compiled
from sescli.handlebars.engine import compile as compile_part
from sescli.handlebars.errors import (
    MissingVariable,
    NameWithSpace,
    RenderingUnknown,
    TemplateDataError,
    TemplateSyntaxError,
    UnknownSyntax,
)
from sescli.mail.controls import refuse_controls

if TYPE_CHECKING:
    from collections.abc import Mapping

# SES quota for a stored template, all parts together.
LARGEST = 500 * 1024
# TemplateData of the SES API v2, in characters.
LARGEST_DATA = 262_144
_SUBJECT = "the subject, with its data,"
PARTS = ("subject", "text", "html")


@dataclass(frozen=True)
class RenderedTemplate:
    """A template rendered with one row of data; a part that the template does not have is None."""

    subject: str
    text: str | None
    html: str | None


@dataclass(frozen=True, slots=True)
class DataReport:
    """What a template makes of one row of data: the variables that the row lacks, and notes."""

    missing: tuple[str, ...] = ()
    notes: tuple[DataNote, ...] = ()


_NOTHING = DataReport()


@dataclass(frozen=True)
class TemplateContent:
    """The source of the three parts of a template."""

    subject: str
    text: str | None = None
    html: str | None = None

    @cached_property
    def compiled(self) -> Mapping[str, Compiled]:
        """The compiled parts by name. Raises `TemplateSyntaxError`, which names the part."""
        compiled: dict[str, Compiled] = {}
        for part in PARTS:
            source = getattr(self, part)
            if source is not None:
                try:
                    compiled[part] = compile_part(source)
                except TemplateSyntaxError as error:
                    raise error.within(part) from error
        return compiled

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of all parts, in order of first use."""
        return tuple(dict.fromkeys(name for part in self.compiled.values() for name in part.variables))

    @cached_property
    def _enough(self) -> frozenset[str] | None:
        """The variables that suffice for any values; None if that depends on the values."""
        parts = self.compiled.values()
        return (
            frozenset().union(*(part.enough or () for part in parts))
            if all(part.enough is not None for part in parts)
            else None
        )

    @property
    def doubts(self) -> list[str]:
        """What the template uses and SES does not document, as warnings. Raises `TemplateSyntaxError`."""
        try:
            compiled = self.compiled
        except UnknownSyntax as error:
            hint = f"; {error.hint}" if error.hint else ""
            return [f"{error.message}{hint}; sescli cannot check the variables of this template"]
        return [doubt.text(part) for part, each in compiled.items() for doubt in each.doubts]

    @cached_property
    def placeholders(self) -> frozenset[str]:
        """The names in the template that SES fills in itself (`sescli.handlebars.reserved`)."""
        return frozenset().union(*(part.placeholders for part in self.compiled.values()))

    @cached_property
    def _spaced(self) -> dict[str, str]:
        """Tags such as `{{First Name}}`, by the name with its space."""
        calls = (call for part in self.compiled.values() for call in part.calls)
        return {call: f"{{{{{call}}}}}" for call in calls}

    def check_data(self, data: Mapping[str, Any]) -> DataReport:
        """Check one row with the engine that renders it: what it lacks, and where the result of SES is not known.

        A row is rendered, unless the template has only variables outside of blocks: then nothing can fail. Raises
        `NameWithSpace`, `TemplateDataError`, and `InjectionError` for a line break in the subject.
        """
        reserved = tuple(reserved_note(name) for name in self.placeholders if name in data)
        if self._enough is not None and data.keys() >= self._enough:
            self._check_plain_subject(data)
            return DataReport(notes=reserved) if reserved else _NOTHING
        if spaced := next((name for name in self._spaced if name in data), None):
            raise NameWithSpace(spaced)
        # In a part without blocks nothing can fail, so only its variables are checked.
        readings = {name: part.read(data) for name, part in self.compiled.items() if part.enough is None}
        missing = tuple(
            dict.fromkeys(
                each
                for name, part in self.compiled.items()
                for each in (readings[name].missing if name in readings else part.missing(data))
            )
        )
        notes = [*reserved, *(note for reading in readings.values() for note in data_notes(reading))]
        if not missing:
            if "subject" not in readings:
                self._check_plain_subject(data)
            for name, reading in readings.items():
                if not (reading.unsure or reading.list_keys):
                    try:
                        text = self.compiled[name].render_read(reading, data)
                    except RenderingUnknown as error:
                        notes.append(unrendered_note(name, error))
                        continue
                    if name == "subject":
                        refuse_controls(text, "the subject, with its data,")
        return DataReport(missing, tuple(dict.fromkeys(notes)))

    def _check_plain_subject(self, data: Mapping[str, Any]) -> None:
        subject = self.compiled["subject"]
        for name in subject.plain_names:
            value = data[name]
            if type(value) is not str or not value.isprintable():
                refuse_controls(subject.render(data), "the subject, with its data,")
                return

    def missing(self, data: Mapping[str, Any]) -> list[str]:
        """The variables that this data lacks. If one is missing, SES accepts the message and never delivers it."""
        if self._enough is not None and data.keys() >= self._enough:
            return []
        return list(dict.fromkeys(name for part in self.compiled.values() for name in part.missing(data)))

    def require(self, data: Mapping[str, Any]) -> None:
        """Raise `MissingVariable` with all variables that this data lacks."""
        if missing := self.missing(data):
            outer = {name[:at] for name in self.variables for at, sign in enumerate(name) if sign in ".["}
            whole = [name for name in missing if name in outer]
            raise MissingVariable(*missing, containers=whole)

    def checked(self, data: Mapping[str, Any]) -> tuple[DataNote, ...]:
        """The notes of `check_data`. Raises `MissingVariable` with all variables that this data lacks."""
        report = self.check_data(data)
        if report.missing:
            self.require(data)
        return report.notes

    def render(self, data: Mapping[str, Any]) -> RenderedTemplate:
        """Render the parts as SES does.

        Raises `MissingVariable`, `TemplateDataError`, and `InjectionError` for data that puts a line break into the
        subject.
        """
        self.require(data)
        parts = {name: part.render(data) for name, part in self.compiled.items()}
        refuse_controls(parts["subject"], _SUBJECT)
        return RenderedTemplate(parts["subject"], parts.get("text"), parts.get("html"))

    def check_subject(self, data: Mapping[str, Any]) -> None:
        """Raise `InjectionError` for a control character in the rendered subject. Absent variables print nothing.

        A subject with syntax that sescli cannot read is checked as it is. Raises `TemplateDataError` for data that does
        not fit.
        """
        try:
            subject = compile_part(self.subject)
        except TemplateSyntaxError:
            refuse_controls(self.subject, _SUBJECT)
            return
        refuse_controls(subject.render(data, strict=False), _SUBJECT)

    def check(self) -> None:
        """Check that SES would store the template (subject, body, at most 500 KB, blocks that close).

        Syntax that SES may support does not fail: see `doubts`.
        """
        if not self.subject:
            raise TemplateDataError("the template has no subject, which SES requires")
        if not self.text and not self.html:
            raise TemplateDataError("the template has neither a text nor an HTML part")
        size = sum(len((getattr(self, part) or "").encode("utf-8", "replace")) for part in PARTS)
        if size > LARGEST:
            raise TemplateDataError(f"the template has {size / 1024:.0f} KB, and SES stores at most 500 KB")
        refuse_controls(self.subject, "the subject")
        with suppress(UnknownSyntax):
            _ = self.compiled

    def with_parts(self, **parts: str | None) -> TemplateContent:
        """A copy with some parts replaced; None keeps a part."""
        return replace(self, **{name: part for name, part in parts.items() if part is not None})
