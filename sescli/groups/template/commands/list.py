"""`sescli template list`: the templates of a region."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from sescli.advice import Advice, NextCommand
from sescli.cli.decorator import command
from sescli.output.results import Column, Listing
from sescli.runtime import Runtime

app = typer.Typer()

_COLUMNS = (Column("template", "name"), Column("created", "created_at", "time"))


@command(app, "list", examples=["sescli template list", "sescli template list -o json"])
def list_templates(
    rt: Runtime,
    limit: Annotated[
        int | None, typer.Option(help="Maximum number of templates.", metavar="N", min=1)
    ] = None,
) -> Listing:
    """List all templates in a region.

    Each region has its own templates. If one is missing here, try another region.
    """
    from sescli.groups.template.service import templates

    create = NextCommand("template", "create", "--file", "template.json")
    empty = Advice(f"No templates in {rt.aws.region}. To create one: ", create)
    return Listing(islice(templates.list_templates(rt.aws), limit), _COLUMNS, empty=empty)
