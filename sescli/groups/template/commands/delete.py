"""`sescli template delete`: delete templates."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.batch import apply_each
from sescli.cli.decorator import command
from sescli.cli.name_completion import templates
from sescli.output.results import Done
from sescli.runtime import Runtime

app = typer.Typer()


@command(app, "delete", examples=["sescli template delete hello --yes"])
def delete(
    rt: Runtime,
    names: Annotated[
        list[str], typer.Argument(metavar="NAME…", help="Names of templates.", autocompletion=templates)
    ],
) -> Done:
    """Delete templates. A send or a batch file that uses a deleted template fails."""
    from sescli.groups.template.service import templates

    listed = ", ".join(names)
    rt.confirm(f"Delete {listed}?", consequence=f"Messages can no longer use {listed} in {rt.aws.region}")
    deleted, code = apply_each(rt, names, lambda name: templates.delete(rt.aws, name))
    message = f"Deleted in {rt.aws.region}: {', '.join(deleted) or 'nothing'}."
    return Done(message, [{"name": name} for name in deleted], exit_code=code)
