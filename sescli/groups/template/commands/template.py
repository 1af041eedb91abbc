"""`sescli template`: email templates that SES stores."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.batch import apply_each
from sescli.cli.decorator import command, group
from sescli.cli.name_completion import templates
from sescli.cli.params import Data, DataFile, template_data
from sescli.errors import UsageError
from sescli.output.results import Column, Document, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.template.service.templates import Template
    from sescli.handlebars.content import RenderedTemplate, TemplateContent
    from sescli.handlebars.files import TemplateFile

app = group("template", "Email templates.")

_ROW = (Column("template", "name"), Column("created", "created_at", "time"))

Name = Annotated[str, typer.Argument(metavar="NAME", help="A template.", autocompletion=templates)]
MaybeName = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="A template; may be left out with --file.", autocompletion=templates),
]
File = Annotated[
    str | None,
    typer.Option("--file", help="JSON or YAML, a template folder, or - for standard input.", metavar="FILE"),
]
_FROM = "{}: the text itself, @FILE, or - for standard input."
Subject = Annotated[
    str | None, typer.Option("--subject", help="Subject, with {{variables}}.", metavar="TEXT")
]
Text = Annotated[str | None, typer.Option("--text", help=_FROM.format("Text body"), metavar="TEXT")]
Html = Annotated[str | None, typer.Option("--html", help=_FROM.format("HTML body"), metavar="HTML")]


@command(app, "list", examples=["sescli template list", "sescli template list -o json"])
def list_templates(
    rt: Runtime,
    limit: Annotated[int | None, typer.Option(help="Stop after so many.", metavar="N", min=1)] = None,
) -> Listing:
    """List the templates of a region, all of them.

    Templates are per region: one that is missing may be in another.
    """
    from sescli.groups.template.service import templates

    empty = f"{rt.aws.region} has no template. Make one: sescli template create --file template.json"
    return Listing(islice(templates.templates(rt.aws), limit), _ROW, empty=empty)


@command(app, "show", examples=["sescli template show welcome", "sescli template show welcome -o json"])
def show(rt: Runtime, name: Name) -> Document:
    """Show one template: subject, text, HTML, and the variables that it reads.

    A variable like lines[].price is needed in every element of the list. -o json gives a file that
    template create and update take.
    """
    from sescli.groups.template.service import templates

    found = templates.get(rt.aws, name, warn=rt.output.warn)
    head = f"Template: {name} in {rt.aws.region}\nVariables: {', '.join(found.variables) or 'none'}\n"
    return Document(head + _shown(found.content), found)


@command(
    app,
    "create",
    examples=[
        "sescli template create --file examples/templates/order-confirmation.json",
        "sescli template create --file examples/templates/welcome",
        "sescli template create hello --subject 'Hello {{name}}' --text 'Dear {{name}}, welcome.'",
    ],
)
def create(
    rt: Runtime,
    name: MaybeName = None,
    file: File = None,
    subject: Subject = None,
    text: Text = None,
    html: Html = None,
) -> Done:
    """Store a new template.

    Templates keep a mail's words apart from the data of each recipient: send and bulk fill them in. They
    are Handlebars: {{name}}, {{order.total}}, {{#each lines}}…{{/each}}, {{#if vip}}…{{else}}…{{/if}}. SES
    does not escape HTML: escape what your users wrote.

    The template is read here first: unbalanced blocks and helpers that SES lacks are told with line and column.
    """
    from sescli.groups.template.service import templates

    wanted, content = _given(rt, name, file, subject, text, html)
    made = templates.create(rt.aws, wanted, content)
    return _written(rt, made, "Created", file)


@command(
    app,
    "update",
    examples=[
        "sescli template update --file examples/templates/order-confirmation.json",
        "sescli template update hello --subject 'Good morning {{name}}'",
    ],
)
def update(
    rt: Runtime,
    name: MaybeName = None,
    file: File = None,
    subject: Subject = None,
    text: Text = None,
    html: Html = None,
) -> Done:
    """Change a stored template.

    --file replaces it whole. With --subject, --text or --html alone the other parts stay as they are. Mail
    that is sent from now on is made from the new one.
    """
    from sescli.groups.template.service import templates

    if file is None and name is not None and (subject, text, html) != (None, None, None):
        old = templates.content_of(rt.aws, name)
        content = old.with_parts(subject=subject, text=_body(rt, text), html=_body(rt, html))
    else:
        name, content = _given(rt, name, file, subject, text, html)
    made = templates.update(rt.aws, name, content)
    return _written(rt, made, "Updated", file)


@command(app, "delete", examples=["sescli template delete hello --yes"])
def delete(
    rt: Runtime,
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Templates.", autocompletion=templates)],
) -> Done:
    """Delete templates. A send or a batch file that names one fails from then on."""
    from sescli.groups.template.service import templates

    listed = ", ".join(names)
    rt.confirm(f"Delete {listed}?", consequence=f"No more mail from {listed} in {rt.aws.region}")
    deleted, code = apply_each(rt, names, lambda name: templates.delete(rt.aws, name))
    message = f"Deleted in {rt.aws.region}: {', '.join(deleted) or 'nothing'}."
    return Done(message, [{"name": name} for name in deleted], exit_code=code)


@command(
    app,
    "render",
    examples=[
        "sescli template render hello --data name=Jane",
        "sescli template render --file examples/templates/welcome --offline --data-file examples/templates/welcome/data.json",
    ],
)
def render(
    rt: Runtime,
    name: MaybeName = None,
    data: Data = None,
    data_file: DataFile = None,
    offline: Annotated[bool, typer.Option("--offline", help="Render here, not at SES.")] = False,
    file: File = None,
) -> Document:
    """Show what a template makes of some data.

    Do it before the first send: a variable that is missing is an error here, while SES accepts a mail that
    lacks one and never delivers it.

    --data sets one variable to a text, and --data order.id=5 the id of the object order. Lists, and objects as
    a whole, come in --data-file.

    SES itself renders, which is the truth. --offline renders here, as often and as fast as you like; with
    --file a template that SES does not have yet, without an account.
    """
    values = template_data(rt, data, data_file)
    rendered = _rendered(rt, name, file, values, offline=offline)
    return Document(_shown(rendered), rendered)


def _rendered(
    rt: Runtime, name: str | None, file: str | None, values: dict[str, object], *, offline: bool
) -> RenderedTemplate:
    from sescli.groups.template.service import templates

    if file is not None:
        if name is not None or not offline:
            raise UsageError("--file is rendered here", hint="add --offline, and leave NAME out")
        return _read(rt, file).content.render(values)
    if name is None:
        raise UsageError("missing: NAME", hint="or render a file: --offline --file FILE")
    if offline:
        return templates.content_of(rt.aws, name).render(values)
    return templates.render(rt.aws, name, values)


def _shown(rendered: RenderedTemplate | TemplateContent) -> str:
    parts = (("Subject", rendered.subject), ("Text", rendered.text), ("HTML", rendered.html))
    blocks = [
        f"{title}: {part}" if title == "Subject" else f"--- {title}\n{part}" for title, part in parts if part
    ]
    return "\n\n".join(blocks)


def _given(
    rt: Runtime, name: str | None, file: str | None, subject: str | None, text: str | None, html: str | None
) -> tuple[str, TemplateContent]:
    """Name and parts: of the file, of the options, or of the file with the options over it."""
    from sescli.handlebars.content import TemplateContent

    if file is not None:
        read = _read(rt, file)
        name, content = name or read.name, read.content
    else:
        missing = [part for part, value in (("NAME", name), ("--subject", subject)) if value is None]
        missing += [] if text is not None or html is not None else ["--text or --html"]
        if missing:
            raise UsageError(f"missing: {', '.join(missing)}", hint="or give all of it with --file")
        content = TemplateContent(subject or "")
    if name is None:
        raise UsageError(f"{file} does not name its template", hint="give NAME")
    return name, content.with_parts(subject=subject, text=_body(rt, text), html=_body(rt, html))


def _read(rt: Runtime, file: str) -> TemplateFile:
    from sescli.cli.text_input import name_of, read_file
    from sescli.handlebars import files

    if file != "-" and Path(file).is_dir():
        return files.read_folder(Path(file))
    return files.parse_template(read_file(file, rt), name_of(file))


def _body(rt: Runtime, given: str | None) -> str | None:
    from sescli.cli.text_input import read_body

    return None if given is None else read_body(given, rt)


def _written(rt: Runtime, made: Template, what: str, file: str | None) -> Done:
    message = f"{what} the template {made.name} in {rt.aws.region}."
    return Done(message, made, next=_trial(made.name, made.variables, file))


def _trial(name: str, variables: Sequence[str], file: str | None) -> str:
    """A command that renders it. A list needs a file of data: that of the template's folder, if it has one."""
    import shlex

    sample = None if file in {None, "-"} else Path(str(file)) / "data.json"
    if sample is not None and sample.is_file():
        return f"sescli template render {name} --data-file {shlex.quote(str(sample))}"
    if any("[" in variable for variable in variables):
        return f"sescli template show {name} lists the variables that its data must have"
    return f"sescli template render {name}" + "".join(f" --data {each}=…" for each in variables)
