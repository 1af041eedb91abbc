"""Import jobs of the suppression list (docs/ses-behavior.md#import-jobs)."""

import json
import urllib.request

import pytest
from refusals import refused

PUT = {"SuppressionListDestination": {"SuppressionListImportAction": "PUT"}}
DELETE = {"SuppressionListDestination": {"SuppressionListImportAction": "DELETE"}}


@pytest.fixture
def job(v2, client):
    """Run an import job on a file and return its final state."""
    s3 = client("s3")

    def run(content, destination=PUT, data_format="CSV"):
        s3.put_object(Bucket="lists", Key="in/list", Body=content.encode())
        source = {"S3Url": "s3://lists/in/list", "DataFormat": data_format}
        job_id = v2.create_import_job(ImportDestination=destination, ImportDataSource=source)["JobId"]
        first = v2.get_import_job(JobId=job_id)
        assert (first["JobStatus"], first["ProcessedRecordsCount"]) == ("PROCESSING", 0)
        return v2.get_import_job(JobId=job_id)

    s3.create_bucket(Bucket="lists")
    return run


def list_messages(v2):
    found = v2.list_suppressed_destinations()["SuppressedDestinationSummaries"]
    return {one["EmailAddress"]: one["Reason"] for one in found}


def test_import_job_adds_and_removes_addresses(v2, job):
    ended = job('ann@example.org,BOUNCE\n"bob@example.org",COMPLAINT\n')
    assert (ended["JobStatus"], ended["ProcessedRecordsCount"], ended["FailedRecordsCount"]) == (
        "COMPLETED",
        2,
        0,
    )
    assert ended["ImportDestination"] == PUT
    assert ended["CompletedTimestamp"] >= ended["CreatedTimestamp"]
    assert list_messages(v2) == {"ann@example.org": "BOUNCE", "bob@example.org": "COMPLAINT"}
    job(json.dumps({"emailAddress": "cat@example.org", "reason": "BOUNCE"}), data_format="JSON")
    assert len(list_messages(v2)) == 3
    job("ann@example.org\nbob@example.org\n", destination=DELETE)
    assert list_messages(v2) == {"cat@example.org": "BOUNCE"}


def test_import_job_reports_failed_records(v2, job):
    ended = job("ann@example.org,BOUNCE\nbob@example.org\nnobody,BOUNCE\ncat@example.org,SPAM\n")
    assert (ended["JobStatus"], ended["ProcessedRecordsCount"], ended["FailedRecordsCount"]) == (
        "COMPLETED",
        4,
        3,
    )
    with urllib.request.urlopen(ended["FailureInfo"]["FailedRecordsS3Url"]) as answer:
        lines = answer.read().decode().splitlines()
    assert [line.split(",")[0] for line in lines] == ["bob@example.org", "nobody", "cat@example.org"]
    assert list_messages(v2) == {"ann@example.org": "BOUNCE"}
    assert job("nobody@example.org\n", destination=DELETE)["FailedRecordsCount"] == 1


def test_import_job_fails_for_oversized_or_missing_file(v2, job):
    ended = job("".join(f"u{number}@example.org\n" for number in range(10_001)), destination=DELETE)
    assert (ended["JobStatus"], ended["ProcessedRecordsCount"]) == ("FAILED", 0)
    assert "the most is 10000" in ended["FailureInfo"]["ErrorMessage"]
    source = {"S3Url": "s3://no-such-bucket/x", "DataFormat": "CSV"}
    job_id = v2.create_import_job(ImportDestination=PUT, ImportDataSource=source)["JobId"]
    v2.get_import_job(JobId=job_id)
    assert "does not exist" in v2.get_import_job(JobId=job_id)["FailureInfo"]["ErrorMessage"]


def test_import_jobs_are_listed_in_pages(v2, job):
    for _ in range(3):
        job("ann@example.org,BOUNCE\n")
    page = v2.list_import_jobs(PageSize=2, ImportDestinationType="SUPPRESSION_LIST")
    rest = v2.list_import_jobs(PageSize=2, NextToken=page["NextToken"])
    assert (len(page["ImportJobs"]), len(rest["ImportJobs"])) == (2, 1)
    assert {one["JobStatus"] for one in page["ImportJobs"]} == {"COMPLETED"}
    assert v2.list_import_jobs(ImportDestinationType="CONTACT_LIST")["ImportJobs"] == []


def test_import_job_adds_and_removes_contacts(v2, job):
    """The columns are those of the guide's sample (docs/ses-behavior.md#import-jobs)."""
    topic = {"TopicName": "News", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_IN"}
    v2.create_contact_list(ContactListName="all", Topics=[topic])

    def to_list(action):
        return {"ContactListDestination": {"ContactListName": "all", "ContactListImportAction": action}}

    head = "emailAddress,unsubscribeAll,attributesData,topicPreferences.News\n"
    rows = 'ann@example.org,false,"{""n"": 1}",OPT_OUT\nbob@example.org,true,,\nnobody,false,,\ncat@example.org,no,,\n'
    ended = job(head + rows, destination=to_list("PUT"))
    assert (ended["ProcessedRecordsCount"], ended["FailedRecordsCount"]) == (4, 2)
    ann = v2.get_contact(ContactListName="all", EmailAddress="ann@example.org")
    assert ann["TopicPreferences"] == [{"TopicName": "News", "SubscriptionStatus": "OPT_OUT"}]
    assert (ann["UnsubscribeAll"], json.loads(ann["AttributesData"])) == (False, {"n": 1})
    assert v2.get_contact(ContactListName="all", EmailAddress="bob@example.org")["UnsubscribeAll"] is True
    again = {"emailAddress": "ann@example.org", "topicPreferences": [{"topicName": "News"}]}
    ended = job(json.dumps(again), destination=to_list("PUT"), data_format="JSON")
    assert ended["FailedRecordsCount"] == 1
    job("emailAddress\nann@example.org\n", destination=to_list("DELETE"))
    left = v2.list_contacts(ContactListName="all")["Contacts"]
    assert [each["EmailAddress"] for each in left] == ["bob@example.org"]
    assert len(v2.list_import_jobs(ImportDestinationType="CONTACT_LIST")["ImportJobs"]) == 3


def test_import_job_rejects_invalid_request(v2, inbox):
    source = {"S3Url": "s3://lists/x", "DataFormat": "CSV"}
    with refused("NotFoundException", "no-such-job", 404):
        v2.get_import_job(JobId="no-such-job")
    with refused("BadRequestException", "one import destination"):
        v2.create_import_job(ImportDestination={}, ImportDataSource=source)
    contacts = {"ContactListDestination": {"ContactListName": "x", "ContactListImportAction": "PUT"}}
    with refused("NotFoundException", status=404):
        v2.create_import_job(ImportDestination=contacts, ImportDataSource=source)
    inbox.control(sandbox=True)
    with refused("BadRequestException", "sandbox"):
        v2.create_import_job(ImportDestination=PUT, ImportDataSource=source)
