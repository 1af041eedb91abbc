"""The arguments and options that bulk commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sescli.cli.decorator import options


def run_names(incomplete: str) -> list[str]:
    """The names of runs that begin with this text, for shell completion; reads file names only."""
    from sescli.cli.name_completion import safe_names
    from sescli.settings import state_folder

    names = [path.name.removesuffix(".journal") for path in (state_folder() / "runs").glob("*.journal")]
    return sorted(safe_names(names, incomplete))


RunName = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="ID or name of a run. Default: the newest run on this endpoint.",
        autocompletion=run_names,
    ),
]
JournalPath = Annotated[
    Path | None,
    typer.Option(
        "--journal", metavar="PATH", help="Journal file to use instead of the folder of runs (for CI)."
    ),
]
AcceptChanges = Annotated[
    bool,
    typer.Option(
        "--accept-changes",
        help="Continue although the template or the batch file changed since the run started.",
    ),
]
Limit = Annotated[int | None, typer.Option(help="Maximum number of results.", metavar="N", min=1)]


@options
class BatchOptions:
    """A batch file, and what `bulk validate` and `bulk run` do with its recipients."""

    spec: Annotated[str, typer.Argument(metavar="BATCH_FILE", help="Batch file, or - for standard input.")]
    recipients: Annotated[
        Path | None,
        typer.Option(
            "--recipients",
            metavar="PATH",
            help="Recipients file to use instead of the one in the batch file.",
        ),
    ] = None
    journal: JournalPath = None
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Skip invalid rows and send to the others.")
    ] = False
    skip_suppressed: Annotated[
        bool, typer.Option("--skip-suppressed", help="Skip recipients on the suppression list.")
    ] = False
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Send even if a run of this name exists: recipients get a second message."
        ),
    ] = False
