"""`sescli suppression import --bucket` and `jobs`: SES import jobs that read from S3."""

from __future__ import annotations

import urllib.request

from gatekeeper import Answer, Refusal, denied

from sescli.groups.suppression.service import import_jobs


def test_import_with_bucket_uses_an_import_job(sescli, bucket, listed, list_file, boto):
    path = list_file("ann@example.org,BOUNCE\nbob@example.org,COMPLAINT\n")
    ran = sescli("suppression", "import", path, "--bucket", "s3://lists/in", "-o", "json")
    assert ran.code == 0, ran.stderr
    assert listed() == {"ann@example.org": "BOUNCE", "bob@example.org": "COMPLAINT"}
    assert ran.json["processed"] == 2
    (job,) = ran.json["jobs"]
    made = boto("sesv2").get_import_job(JobId=job["job_id"])
    assert made["ImportDataSource"]["DataFormat"] == "CSV"
    assert made["ImportDataSource"]["S3Url"].startswith("s3://lists/in/sescli-")
    assert bucket() == []
    shown = sescli("suppression", "jobs", job["job_id"], "-o", "json").json
    assert (shown[0]["status"], shown[0]["processed"], shown[0]["action"]) == ("COMPLETED", 2, "put")
    assert [one["job_id"] for one in sescli("suppression", "jobs", "-o", "json").json] == [job["job_id"]]


def test_import_delete_starts_one_job_per_10_000_addresses(sescli, bucket, listed, list_file, boto, tmp_path):
    many = list_file("".join(f"u{number}@example.org,BOUNCE\n" for number in range(10_001)), "many.csv")
    put = sescli("suppression", "import", many, "--bucket", "lists", "--yes", "-o", "json")
    assert (put.code, len(put.json["jobs"])) == (0, 1), put.stderr
    off = sescli(
        "suppression",
        "import",
        many,
        "--bucket",
        "lists",
        "--action",
        "delete",
        "--yes",
        "--no-wait",
        "-o",
        "json",
    )
    assert off.code == 0, off.stderr
    assert [job["status"] for job in off.json["jobs"]] == ["CREATED"] * 2
    assert len(bucket()) == 2
    assert listed() == {}


def test_import_with_bucket_dry_run_starts_no_job(sescli, bucket, list_file, boto):
    path = list_file("ann@example.org\n", "list.txt")
    ran = sescli("suppression", "import", path, "--bucket", "s3://lists/in", "--dry-run", "-o", "json")
    assert [(call["service"], call["operation"]) for call in ran.json] == [
        ("s3", "PutObject"),
        ("sesv2", "CreateImportJob"),
    ]
    assert ran.json[1]["parameters"]["ImportDestination"] == {
        "SuppressionListDestination": {"SuppressionListImportAction": "PUT"}
    }
    assert bucket() == []
    assert boto("sesv2").list_import_jobs()["ImportJobs"] == []


def test_import_with_missing_bucket_explains_how_to_create_it(sescli, ses, list_file):
    ran = sescli(
        "suppression", "import", list_file("ann@example.org\n"), "--bucket", "s3://not-there", "-o", "json"
    )
    assert ran.code == 5
    assert ran.error["code"] == "NoSuchBucket"
    assert ran.error["hint"] == "create the bucket: aws s3 mb s3://not-there --region us-east-1"


def test_jobs_shows_why_a_job_failed(sescli, bucket, list_file, boto, refusing):
    path = list_file("ann@example.org\n", "list.txt")
    started = sescli("suppression", "import", path, "--bucket", "lists", "--no-wait", "-o", "json").json
    job = boto("sesv2").get_import_job(JobId=started["jobs"][0]["job_id"])
    boto("s3").delete_object(Bucket="lists", Key=bucket()[0])
    failing = boto("sesv2").create_import_job(
        ImportDestination=job["ImportDestination"], ImportDataSource=job["ImportDataSource"]
    )["JobId"]
    sescli("suppression", "jobs", failing)
    ran = sescli("suppression", "jobs", failing, "-o", "json")
    assert ran.json[0]["status"] == "FAILED"
    assert "SES may not read it" in ran.json[0]["error"]
    assert "SES may not read it" in ran.stderr
    assert sescli("suppression", "jobs", "no-such-job").code == 5


def test_import_stops_waiting_at_the_timeout(sescli, bucket, list_file):
    ran = sescli(
        "suppression",
        "import",
        list_file("ann@example.org\n"),
        "--bucket",
        "lists",
        "--timeout",
        "1s",
        "-o",
        "json",
    )
    # The emulator reports PROCESSING at the first look-up.
    assert ran.code == 3
    assert "sescli suppression jobs" in ran.error["hint"]


def test_import_deletes_object_if_job_is_denied(sescli, bucket, list_file, refusing, listed):
    refusing(**{"POST /v2/email/import-jobs": denied("CreateImportJob")})
    ran = sescli("suppression", "import", list_file("ann@example.org\n"), "--bucket", "lists", "-o", "json")
    assert ran.code == 4
    assert bucket() == []
    assert listed() == {}


class _RejectSecondCall(Refusal):
    """Rejects the second call only."""

    calls = 0

    def takes(self):
        self.calls += 1
        return self.calls == 2


def test_import_waits_if_ses_accepts_no_more_jobs(sescli, bucket, list_file, refusing, listed, monkeypatch):
    monkeypatch.setitem(import_jobs.LARGEST, "put", 1)
    refusal = _RejectSecondCall(400, "LimitExceededException", "Too many import jobs")
    refusing(**{"POST /v2/email/import-jobs": refusal})
    path = list_file("ann@example.org\nbob@example.org\n")
    ran = sescli("suppression", "import", path, "--bucket", "lists", "-v", "-o", "json")
    assert ran.code == 0, ran.stderr
    assert refusal.calls == 3
    made = [line.split()[1] for line in ran.stderr.splitlines() if line.startswith("sesv2 ")]
    assert made.count("CreateImportJob") == 3
    assert "GetImportJob" in made[: len(made) - made[::-1].index("CreateImportJob")]
    assert len(ran.json["jobs"]) == len(listed()) == 2


def test_import_reports_records_that_a_job_rejected(
    sescli, bucket, suppressed, boto, list_file, refusing, listed
):
    """Another client removes an address after sescli reads the list and before the job runs."""
    suppressed("ann@example.org", "bob@example.org")

    class Meanwhile(Refusal):
        def takes(self):
            boto("sesv2").delete_suppressed_destination(EmailAddress="ann@example.org")
            return False

    refusing(**{"POST /v2/email/import-jobs": Meanwhile(0, "", "")})
    path = list_file("ann@example.org\nbob@example.org\n")
    arguments = [
        "suppression",
        "import",
        path,
        "--bucket",
        "lists",
        "--action",
        "delete",
        "--yes",
        "-o",
        "json",
    ]
    ran = sescli(*arguments)
    assert ran.code == 3, ran.stderr
    assert (ran.json["processed"], ran.json["failed"]) == (2, 1)
    (job,) = ran.json["jobs"]
    with urllib.request.urlopen(job["failed_records_url"]) as answer:
        assert answer.read().startswith(b"ann@example.org,BOUNCE,")
    assert "1 of 2 records failed; SES lists them at http" in ran.stderr
    assert listed() == {}


def test_import_hint_names_the_partition_of_the_region(sescli, ses, boto, list_file, refusing):
    """A bucket in GovCloud has an ARN in the partition aws-us-gov."""
    boto("s3").create_bucket(Bucket="gov-lists")
    failed = Answer(
        {
            "JobId": "j",
            "JobStatus": "FAILED",
            "ImportDataSource": {"S3Url": "s3://gov-lists/k", "DataFormat": "CSV"},
            "FailureInfo": {"ErrorMessage": "denied"},
        }
    )
    refusing(**{"POST /v2/email/import-jobs": Answer({"JobId": "j"}), "GET /v2/email/import-jobs/j": failed})
    ran = sescli(
        "suppression", "import", list_file("a@example.com\n"), "--bucket", "gov-lists",
        "--reason", "bounce", "--region", "us-gov-west-1", "--yes", "-o", "json",
    )  # fmt: skip
    assert ran.error["code"] == "ImportJobFailed"
    assert "arn:aws-us-gov:s3:::gov-lists/*" in ran.error["hint"]
