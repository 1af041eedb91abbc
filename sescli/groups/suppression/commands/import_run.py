"""What `suppression import` does: read, ask, then one call an address or SES's import job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import NextCommand
from sescli.errors import ApiError, SescliError
from sescli.exits import ExitCode
from sescli.groups.suppression.commands.file_options import count_addresses, open_file, report_bad
from sescli.groups.suppression.commands.jobs import warn_of_failure
from sescli.output.results import Column, Done, Listing

if TYPE_CHECKING:
    from sescli.groups.suppression.service.bulk_import import ImportResult
    from sescli.groups.suppression.service.comparison import ComparisonTable, FileCount
    from sescli.groups.suppression.service.import_jobs import BucketLocation, ImportJob
    from sescli.runtime import Runtime

# So many addresses are put on the list unasked.
_UNASKED = 1000
# From so many calls on, the import job is the quicker way.
_WORTH_A_JOB = 10_000
_REFUSED = (Column("address", "email"), Column("refused", "why"))
# Without waiting at the end, a job is still awaited where SES takes no more at once.
_NO_WAIT = 3600.0


@dataclass(frozen=True)
class ImportRequest:
    """What is to be imported, checked. `wait` is in seconds; 0 is not at all."""

    file: str
    kind: str
    reason: str
    action: str
    bucket: BucketLocation | None
    skip_invalid: bool
    wait: float


def run_import(rt: Runtime, request: ImportRequest) -> Done:
    """Do the import, and say what came of it."""
    from sescli.groups.suppression.service import comparison, entries

    rt.aws.require_region()
    entries.check_allowed(rt.aws)
    with comparison.comparison_table() as sides:
        with open_file(rt, request.file, request.kind) as (lines, name):
            count = comparison.load(
                rt.aws, sides, lines, reason=request.reason, skip_bad=request.skip_invalid
            )
        report_bad(rt, sides, count, name, skip=request.skip_invalid)
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
    place = "on" if request.action == "put" else "off"
    return f"Nothing to do: {place} the list of {rt.aws.region} already: {count_addresses(count.addresses)} of {request.file}."


def _confirm(rt: Runtime, request: ImportRequest, todo: int) -> None:
    if request.bucket is None and todo > _WORTH_A_JOB:
        rt.output.warn(f"{todo:,} addresses are as many calls; SES's import job is quicker: --bucket s3://…")
    if request.action == "delete":
        rt.confirm(
            "Take them off the list?", consequence=f"SES would deliver to {count_addresses(todo)} again"
        )
    elif todo > _UNASKED:
        rt.confirm("Suppress them?", consequence=f"SES would deliver to {count_addresses(todo)} no more")


def _by_calls(
    rt: Runtime, request: ImportRequest, table: ComparisonTable, todo: int, figures: dict[str, Any]
) -> Done:
    from sescli.groups.suppression.service.bulk_import import SHOWN_IN_DRY_RUN, Importer
    from sescli.output.progress import progress

    doing = "suppressed" if request.action == "put" else "taken off"
    with progress(rt.output, doing, todo) as progressed:
        importer = Importer(rt.aws, request.action, progressed)
        try:
            result = importer.run(table.changes(request.action))
        except SescliError as error:
            error.message = f"{error.message} ({importer.result.done:,} of {todo:,} were done)"
            raise
    if rt.settings.dry_run and todo > SHOWN_IN_DRY_RUN:
        rt.output.warn(f"{todo:,} calls would be made; the first {SHOWN_IN_DRY_RUN:,} are shown")
    return _imported(rt, result, doing, figures)


def _imported(rt: Runtime, result: ImportResult, doing: str, figures: dict[str, Any]) -> Done:
    same = figures["addresses"] - figures["changes"]
    already = f" {same:,} needed no call." if same > 0 else ""
    refused = Listing(result.refused, _REFUSED, title=f"SES refused {len(result.refused):,}:")
    data = {
        **figures,
        "done": result.done,
        "refused": result.refused,
        "throttled": result.throttled,
    }
    return Done(
        f"{count_addresses(result.done)} {doing} in {rt.aws.region}.{already}",
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
        rt.aws, timeout=request.wait or _NO_WAIT, sleep=rt.world.sleep, clock=rt.world.clock
    )
    changes = table.changes(request.action)
    ids = []
    for job_id in import_jobs.start(rt.aws, bucket, request.action, changes, wait_for=waiter.wait_for):
        ids.append(job_id)
        rt.output.step(f"import job {job_id}")
    if rt.settings.dry_run or not request.wait:
        rt.output.note(
            f"the files in s3://{bucket.bucket}/{bucket.prefix} stay: delete them when SES is through"
        )
        data = {**figures, "jobs": [{"job_id": job_id, "status": "CREATED"} for job_id in ids]}
        return Done(
            f"SES works on {len(ids):,} import jobs in {rt.aws.region}: {', '.join(map(str, ids))}.",
            data,
            next=NextCommand("suppression", "jobs", *ids),
        )
    return _settled(rt, [waiter.wait_for(job_id) for job_id in ids], bucket, figures)


def _settled(rt: Runtime, ended: list[ImportJob], bucket: BucketLocation, figures: dict[str, Any]) -> Done:
    from sescli.groups.suppression.service import import_jobs

    lost = [job for job in ended if job.status != "COMPLETED"]
    for job in ended:
        warn_of_failure(rt, job)
    for url in import_jobs.delete_objects(rt.aws, ended):
        rt.output.warn(f"{url} could not be deleted, and holds other people's addresses")
    if lost:
        raise ApiError(
            f"{len(lost):,} of {len(ended):,} import jobs failed: {lost[0].error or lost[0].status}",
            hint=f"let SES read the bucket: {import_jobs.bucket_policy(rt.aws, bucket.bucket)}",
            code="ImportJobFailed",
        )
    processed, failed = sum(job.processed for job in ended), sum(job.failed for job in ended)
    told = (
        f"{processed:,} records processed, {failed:,} of them failed" if failed else f"{processed:,} records"
    )
    return Done(
        f"SES has imported {told} in {rt.aws.region}.",
        {**figures, "processed": processed, "failed": failed, "jobs": ended},
        exit_code=ExitCode.CHECK_FAILED if failed else ExitCode.OK,
        next=NextCommand("suppression", "list"),
    )
