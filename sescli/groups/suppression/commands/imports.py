"""What `suppression import` does: read, ask, then one call an address or SES's import job."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sescli.errors import ApiError, InputFileError, Place, SescliError
from sescli.exits import ExitCode
from sescli.output.results import Column, Done, Listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sescli.groups.suppression.service.bulk_import import Outcome
    from sescli.groups.suppression.service.files import Parsed
    from sescli.groups.suppression.service.import_jobs import ImportJob
    from sescli.groups.suppression.service.import_jobs import Place as Bucket
    from sescli.groups.suppression.service.table import FileCount, Table
    from sescli.runtime import Runtime

# So many addresses are put on the list unasked.
_UNASKED = 1000
# From so many calls on, the import job is the quicker way.
_WORTH_A_JOB = 10_000
_REFUSED = (Column("address", "email"), Column("refused", "why"))


@dataclass(frozen=True)
class Wish:
    """What is to be imported, checked. `wait` is in seconds; 0 is not at all."""

    file: str
    kind: str
    reason: str
    action: str
    bucket: Bucket | None
    skip_invalid: bool
    wait: float

    @classmethod
    def of(
        cls,
        file: str,
        kind: str | None,
        reason: str,
        action: str,
        bucket: str | None,
        *,
        skip_invalid: bool,
        wait: float,
    ) -> Wish:
        """From the options. Raises `UsageError`."""
        from sescli.groups.suppression.service import bulk_import, entries
        from sescli.groups.suppression.service.files import format_of
        from sescli.groups.suppression.service.import_jobs import parse_place

        return cls(
            file,
            format_of(None if file == "-" else Path(file), kind),
            entries.parse_reason(reason),
            bulk_import.parse_action(action),
            parse_place(bucket) if bucket else None,
            skip_invalid,
            wait,
        )


@contextmanager
def opened_file(rt: Runtime, file: str, kind: str | None) -> Iterator[tuple[Iterable[Parsed], str]]:
    """The entries of a file, or of standard input for `-`, and its name for messages."""
    from sescli.groups.suppression.service import files

    path = None if file == "-" else Path(file)
    kind = files.format_of(path, kind)
    with files.opened(path, getattr(rt.world.stdin, "buffer", None)) as (stream, name):
        yield files.read(stream, name, kind), name


def report_bad(rt: Runtime, table: Table, count: FileCount, name: str, *, skip: bool) -> None:
    """Tell each bad line. Raises `InputFileError` unless they may be skipped, or nothing else is there."""
    for bad in table.bad():
        rt.output.warn(f"{Place(name, bad.line)}: {bad.why}")
    if count.bad and not skip:
        bad_lines = "a bad line" if count.bad == 1 else f"{count.bad:,} bad lines"
        raise InputFileError(
            f"{bad_lines} beside {addresses(count.addresses)}; nothing was done",
            place=Place(name),
            hint="mend them, or for an import leave them out with --skip-invalid",
            code="BadLines",
        )
    if not count.addresses:
        raise InputFileError("holds no address", place=Place(name))


def addresses(count: int) -> str:
    """`1 address`, `2 addresses`."""
    return "1 address" if count == 1 else f"{count:,} addresses"


def run_import(rt: Runtime, wish: Wish) -> Done:
    """Do the import, and say what came of it."""
    from sescli.groups.suppression.service import bulk_import, entries
    from sescli.groups.suppression.service.table import table

    rt.aws.require_region()
    entries.check_allowed(rt.aws)
    with table() as sides:
        with opened_file(rt, wish.file, wish.kind) as (lines, name):
            count = bulk_import.load(rt.aws, sides, lines, wish.reason, skip_bad=wish.skip_invalid)
        report_bad(rt, sides, count, name, skip=wish.skip_invalid)
        todo = sides.count_changes(wish.action)
        figures = {
            "file": wish.file,
            "action": wish.action,
            "addresses": count.addresses,
            "duplicates": count.duplicates,
            "invalid": count.bad,
            "changes": todo,
        }
        if not todo:
            return Done(_nothing_to_do(rt, wish, count), {**figures, "done": 0})
        _agree(rt, wish, todo)
        if wish.bucket is not None:
            return _by_job(rt, wish, wish.bucket, sides, figures)
        return _by_calls(rt, wish, sides, todo, figures)


def _nothing_to_do(rt: Runtime, wish: Wish, count: FileCount) -> str:
    place = "on" if wish.action == "put" else "off"
    return f"Nothing to do: {place} the list of {rt.aws.region} already: {addresses(count.addresses)} of {wish.file}."


def _agree(rt: Runtime, wish: Wish, todo: int) -> None:
    if wish.bucket is None and todo > _WORTH_A_JOB:
        rt.output.warn(f"{todo:,} addresses are as many calls; SES's import job is quicker: --bucket s3://…")
    if wish.action == "delete":
        rt.confirm("Take them off the list?", consequence=f"SES would deliver to {addresses(todo)} again")
    elif todo > _UNASKED:
        rt.confirm("Suppress them?", consequence=f"SES would deliver to {addresses(todo)} no more")


def _by_calls(rt: Runtime, wish: Wish, table: Table, todo: int, figures: dict[str, Any]) -> Done:
    from sescli.groups.suppression.service.bulk_import import PLANNED, Importer
    from sescli.output.progress import progress

    doing = "suppressed" if wish.action == "put" else "taken off"
    with progress(rt.output, doing, todo) as progressed:
        importer = Importer(rt.aws, wish.action, progressed)
        try:
            outcome = importer.run(table.changes(wish.action))
        except SescliError as error:
            error.message = f"{error.message} ({importer.outcome.done:,} of {todo:,} were done)"
            raise
    if rt.settings.dry_run and todo > PLANNED:
        rt.output.warn(f"{todo:,} calls would be made; the first {PLANNED:,} are shown")
    return _told(rt, outcome, doing, figures)


def _told(rt: Runtime, outcome: Outcome, doing: str, figures: dict[str, Any]) -> Done:
    same = figures["addresses"] - figures["changes"]
    already = f" {same:,} needed no call." if same > 0 else ""
    refused = Listing(outcome.refused, _REFUSED, title=f"SES refused {len(outcome.refused):,}:")
    data = {
        **figures,
        "done": outcome.done,
        "refused": outcome.refused,
        "throttled": outcome.throttled,
    }
    return Done(
        f"{addresses(outcome.done)} {doing} in {rt.aws.region}.{already}",
        data,
        [refused] if outcome.refused else [],
        next="sescli suppression list",
        exit_code=ExitCode.CHECK_FAILED if outcome.refused else ExitCode.OK,
    )


def _by_job(rt: Runtime, wish: Wish, bucket: Bucket, table: Table, figures: dict[str, Any]) -> Done:
    from sescli.groups.suppression.service import import_jobs

    watch = import_jobs.Watch(
        rt.aws, timeout=wish.wait or _NO_WAIT, sleep=rt.world.sleep, clock=rt.world.clock
    )
    changes = table.changes(wish.action)
    ids = []
    for job_id in import_jobs.start(rt.aws, bucket, wish.action, changes, settle=watch.settle):
        ids.append(job_id)
        rt.output.step(f"import job {job_id}")
    if rt.settings.dry_run or not wish.wait:
        rt.output.note(
            f"the files in s3://{bucket.bucket}/{bucket.prefix} stay: delete them when SES is through"
        )
        data = {**figures, "jobs": [{"job_id": job_id, "status": "CREATED"} for job_id in ids]}
        return Done(
            f"SES works on {len(ids):,} import jobs in {rt.aws.region}: {', '.join(map(str, ids))}.",
            data,
            next=f"sescli suppression jobs {' '.join(map(str, ids))}",
        )
    return _settled(rt, [watch.settle(job_id) for job_id in ids], bucket, figures)


# Without waiting at the end, a job is still awaited where SES takes no more at once.
_NO_WAIT = 3600.0


def _settled(rt: Runtime, ended: list[ImportJob], bucket: Bucket, figures: dict[str, Any]) -> Done:
    from sescli.groups.suppression.service import import_jobs

    lost = [job for job in ended if job.status != "COMPLETED"]
    for job in ended:
        tell_failure(rt, job)
    for url in import_jobs.clear_up(rt.aws, ended):
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
        next="sescli suppression list",
    )


def tell_failure(rt: Runtime, job: ImportJob) -> None:
    """Say what SES says of a job that did not take everything."""
    if job.error:
        rt.output.warn(f"import job {job.job_id}: {job.error}")
    if job.failed:
        where = f"; SES lists them at {job.failed_records_url}" if job.failed_records_url else ""
        rt.output.warn(f"import job {job.job_id}: {job.failed:,} of {job.processed:,} records failed{where}")
