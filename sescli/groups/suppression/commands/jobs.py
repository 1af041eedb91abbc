"""`sescli suppression jobs`: the import jobs of SES."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.output.results import Column, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.suppression.service.import_jobs import ImportJob

# Its commands become those of `sescli suppression`: a Typer without a name is merged into its parent.
app = typer.Typer()

_JOB = (
    Column("job", "job_id"),
    Column("status", "status", "status"),
    Column("action", "action"),
    Column("processed", "processed", "number"),
    Column("failed", "failed", "number"),
    Column("created", "created_at", "time"),
)


@command(
    app,
    "jobs",
    examples=["sescli suppression jobs", "sescli suppression jobs -q '[0].status'"],
)
def jobs(
    rt: Runtime,
    job_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[JOB…]", help="These jobs, whole; else all of them in short."),
    ] = None,
) -> Listing:
    """Show the account's import jobs, as 'suppression import --bucket' makes them.

    Look here after --no-wait, or when you did not wait to the end. With a job's id also why it failed, and where
    SES has put the records that it did not take.
    """
    from sescli.groups.suppression.service import import_jobs

    if not job_ids:
        return Listing(import_jobs.jobs(rt.aws), _JOB, empty=f"No import jobs in {rt.aws.region}.")
    found = [import_jobs.get(rt.aws, job_id) for job_id in job_ids]
    for job in found:
        warn_of_failure(rt, job)
    return Listing(found, _JOB)


def warn_of_failure(rt: Runtime, job: ImportJob) -> None:
    """Say what SES says of a job that did not take everything."""
    if job.error:
        rt.output.warn(f"import job {job.job_id}: {job.error}")
    if job.failed:
        where = f"; SES lists them at {job.failed_records_url}" if job.failed_records_url else ""
        rt.output.warn(f"import job {job.job_id}: {job.failed:,} of {job.processed:,} records failed{where}")
