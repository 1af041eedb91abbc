"""SES import jobs: SES imports addresses from S3 into the suppression list."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.aws.arn import partition_of
from sescli.aws.caller import account
from sescli.errors import (
    ApiError,
    CheckFailedError,
    InterruptedRunError,
    NotFoundError,
    SescliError,
    UsageError,
)
from sescli.groups.suppression.service.files import csv_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.groups.suppression.service.comparison import EntryChange

# Addresses per object (docs/ses-behavior.md#import-jobs).
LARGEST = {"put": 100_000, "delete": 10_000}
_ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED"})
# SES limits the jobs at once, without documenting the limit. Then sescli waits for a job before the next one.
_TOO_MANY = "LimitExceededException"
_BUCKET_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
_SHORTEST, _LONGEST = 1.0, 15.0
_PAGE = 1000


@dataclass(frozen=True)
class ImportJob:
    """An import job. `action` is `put` or `delete`; `status` is from SES, COMPLETED at the end.

    `failed_records_url` is where SES lists rejected records, which are personal data.
    """

    job_id: str
    status: str
    action: str | None
    source: str | None
    processed: int
    failed: int
    failed_records_url: str | None
    error: str | None
    created_at: datetime | None
    completed_at: datetime | None

    @property
    def has_ended(self) -> bool:
        """Whether SES is done with the job."""
        return self.status in _ENDED


@dataclass(frozen=True)
class BucketLocation:
    """Where the files go in S3; `prefix` is empty or ends with a slash."""

    bucket: str
    prefix: str


def parse_bucket(text: str) -> BucketLocation:
    """`s3://BUCKET` or `s3://BUCKET/PREFIX`. Raises `UsageError`."""
    found = _BUCKET_URL.fullmatch(text if text.startswith("s3://") else f"s3://{text}")
    if found is None:
        raise UsageError(
            f"{text!r} is not valid for --bucket", hint="write it as s3://BUCKET or s3://BUCKET/PREFIX"
        )
    prefix = (found[2] or "").strip("/")
    return BucketLocation(found[1], f"{prefix}/" if prefix else "")


def start(
    aws: Gateway,
    location: BucketLocation,
    action: str,
    changes: Iterator[EntryChange],
    *,
    wait_for: Callable[[str], ImportJob],
) -> Iterator[str]:
    """Upload the changes and create a job for each object (S3 PutObject, CreateImportJob). Yields job IDs.

    `wait_for` waits for a job; it is called when SES accepts no more jobs at once.
    """
    stem = f"{location.prefix}sescli-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}-{action}"
    part = 0
    made: list[str] = []
    while chunk := list(islice(changes, LARGEST[action])):
        part += 1
        url = f"s3://{location.bucket}/{stem}-{part:04}.csv"
        _upload_object(aws, url, chunk)
        try:
            job = _create(aws, url, action, made, wait_for)
        except (SescliError, KeyboardInterrupt):
            _delete_object(aws, url)
            raise
        made.append(job)
        yield job


def _upload_object(aws: Gateway, url: str, chunk: Sequence[EntryChange]) -> None:
    body = "".join(csv_line(one.address, one.reason) for one in chunk).encode()
    try:
        aws.write("s3", "PutObject", **_named(url), Body=body, ContentType="text/csv")
    except NotFoundError as error:
        error.hint = f"create the bucket: aws s3 mb s3://{_named(url)['Bucket']} --region {aws.region}"
        raise


def _delete_object(aws: Gateway, url: str) -> bool:
    """Delete an uploaded object. False if that fails."""
    try:
        aws.write("s3", "DeleteObject", **_named(url))
    except SescliError:
        return False
    return True


def _named(url: str) -> dict[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def _create(
    aws: Gateway, url: str, action: str, earlier: Sequence[str], wait_for: Callable[[str], ImportJob]
) -> str:
    wanted: dict[str, Any] = {
        "ImportDestination": {"SuppressionListDestination": {"SuppressionListImportAction": action.upper()}},
        "ImportDataSource": {"S3Url": url, "DataFormat": "CSV"},
    }
    for job in earlier:
        try:
            return str(aws.write("sesv2", "CreateImportJob", **wanted)["JobId"])
        except ApiError as error:
            if error.code != _TOO_MANY:
                raise
            wait_for(job)
    return str(aws.write("sesv2", "CreateImportJob", **wanted)["JobId"])


class JobWaiter:
    """Waits for jobs. `sleep` and `clock` are in seconds; `timeout` is for all jobs together."""

    def __init__(
        self, aws: Gateway, *, timeout: float, sleep: Callable[[float], None], clock: Callable[[], float]
    ) -> None:
        self._aws = aws
        self._sleep = sleep
        self._clock = clock
        self._deadline = clock() + timeout

    def wait_for(self, job_id: str) -> ImportJob:
        """Wait until a job has ended, and return it (GetImportJob).

        Raises `CheckFailedError` at the timeout, and `InterruptedRunError` after Ctrl-C; the job continues.
        """
        pause = _SHORTEST
        while True:
            found = get(self._aws, job_id)
            if found.has_ended:
                return found
            if self._clock() + pause > self._deadline:
                raise CheckFailedError(
                    f"import job {job_id} is still {found.status} after the timeout ({found.processed:,} records so far)",
                    hint=Advice(
                        "SES continues the job. To check it: ",
                        NextCommand("suppression", "jobs", job_id),
                    ),
                    code="Timeout",
                )
            try:
                self._sleep(pause)
            except KeyboardInterrupt:
                raise InterruptedRunError(
                    f"interrupted: SES continues the import job {job_id}",
                    hint=Advice("to check it: ", NextCommand("suppression", "jobs", job_id)),
                ) from None
            pause = min(_LONGEST, pause * 1.5)


def get(aws: Gateway, job_id: str) -> ImportJob:
    """One job (GetImportJob). Raises `NotFoundError`."""
    try:
        found = aws.read("sesv2", "GetImportJob", JobId=job_id)
    except NotFoundError as error:
        error.hint = Advice("to list the jobs of this region: ", NextCommand("suppression", "jobs"))
        raise
    failure = found.get("FailureInfo", {})
    return _from_api(
        found,
        source=found.get("ImportDataSource", {}).get("S3Url"),
        failed_records_url=failure.get("FailedRecordsS3Url"),
        error=failure.get("ErrorMessage"),
        completed_at=found.get("CompletedTimestamp"),
    )


def jobs(aws: Gateway) -> Iterator[ImportJob]:
    """The import jobs for the suppression list (ListImportJobs), with less detail than `get`."""
    listed = aws.pages(
        "sesv2", "ListImportJobs", "ImportJobs", ImportDestinationType="SUPPRESSION_LIST", PageSize=_PAGE
    )
    for found in listed:
        yield _from_api(found)


def _from_api(found: dict[str, Any], **more: Any) -> ImportJob:
    destination = found.get("ImportDestination", {}).get("SuppressionListDestination", {})
    action = destination.get("SuppressionListImportAction")
    fields = {"source": None, "failed_records_url": None, "error": None, "completed_at": None} | more
    return ImportJob(
        job_id=found["JobId"],
        status=found["JobStatus"],
        action=action.lower() if action else None,
        processed=found.get("ProcessedRecordsCount", 0),
        failed=found.get("FailedRecordsCount", 0),
        created_at=found.get("CreatedTimestamp"),
        **fields,
    )


def delete_objects(aws: Gateway, ended: Iterable[ImportJob]) -> list[str]:
    """Delete the objects of ended jobs, because they are personal data (S3 DeleteObject).

    Returns the URLs of objects that could not be deleted.
    """
    return [job.source for job in ended if job.source and not _delete_object(aws, job.source)]


def bucket_policy(aws: Gateway, bucket: str) -> str:
    """The statement of a bucket policy that allows SES to read the files."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:{partition_of(aws.region)}:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"AWS:SourceAccount": account(aws)}},
    }
    return json.dumps(statement)
