"""The arguments and options that template commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import options
from sescli.cli.name_completion import templates
from sescli.errors import UsageError

if TYPE_CHECKING:
    from sescli.handlebars.content import TemplateContent
    from sescli.handlebars.files import TemplateFile
    from sescli.runtime import Runtime

_BODY = "{}: a string, @FILE, or - for standard input."

TemplateName = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the template.", autocompletion=templates)
]
OptionalName = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        help="Name of the template. Optional with --file.",
        autocompletion=templates,
    ),
]
File = Annotated[
    str | None,
    typer.Option(
        "--file", help="JSON or YAML file, template folder, or - for standard input.", metavar="FILE"
    ),
]


@options
class TemplateOptions:
    """A template to store: its name and its parts, from a file or from options."""

    name: OptionalName = None
    file: File = None
    subject: Annotated[
        str | None, typer.Option("--subject", help="Subject, with {{variables}}.", metavar="TEXT")
    ] = None
    text: Annotated[str | None, typer.Option("--text", help=_BODY.format("Text body"), metavar="TEXT")] = None
    html: Annotated[str | None, typer.Option("--html", help=_BODY.format("HTML body"), metavar="HTML")] = None

    @property
    def has_parts(self) -> bool:
        """Whether an option gives a part of the template."""
        return (self.subject, self.text, self.html) != (None, None, None)

    def read(self, rt: Runtime) -> tuple[str, TemplateContent]:
        """Name and parts: from the file, from the options, or from the file with the options in place of its parts."""
        from sescli.handlebars.content import TemplateContent

        name = self.name
        if self.file is not None:
            found = read_template_file(rt, self.file)
            name, content = name or found.name, found.content
        else:
            self._require_all()
            content = TemplateContent(self.subject or "")
        if name is None:
            raise UsageError(f"{self.file} does not name its template", hint="add the argument NAME")
        return name, self.replace_parts(rt, content)

    def _require_all(self) -> None:
        missing = [
            part for part, value in (("NAME", self.name), ("--subject", self.subject)) if value is None
        ]
        if self.text is None and self.html is None:
            missing.append("--text or --html")
        if missing:
            raise UsageError(
                f"missing: {', '.join(missing)}",
                hint="add them, or read the template from a file: --file FILE",
            )

    def replace_parts(self, rt: Runtime, content: TemplateContent) -> TemplateContent:
        """The content with the parts that the options give."""
        return content.with_parts(
            subject=self.subject, text=_read_body(rt, self.text), html=_read_body(rt, self.html)
        )


def warn_of_doubts(rt: Runtime, content: TemplateContent) -> None:
    """Warn of what the template uses and SES does not document. Raises `TemplateSyntaxError`."""
    for doubt in content.doubts:
        rt.output.warn(doubt)


def read_template_file(rt: Runtime, file: str) -> TemplateFile:
    """A template from a file, a folder, or `-`. Raises `InputFileError`."""
    from sescli.cli.text_input import name_of, read_file
    from sescli.handlebars import files

    if file != "-" and Path(file).is_dir():
        return files.read_folder(Path(file))
    return files.parse_template(read_file(file, rt), name_of(file))


def _read_body(rt: Runtime, given: str | None) -> str | None:
    from sescli.cli.text_input import read_body

    return None if given is None else read_body(given, rt)
