"""`sescli suppression import`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, options
from sescli.cli.params import parse_duration
from sescli.groups.suppression.commands.file_options import File, Format
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.suppression.commands.import_run import ImportRequest

# Its commands become those of `sescli suppression`: a Typer without a name is merged into its parent.
app = typer.Typer()


@options
class ImportOptions:
    """What `suppression import` reads and how it changes the list."""

    file: File
    kind: Format = None
    reason: Annotated[
        str,
        typer.Option(metavar="REASON", help="Reason for lines that give none: bounce or complaint."),
    ] = "bounce"
    action: Annotated[
        str,
        typer.Option(
            metavar="ACTION", help="put adds the addresses to the list. delete removes them from it."
        ),
    ] = "put"
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Skip invalid lines and import the others.")
    ] = False
    bucket: Annotated[
        str | None,
        typer.Option(
            metavar="s3://BUCKET/PREFIX", help="Use an SES import job that reads from this S3 bucket."
        ),
    ] = None
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="With --bucket: do not wait for the import job.")
    ] = False
    timeout: Annotated[
        str, typer.Option(metavar="TIME", help="With --bucket: longest time to wait for the import job.")
    ] = "1h"

    def request(self) -> ImportRequest:
        """The options, checked. Raises `UsageError`."""
        from sescli.groups.suppression.commands.import_run import ImportRequest
        from sescli.groups.suppression.service import bulk_import, entries
        from sescli.groups.suppression.service.files import format_of
        from sescli.groups.suppression.service.import_jobs import parse_bucket

        longest = parse_duration(self.timeout, "--timeout").total_seconds()
        return ImportRequest(
            file=self.file,
            kind=format_of(None if self.file == "-" else Path(self.file), self.kind),
            reason=entries.parse_reason(self.reason),
            action=bulk_import.parse_action(self.action),
            bucket=parse_bucket(self.bucket) if self.bucket else None,
            skip_invalid=self.skip_invalid,
            wait=0 if self.no_wait else longest,
        )


@command(
    app,
    "import",
    examples=[
        "sescli suppression import examples/suppression/suppressed.csv",
        "sescli suppression import examples/suppression/unsubscribed.txt --reason complaint",
        "sescli suppression import examples/suppression/suppressed.jsonl --action delete --yes",
        "sescli suppression import examples/suppression/suppressed.csv --bucket s3://my-email-bucket/suppression",
    ],
)
def import_file(rt: Runtime, options: ImportOptions) -> Done:
    """Put the addresses of a file on the list, or take them off, as when you come from another provider.

    The file has a line an address: CSV (address,REASON, or with a header that names email and reason), JSON
    lines, or just addresses; gzip too. Bad lines are told, all of them, and nothing is imported then. An address
    that stands there twice, in whatever case, counts once. What the list has already costs no call, so an import
    that was cut short is simply run again. More than 1,000 new addresses, and every deletion, are asked about first.

    Without --bucket each address is one call. For many give a bucket: SES's import job takes 100,000 addresses
    an object (10,000 to delete). SES must be allowed to read the bucket: its policy wants s3:GetObject for
    ses.amazonaws.com. The objects are deleted when SES is through with them. In the sandbox SES lets nobody change
    the list.
    """
    from sescli.groups.suppression.commands.import_run import run_import

    return run_import(rt, options.request())
