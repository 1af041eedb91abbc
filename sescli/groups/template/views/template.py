"""Templates as text, and the next command after storing one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand

if TYPE_CHECKING:
    from sescli.advice import Hint
    from sescli.groups.template.service.templates import Template
    from sescli.handlebars.content import RenderedTemplate, TemplateContent


def template_text(template: Template, region: str) -> str:
    """A stored template: its name, its variables and its parts."""
    variables = ", ".join(template.variables) or "none"
    return f"Template: {template.name} in {region}\nVariables: {variables}\n{parts_text(template.content)}"


def parts_text(parts: RenderedTemplate | TemplateContent) -> str:
    """Subject, text and HTML, as far as they exist."""
    bodies = (("Text", parts.text), ("HTML", parts.html))
    blocks = [f"Subject: {parts.subject}"] if parts.subject else []
    return "\n\n".join(blocks + [f"--- {title}\n{body}" for title, body in bodies if body])


def render_hint(template: Template, file: str | None) -> Hint:
    """The command that renders a template. With data.json in its folder, that command uses this file.

    A list needs a data file; without one, the hint shows the variables instead.
    """
    sample = None if file in {None, "-"} else Path(str(file)) / "data.json"
    if sample is not None and sample.is_file():
        return NextCommand("template", "render", template.name, "--data-file", str(sample))
    if any("[" in variable for variable in template.variables):
        return Advice(
            "to see the variables that its data needs: ", NextCommand("template", "show", template.name)
        )
    data = (word for variable in template.variables for word in ("--data", f"{variable}=VALUE"))
    return NextCommand("template", "render", template.name, *data)
