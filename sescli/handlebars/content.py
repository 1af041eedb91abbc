"""Templates with subject, text and HTML: compile, list variables, render."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sescli.handlebars.engine import Compiled
from sescli.handlebars.engine import compile as compile_part
from sescli.handlebars.errors import MissingVariable, TemplateDataError, TemplateSyntaxError
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

    def missing(self, data: Mapping[str, Any]) -> list[str]:
        """The variables that this data lacks. If one is missing, SES accepts the message and never delivers it."""
        if self._enough is not None and data.keys() >= self._enough:
            return []
        return list(dict.fromkeys(name for part in self.compiled.values() for name in part.missing(data)))

    def require(self, data: Mapping[str, Any]) -> None:
        """Raise `MissingVariable` with all variables that this data lacks."""
        if missing := self.missing(data):
            starts = [(f"{name}.", f"{name}[") for name in missing]
            inside = zip(missing, starts, strict=True)
            whole = [name for name, start in inside if any(each.startswith(start) for each in self.variables)]
            raise MissingVariable(*missing, containers=whole)

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

    def check(self) -> Mapping[str, Compiled]:
        """Check that SES would store the template (subject, body, at most 500 KB, valid syntax); return its parts."""
        if not self.subject:
            raise TemplateDataError("the template has no subject, which SES requires")
        if not self.text and not self.html:
            raise TemplateDataError("the template has neither a text nor an HTML part")
        size = sum(len((getattr(self, part) or "").encode("utf-8", "replace")) for part in PARTS)
        if size > LARGEST:
            raise TemplateDataError(f"the template has {size / 1024:.0f} KB, and SES stores at most 500 KB")
        refuse_controls(self.subject, "the subject")
        return self.compiled

    def with_parts(self, **parts: str | None) -> TemplateContent:
        """A copy with some parts replaced; None keeps a part."""
        return replace(self, **{name: part for name, part in parts.items() if part is not None})
