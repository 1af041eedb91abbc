"""Import jobs in v2 (appendix A, "Import jobs"; ses-facts.md §3.11): the suppression list, from S3.

The work is done when the job is made. The first look at it still says PROCESSING, because on AWS it is never
done at once.
"""

from __future__ import annotations

import csv
import json
import uuid
from typing import TYPE_CHECKING, Any

from sescli.local import moto_services
from sescli.local.ses import account, suppression
from sescli.local.ses.faults import BadRequest, Fault, NotFound, NotImplementedHere
from sescli.local.ses.region import page_size
from sescli.local.ses.registry import V2, Params

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.local.ses.region import Region
    from sescli.local.store import Record

_KIND = "import-job"
_PAGE = 1000
_MOST = {"PUT": 100_000, "DELETE": 10_000}
_REASONS = ("BOUNCE", "COMPLAINT")


class _JobFailedError(Exception):
    """The job as a whole cannot be done."""


@V2
def CreateImportJob(region: Region, params: Params) -> dict[str, Any]:
    destination = params["ImportDestination"]
    if len(destination) != 1:
        raise BadRequest("Exactly one import destination must be given.")
    if "SuppressionListDestination" not in destination:
        raise NotImplementedHere("The embedded SES does not implement import jobs of contact lists.")
    suppression.check_allowed(account.load(region)["production"])
    job_id = str(uuid.uuid4())
    record: Record = {
        "destination": destination,
        "source": params["ImportDataSource"],
        "created": region.now(),
        "looked_at": False,
    }
    region.put(_KIND, job_id, record | _worked(region, record))
    return {"JobId": job_id}


@V2
def GetImportJob(region: Region, params: Params) -> dict[str, Any]:
    record = region.get(_KIND, params["JobId"])
    if record is None:
        raise NotFound(f"Import job {params['JobId']} does not exist.")
    if not record["looked_at"]:
        region.put(_KIND, params["JobId"], record | {"looked_at": True})
    answer = _row(params["JobId"], record) | {"ImportDataSource": record["source"]}
    if not record["looked_at"]:
        return answer
    failure = {"FailureInfo": record["failure"]} if record["failure"] else {}
    return answer | {"CompletedTimestamp": record["completed"]} | failure


@V2
def ListImportJobs(region: Region, params: Params) -> dict[str, Any]:
    size = page_size(params.get("PageSize"), default=_PAGE, most=_PAGE)
    if params.get("ImportDestinationType") == "CONTACT_LIST":
        return {"ImportJobs": []}
    found, following = region.page(_KIND, size=size, token=params.get("NextToken"))
    return {"ImportJobs": [_row(name, record) for name, record in found], **following}


def _row(name: str, record: Record) -> dict[str, Any]:
    row = {
        "JobId": name,
        "ImportDestination": record["destination"],
        "CreatedTimestamp": record["created"],
    }
    if not record["looked_at"]:
        return row | {"JobStatus": "PROCESSING", "ProcessedRecordsCount": 0, "FailedRecordsCount": 0}
    return row | {
        "JobStatus": record["status"],
        "ProcessedRecordsCount": record["processed"],
        "FailedRecordsCount": record["failed"],
    }


def _worked(region: Region, record: Record) -> Record:
    """Do the job: what became of it."""
    bucket, _, key = record["source"]["S3Url"].removeprefix("s3://").partition("/")
    action = record["destination"]["SuppressionListDestination"]["SuppressionListImportAction"]
    failure: dict[str, str] = {}
    processed, refused = 0, []
    status = "COMPLETED"
    try:
        for line, address, reason in _records(bucket, key, record["source"]["DataFormat"], _MOST[action]):
            processed += 1
            if why := _taken(region, action, address, reason):
                refused.append(f"{line},{why}")
    except _JobFailedError as error:
        status, failure = "FAILED", {"ErrorMessage": str(error)}
    if refused:
        url = moto_services.put_object(bucket, f"{key}.failed.csv", "\n".join(refused).encode())
        failure = {"FailedRecordsS3Url": url}
    return {
        "status": status,
        "processed": processed,
        "failed": len(refused),
        "failure": failure,
        "completed": region.now(),
    }


def _records(bucket: str, key: str, data_format: str, most: int) -> Iterator[tuple[str, str, str]]:
    content = moto_services.get_object(bucket, key)
    if content is None:
        raise _JobFailedError(f"s3://{bucket}/{key} does not exist, or SES may not read it.")
    try:
        lines = [line for line in content.decode().splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise _JobFailedError("The file is not UTF-8.") from None
    if len(lines) > most:
        raise _JobFailedError(f"The file has {len(lines)} records, and the most is {most}.")
    for line in lines:
        yield line, *(_json_record(line) if data_format == "JSON" else _csv_record(line))


def _json_record(line: str) -> tuple[str, str]:
    try:
        value = json.loads(line)
        return str(value["emailAddress"]), str(value.get("reason", ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        return "", ""


def _csv_record(line: str) -> tuple[str, str]:
    address, reason = [*next(csv.reader([line])), "", ""][:2]
    return address, reason


def _taken(region: Region, action: str, address: str, reason: str) -> str | None:
    """Do one record; what is wrong with it, if anything."""
    try:
        if action == "DELETE":
            suppression.delete(region, address)
        elif reason not in _REASONS:
            return "The reason must be BOUNCE or COMPLAINT"
        else:
            suppression.put(region, address, reason)
    except Fault as fault:
        return fault.message
    return None
