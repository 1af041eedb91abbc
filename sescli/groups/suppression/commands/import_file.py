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
        typer.Option(metavar="REASON", help="Reason for lines that have none: bounce or complaint."),
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
    """Import addresses from a file: add them to the suppression list, or remove them from it.

    The file has one address per line: CSV (address,REASON, or with a header that names email and reason),
    JSON Lines, or addresses only; gzip works too. If lines are not valid, sescli reports all of them and
    imports nothing. It imports a repeated address once, and ignores upper and lower case. Addresses that are
    on the list already need no call, so you can run an interrupted import again. sescli asks before it adds
    more than 1,000 or removes any addresses.

    Without --bucket, each address needs one call. For many addresses, use a bucket: an SES import job accepts
    100,000 addresses per object (10,000 to remove). The bucket policy must allow s3:GetObject for
    ses.amazonaws.com. sescli deletes the objects when SES is done. You cannot change the list in the sandbox.
    """
    from sescli.groups.suppression.commands.import_run import run_import

    return run_import(rt, options.request())
