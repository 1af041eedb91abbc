"""`sescli bulk init`: write a batch file to start with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, options
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.bulk.batch.starter import Starter

app = typer.Typer()


@options
class InitOptions:
    """What the new batch file contains."""

    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="File to write.")] = Path("batch.yaml")
    name: Annotated[str | None, typer.Option(help="Name of the run.", metavar="NAME")] = None
    sender: Annotated[str | None, typer.Option("--from", help="Sender.", metavar="ADDRESS")] = None
    template: Annotated[str | None, typer.Option(help="Template stored in SES.", metavar="NAME")] = None
    recipients: Annotated[
        str | None, typer.Option(help="Recipients file, relative to the batch file.", metavar="FILE")
    ] = None
    to: Annotated[
        str | None, typer.Option(help="Column of the recipients file with the address.", metavar="COLUMN")
    ] = None
    schema: Annotated[
        bool, typer.Option("--schema", help="Also write the JSON Schema next to it, for editors.")
    ] = False

    def starter(self) -> Starter:
        """The batch file so far. Raises `UsageError` for a name or an address that is not valid."""
        from sescli.groups.bulk.service import init as bulk_init

        names = ("name", "sender", "template", "recipients", "to")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        return bulk_init.build_starter(self.path, given)


@command(
    app,
    "init",
    examples=["sescli bulk init", "sescli bulk init news.yaml --name news --from news@example.com"],
)
def init(rt: Runtime, options: InitOptions) -> Done:
    """Write a starter batch file with comments.

    On a terminal, the command asks for the main settings; options answer these questions in advance. The new file is
    valid. 'bulk validate' then reports what is missing in SES.
    """
    from sescli.groups.bulk.service import init as bulk_init

    starter, path = _ask(rt, options.starter()), options.path
    if planned := rt.dry_run_result(f"write {path}"):
        return planned

    def may_replace(file: Path) -> None:
        if file == path:  # the schema is the same for everyone, and a new release brings a new one
            rt.confirm("Overwrite it?", consequence=f"{file} already exists")

    written = bulk_init.write(path, starter, schema_too=options.schema, may_replace=may_replace)
    return Done(
        f"Created {', '.join(map(str, written))}.",
        {"path": str(path), "name": starter.name},
        next=NextCommand("bulk", "validate", str(path)),
    )


def _ask(rt: Runtime, starter: Starter) -> Starter:
    """Ask for the settings, and show the command that does the same."""
    if not rt.asks or rt.settings.yes:
        return starter
    from sescli.groups.bulk import wizard

    answered = wizard.ask(rt.prompter, starter)
    rt.output.same(answered.command())
    return answered
