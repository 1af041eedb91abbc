"""Import jobs in v2 (docs/ses-behavior.md#import-jobs): suppressed addresses or contacts, from S3.

The import runs when the job is created. The first request still shows PROCESSING, because AWS never finishes a job
immediately.
"""

from __future__ import annotations

import csv
import uuid
from typing import TYPE_CHECKING, Any

from sescli.emulator import moto_services
from sescli.emulator.ses.account import account
from sescli.emulator.ses.faults import BadRequest, Fault, NotFound
from sescli.emulator.ses.lists import contacts, import_records, suppression
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_KIND = "import-job"
_PAGE = 1000
_KINDS = {"SUPPRESSION_LIST": "SuppressionListDestination", "CONTACT_LIST": "ContactListDestination"}


class _JobFailedError(Exception):
    """The job fails as a whole."""


@V2
def CreateImportJob(region: Region, params: Params) -> dict[str, Any]:
    destination = params["ImportDestination"]
    if len(destination) != 1:
        raise BadRequest("Exactly one import destination must be given.")
    if "ContactListDestination" in destination:
        contacts.load_list(region, destination["ContactListDestination"]["ContactListName"])
    else:
        suppression.check_allowed(account.load(region)["production"])
    job_id = str(uuid.uuid4())
    record: Record = {
        "destination": destination,
        "source": params["ImportDataSource"],
        "created": region.now(),
        "looked_at": False,
    }
    region.put(_KIND, job_id, record | _run_job(region, record))
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
    size = page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE)
    kind = _KINDS.get(params.get("ImportDestinationType", ""))

    def wanted(_name: str, record: Record) -> bool:
        return kind is None or kind in record["destination"]

    found, following = region.page(_KIND, size=size, token=params.get("NextToken"), wanted=wanted)
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


def _run_job(region: Region, record: Record) -> Record:
    """Run the job and return its result."""
    bucket, _, key = record["source"]["S3Url"].removeprefix("s3://").partition("/")
    target = _import_target(record["destination"])
    failure: dict[str, str] = {}
    processed, failed_lines = 0, []
    status = "COMPLETED"
    try:
        head, lines = _lines(bucket, key, record["source"]["DataFormat"], target)
        for line in lines:
            processed += 1
            try:
                target.import_record(
                    region, import_records.parse_line(line, record["source"]["DataFormat"], target, head)
                )
            except Fault as fault:
                failed_lines.append(f"{line},{fault.message}")
    except _JobFailedError as error:
        status, failure = "FAILED", {"ErrorMessage": str(error)}
    if failed_lines:
        url = moto_services.put_object(bucket, f"{key}.failed.csv", "\n".join(failed_lines).encode())
        failure = {"FailedRecordsS3Url": url}
    return {
        "status": status,
        "processed": processed,
        "failed": len(failed_lines),
        "failure": failure,
        "completed": region.now(),
    }


def _import_target(destination: Params) -> import_records.ImportTarget:
    if "ContactListDestination" in destination:
        given = destination["ContactListDestination"]
        return import_records.ContactList(given["ContactListName"], given["ContactListImportAction"])
    return import_records.SuppressionList(
        destination["SuppressionListDestination"]["SuppressionListImportAction"]
    )


def _lines(
    bucket: str, key: str, data_format: str, target: import_records.ImportTarget
) -> tuple[list[str], list[str]]:
    """Return the column names, if the file has them, and the lines with one record each.

    Raises _JobFailedError.
    """
    content = moto_services.get_object(bucket, key)
    if content is None:
        raise _JobFailedError(f"s3://{bucket}/{key} does not exist, or SES may not read it.")
    try:
        lines = [line for line in content.decode().splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise _JobFailedError("The file is not UTF-8.") from None
    head = next(csv.reader([lines.pop(0)])) if target.has_header and data_format == "CSV" and lines else []
    if len(lines) > target.maximum:
        raise _JobFailedError(f"The file has {len(lines)} records, and the most is {target.maximum}.")
    return head, lines
