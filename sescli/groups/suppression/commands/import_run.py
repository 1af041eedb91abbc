"""What `suppression import` does: read the file, confirm, then make one call per address or start import jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import NextCommand
from sescli.errors import ApiError, SescliError
from sescli.exits import ExitCode
from sescli.groups.suppression.commands.file_options import count_addresses, open_file, report_invalid_lines
from sescli.groups.suppression.commands.jobs import warn_of_failure
from sescli.output.results import Column, Done, Listing
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from sescli.groups.suppression.service.bulk_import import ImportResult
    from sescli.groups.suppression.service.comparison import ComparisonTable, FileCount
    from sescli.groups.suppression.service.import_jobs import BucketLocation, ImportJob
    from sescli.runtime import Runtime

# Adding more addresses needs a confirmation.
_MOST_UNCONFIRMED = 1000
# With more calls, an import job is faster.
_WORTH_A_JOB = 10_000
_REFUSED = (Column("address", "email"), Column("reason", "why"))
# Seconds. With --no-wait, sescli still waits for a job when SES accepts no more jobs at once.
_SLOT_TIMEOUT = 3600.0


@dataclass(frozen=True)
class ImportRequest:
    """A checked import. `wait` is in seconds; 0 means no waiting."""

    file: str
    kind: str
    reason: str
    action: str
    bucket: BucketLocation | None
    skip_invalid: bool
    wait: float


def run_import(rt: Runtime, request: ImportRequest) -> Done:
    """Run the import and return its result."""
    from sescli.groups.suppression.service import comparison, entries

    rt.aws.require_region()
    entries.check_allowed(rt.aws)
    with comparison.comparison_table() as sides:
        with open_file(rt, request.file, request.kind) as (lines, name):
            count = comparison.load(
                rt.aws, sides, lines, reason=request.reason, skip_bad=request.skip_invalid
            )
        report_invalid_lines(rt, sides, count, name, skip=request.skip_invalid)
        todo = sides.count_changes(request.action)
        figures = {
            "file": request.file,
            "action": request.action,
            "addresses": count.addresses,
            "duplicates": count.duplicates,
            "invalid": count.bad,
            "changes": todo,
        }
        if not todo:
            return Done(_nothing_to_do(rt, request, count), {**figures, "done": 0})
        _confirm(rt, request, todo)
        if request.bucket is not None:
            return _by_job(rt, request, request.bucket, sides, figures)
        return _by_calls(rt, request, sides, todo, figures)


def _nothing_to_do(rt: Runtime, request: ImportRequest, count: FileCount) -> str:
    state = "already on" if request.action == "put" else "not on"
    return (
        f"Nothing to do: all addresses of {request.file} ({count.addresses:,}) are {state} the suppression list "
        f"of {rt.aws.region}."
    )


def _confirm(rt: Runtime, request: ImportRequest, todo: int) -> None:
    if request.bucket is None and todo > _WORTH_A_JOB:
        rt.output.warn(f"{todo:,} addresses need as many calls; an import job is faster: --bucket s3://…")
    if request.action == "delete":
        rt.confirm(
            "Remove them from the suppression list?",
            consequence=f"SES in {rt.aws.region} will deliver to {count_addresses(todo)} again",
        )
    elif todo > _MOST_UNCONFIRMED:
        rt.confirm(
            "Add them to the suppression list?",
            consequence=f"SES in {rt.aws.region} will no longer deliver to {count_addresses(todo)}",
        )


def _by_calls(
    rt: Runtime, request: ImportRequest, table: ComparisonTable, todo: int, figures: dict[str, Any]
) -> Done:
    from sescli.groups.suppression.service.bulk_import import SHOWN_IN_DRY_RUN, Importer
    from sescli.output.progress import progress

    doing = "added" if request.action == "put" else "removed"
    with progress(rt.output, doing, todo) as progressed:
        importer = Importer(rt.aws, request.action, progressed)
        try:
            result = importer.run(table.changes(request.action))
        except SescliError as error:
            error.message = f"{error.message} ({importer.result.done:,} of {todo:,} were done)"
            raise
    if rt.settings.dry_run and todo > SHOWN_IN_DRY_RUN:
        rt.output.warn(f"the import needs {todo:,} calls; this shows the first {SHOWN_IN_DRY_RUN:,}")
    return _imported(rt, result, doing, figures)


def _imported(rt: Runtime, result: ImportResult, doing: str, figures: dict[str, Any]) -> Done:
    same = figures["addresses"] - figures["changes"]
    already = f" {same:,} needed no change." if same > 0 else ""
    refused = Listing(result.refused, _REFUSED, title=f"SES rejected {count_addresses(len(result.refused))}:")
    data = {
        **figures,
        "done": result.done,
        "refused": result.refused,
        "throttled": result.throttled,
    }
    return Done(
        f"{doing.capitalize()} {count_addresses(result.done)} ({rt.aws.region}).{already}",
        data,
        [refused] if result.refused else [],
        next=NextCommand("suppression", "list"),
        exit_code=ExitCode.CHECK_FAILED if result.refused else ExitCode.OK,
    )


def _by_job(
    rt: Runtime,
    request: ImportRequest,
    bucket: BucketLocation,
    table: ComparisonTable,
    figures: dict[str, Any],
) -> Done:
    from sescli.groups.suppression.service import import_jobs

    waiter = import_jobs.JobWaiter(
        rt.aws, timeout=request.wait or _SLOT_TIMEOUT, sleep=rt.world.sleep, clock=rt.world.clock
    )
    changes = table.changes(request.action)
    ids = []
    for job_id in import_jobs.start(rt.aws, bucket, request.action, changes, wait_for=waiter.wait_for):
        ids.append(job_id)
        rt.output.step(f"import job {job_id}")
    if rt.settings.dry_run or not request.wait:
        rt.output.note(
            f"sescli does not delete the files in s3://{bucket.bucket}/{bucket.prefix}: delete them when SES is done"
        )
        data = {**figures, "jobs": [{"job_id": job_id, "status": "CREATED"} for job_id in ids]}
        return Done(
            f"Started {counted(len(ids), 'import job')} in {rt.aws.region}: {', '.join(ids)}.",
            data,
            next=NextCommand("suppression", "jobs", *ids),
        )
    return _finished_jobs(rt, [waiter.wait_for(job_id) for job_id in ids], bucket, figures)


def _finished_jobs(
    rt: Runtime, ended: list[ImportJob], bucket: BucketLocation, figures: dict[str, Any]
) -> Done:
    from sescli.groups.suppression.service import import_jobs

    failures = [job for job in ended if job.status != "COMPLETED"]
    for job in ended:
        warn_of_failure(rt, job)
    for url in import_jobs.delete_objects(rt.aws, ended):
        rt.output.warn(f"cannot delete {url}, which contains personal data: delete it yourself")
    if failures:
        raise ApiError(
            f"{len(failures):,} of {counted(len(ended), 'import job')} failed: {failures[0].error or failures[0].status}",
            hint=f"allow SES to read the bucket: {import_jobs.bucket_policy(rt.aws, bucket.bucket)}",
            code="ImportJobFailed",
        )
    processed, failed = sum(job.processed for job in ended), sum(job.failed for job in ended)
    summary = f"Imported {counted(processed - failed, 'record')} ({rt.aws.region})"
    return Done(
        f"{summary}; {failed:,} failed." if failed else f"{summary}.",
        {**figures, "processed": processed, "failed": failed, "jobs": ended},
        exit_code=ExitCode.CHECK_FAILED if failed else ExitCode.OK,
        next=NextCommand("suppression", "list"),
    )
