"""`sescli suppression jobs`: import jobs for the suppression list."""

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
        typer.Argument(
            metavar="[JOB…]", help="IDs of import jobs to show in detail. Default: list all jobs."
        ),
    ] = None,
) -> Listing:
    """Show the import jobs that 'suppression import --bucket' starts.

    Use it after --no-wait or an interrupted wait. With a job ID, it also shows why the job failed, and where SES
    lists the records that it rejected.
    """
    from sescli.groups.suppression.service import import_jobs

    if not job_ids:
        return Listing(import_jobs.jobs(rt.aws), _JOB, empty=f"No import jobs in {rt.aws.region}.")
    found = [import_jobs.get(rt.aws, job_id) for job_id in job_ids]
    for job in found:
        warn_of_failure(rt, job)
    return Listing(found, _JOB)


def warn_of_failure(rt: Runtime, job: ImportJob) -> None:
    """Warn of the errors that SES reports for a job."""
    if job.error:
        rt.output.warn(f"import job {job.job_id}: {job.error}")
    if job.failed:
        where = f"; SES lists them at {job.failed_records_url}" if job.failed_records_url else ""
        rt.output.warn(f"import job {job.job_id}: {job.failed:,} of {job.processed:,} records failed{where}")
