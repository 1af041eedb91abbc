"""`sescli suppression import --bucket` and `jobs`: SES's own import job, from S3."""

from __future__ import annotations

import urllib.request

from gatekeeper import Refusal, denied

from sescli.groups.suppression.service import import_jobs

# --- import by SES's job ---


def test_import_by_the_job(sescli, bucket, listed, list_file, boto):
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


def test_a_job_each_10_000_to_delete(sescli, bucket, listed, list_file, boto, tmp_path):
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


def test_the_job_under_a_dry_run(sescli, bucket, list_file, boto):
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


def test_the_job_without_a_bucket(sescli, ses, list_file):
    ran = sescli(
        "suppression", "import", list_file("ann@example.org\n"), "--bucket", "s3://not-there", "-o", "json"
    )
    assert ran.code == 5
    assert ran.error["code"] == "NoSuchBucket"
    assert ran.error["hint"] == "make the bucket: aws s3 mb s3://not-there --region us-east-1"


def test_a_job_that_fails_says_why_and_how_ses_gets_at_the_bucket(sescli, bucket, list_file, boto, refusing):
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


def test_waiting_for_a_job_has_an_end(sescli, bucket, list_file):
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
    # The embedded SES says PROCESSING at the first look.
    assert ran.code == 3
    assert "sescli suppression jobs" in ran.error["hint"]


def test_a_job_denied_leaves_no_addresses_in_the_bucket(sescli, bucket, list_file, refusing, listed):
    refusing(**{"POST /v2/email/import-jobs": denied("CreateImportJob")})
    ran = sescli("suppression", "import", list_file("ann@example.org\n"), "--bucket", "lists", "-o", "json")
    assert ran.code == 4
    assert bucket() == []
    assert listed() == {}


class _Second(Refusal):
    """Refuses the second call, and no other."""

    calls = 0

    def takes(self):
        self.calls += 1
        return self.calls == 2


def test_too_many_jobs_at_once_are_awaited(sescli, bucket, list_file, refusing, listed, monkeypatch):
    monkeypatch.setitem(import_jobs.LARGEST, "put", 1)
    door = _Second(400, "LimitExceededException", "Too many import jobs")
    refusing(**{"POST /v2/email/import-jobs": door})
    path = list_file("ann@example.org\nbob@example.org\n")
    ran = sescli("suppression", "import", path, "--bucket", "lists", "-v", "-o", "json")
    assert ran.code == 0, ran.stderr
    assert door.calls == 3
    made = [line.split()[1] for line in ran.stderr.splitlines() if line.startswith("sesv2 ")]
    assert made.count("CreateImportJob") == 3
    assert "GetImportJob" in made[: len(made) - made[::-1].index("CreateImportJob")]
    assert len(ran.json["jobs"]) == len(listed()) == 2


def test_records_that_ses_did_not_take(sescli, bucket, suppressed, boto, list_file, refusing, listed):
    """Between the look at the list and the job somebody else takes the address off."""
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
