"""`sescli suppression`: entries, settings, files, diff and import jobs; read back through boto3."""

from __future__ import annotations

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.request

import pytest
from gatekeeper import Refusal, denied, throttled
from pseudo_terminal import OnTerminal

from sescli.services import suppression_jobs

ADDRESSES = "/v2/email/suppression/addresses"


@pytest.fixture
def listed(boto):
    """What is on the list, by address."""

    def read():
        found = {}
        token = {}
        while True:
            page = boto("sesv2").list_suppressed_destinations(**token)
            found |= {one["EmailAddress"]: one["Reason"] for one in page["SuppressedDestinationSummaries"]}
            if "NextToken" not in page:
                return found
            token = {"NextToken": page["NextToken"]}

    return read


@pytest.fixture
def suppressed(boto):
    """Put addresses on the list, past sescli."""

    def put(*addresses, reason="BOUNCE"):
        for address in addresses:
            boto("sesv2").put_suppressed_destination(EmailAddress=address, Reason=reason)

    return put


@pytest.fixture
def file(tmp_path):
    def write(content, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


# --- entries and settings ---


def test_add_puts_addresses_on_the_list(sescli, ses, listed):
    ran = sescli(
        "suppression",
        "add",
        "Ann <ann@example.org>",
        "bob@example.org",
        "--reason",
        "complaint",
        "-o",
        "json",
    )
    assert ran.code == 0, ran.stderr
    assert ran.json == [
        {"email": "ann@example.org", "reason": "COMPLAINT"},
        {"email": "bob@example.org", "reason": "COMPLAINT"},
    ]
    assert listed() == {"ann@example.org": "COMPLAINT", "bob@example.org": "COMPLAINT"}


def test_add_under_a_dry_run_and_with_what_is_no_address(sescli, ses, listed):
    planned = sescli("suppression", "add", "ann@example.org", "--dry-run", "-o", "json").json
    assert planned == [
        {
            "service": "sesv2",
            "operation": "PutSuppressedDestination",
            "parameters": {"EmailAddress": "ann@example.org", "Reason": "BOUNCE"},
        }
    ]
    assert sescli("suppression", "add", "ann@example.org", "nobody").code == 2
    assert sescli("suppression", "add", "ann@example.org", "--reason", "spam").code == 2
    assert listed() == {}


def test_add_in_the_sandbox(sescli, ses, listed):
    ses.control(sandbox=True)
    ran = sescli("suppression", "add", "ann@example.org", "-o", "json")
    assert ran.code == 1
    assert ran.error["code"] == "Sandbox"
    assert "sescli sandbox request-production" in ran.error["hint"]


def test_show_in_any_case_of_letters(sescli, suppressed):
    suppressed("Ann@Example.org", reason="COMPLAINT")
    for spelt in ("Ann@Example.org", "ann@example.org", "ANN@EXAMPLE.ORG"):
        shown = sescli("suppression", "show", spelt, "-o", "json").json
        assert (shown["email"], shown["reason"]) == ("Ann@Example.org", "COMPLAINT")
        assert shown["last_update_time"].endswith("Z")


def test_show_and_remove_of_what_is_not_there(sescli, suppressed):
    suppressed("ann@example.org")
    for verb in ("show", "remove"):
        ran = sescli("suppression", verb, "nobody@example.org", "-o", "json")
        assert ran.code == 5
        assert ran.error["code"] == "NotFoundException"
        assert "in upper or lower case" in ran.error["message"]
        assert "per region" in ran.error["hint"]


def test_show_of_several_tells_the_absent(sescli, suppressed):
    suppressed("Ann@example.org", "bob@example.org")
    ran = sescli("suppression", "show", "ann@example.org", "bob@example.org", "x@example.org", "-o", "json")
    assert ran.code == 5
    assert sorted(one["email"] for one in ran.json) == ["Ann@example.org", "bob@example.org"]
    assert "x@example.org is not on" in ran.stderr


def test_remove_of_many_reads_the_list_once(sescli, suppressed, listed):
    suppressed("Ann@example.org", "BOB@example.org", "bob@example.org", "cat@example.org", "dan@example.org")
    names = ["ann@example.org", "Bob@example.org", "cat@example.org", "gone@example.org"]
    ran = sescli("suppression", "remove", *names, "-v")
    assert ran.code == 5
    assert ran.stderr.count("ListSuppressedDestinations") == 1
    assert "gone@example.org is not on" in ran.stderr
    assert listed() == {"dan@example.org": "BOUNCE"}


def test_list_by_reason_and_time(sescli, suppressed):
    suppressed("ann@example.org")
    suppressed("bob@example.org", reason="COMPLAINT")
    assert [
        one["email"] for one in sescli("suppression", "list", "--reason", "complaint", "-o", "json").json
    ] == ["bob@example.org"]
    assert sescli("suppression", "list", "--until", "1d", "-o", "json").json == []
    assert len(sescli("suppression", "list", "--since", "1d", "-o", "json").json) == 2
    assert sescli("suppression", "list", "--since", "soon").code == 2


def test_settings(sescli, ses, boto):
    def reasons():
        return boto("sesv2").get_account()["SuppressionAttributes"]["SuppressedReasons"]

    assert sescli("suppression", "settings", "-o", "json").json == {"reasons": reasons()}
    assert sescli("suppression", "settings", "--reasons", "complaint").code == 0
    assert reasons() == ["COMPLAINT"]
    assert sescli("suppression", "settings", "--reasons", "none", "--dry-run").code == 0
    assert reasons() == ["COMPLAINT"]
    assert sescli("suppression", "settings", "--reasons", "none").code == 0
    assert reasons() == []
    assert sescli("suppression", "settings", "--reasons", "spam").code == 2


# --- export ---


def test_export_is_what_import_takes_back(sescli, suppressed, listed, boto, tmp_path):
    suppressed("Ann@example.org", '"a,b"@example.org')
    suppressed("bob@example.org", reason="COMPLAINT")
    before = listed()
    for name in ("out.csv", "out.jsonl", "out.csv.gz", "out.ndjson.gz"):
        path = tmp_path / name
        ran = sescli("suppression", "export", str(path), "-o", "json")
        assert ran.code == 0, ran.stderr
        assert ran.json["addresses"] == 3
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for address in before:
            boto("sesv2").delete_suppressed_destination(EmailAddress=address)
        assert sescli("suppression", "import", str(path)).code == 0
        assert listed() == before
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_export_in_each_form(sescli, suppressed):
    suppressed("Ann@example.org", '"a,b"@example.org')
    suppressed("bob@example.org", reason="COMPLAINT")
    assert sescli("suppression", "export", "-").stdout == (
        '"""a,b""@example.org",BOUNCE\nAnn@example.org,BOUNCE\nbob@example.org,COMPLAINT\n'
    )
    lines = sescli("suppression", "export", "-", "--json-lines", "--reason", "complaint").stdout.splitlines()
    assert list(map(json.loads, lines)) == [{"emailAddress": "bob@example.org", "reason": "COMPLAINT"}]
    assert sescli("suppression", "export", "-", "--format", "txt", "-o", "json").stdout == (
        '"a,b"@example.org\nAnn@example.org\nbob@example.org\n'
    )
    assert sescli("suppression", "export", "-", "--format", "xml").code == 2


def test_the_same_list_makes_the_same_gzip(sescli, suppressed, tmp_path):
    suppressed("ann@example.org")
    for name in ("a.csv.gz", "b.csv.gz"):
        sescli("suppression", "export", str(tmp_path / name))
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == b"ann@example.org,BOUNCE\n"


def test_export_replaces_a_file_only_when_it_is_whole(sescli, suppressed, refusing, file, tmp_path):
    suppressed("ann@example.org")
    path = file("what was there\n")
    refusing(**{f"GET {ADDRESSES}": denied("ListSuppressedDestinations")})
    assert sescli("suppression", "export", path).code == 4
    assert (tmp_path / "list.csv").read_text() == "what was there\n"
    assert {each.name for each in tmp_path.iterdir()} == {"list.csv", "home"}


def test_export_through_a_link_and_to_what_is_no_file(sescli, suppressed, file, tmp_path):
    suppressed("ann@example.org")
    path = file("old\n")
    (tmp_path / "link.csv").symlink_to(path)
    assert sescli("suppression", "export", str(tmp_path / "link.csv")).code == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "list.csv").read_text() == "ann@example.org,BOUNCE\n"
    assert sescli("suppression", "export", str(tmp_path)).code == 2
    assert sescli("suppression", "export", str(tmp_path / "no-such-folder" / "x.csv")).code == 2


def test_export_under_a_dry_run_writes_nothing(sescli, suppressed, tmp_path):
    suppressed("ann@example.org")
    assert sescli("suppression", "export", str(tmp_path / "x.csv"), "--dry-run").code == 0
    assert not (tmp_path / "x.csv").exists()


# --- import, one call each ---


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", "ann@example.org,BOUNCE\nbob@example.org,complaint\n"),
        ("header.csv", "Reason,E-Mail,Note\nBOUNCE,ann@example.org,x\nCOMPLAINT,bob@example.org,y\n"),
        ("bom.csv", "\ufeffEmail Address,Reason\r\nann@example.org,BOUNCE\r\n\r\nbob@example.org,COMPLAINT"),
        ("quoted.csv", '"ann@example.org","BOUNCE"\n"bob@example.org", "COMPLAINT"\n'),
        (
            "ses.jsonl",
            '{"emailAddress":"ann@example.org","reason":"BOUNCE"}\n{"emailAddress":"bob@example.org","reason":"COMPLAINT"}',
        ),
        (
            "api.json",
            '{"EmailAddress":"ann@example.org"}\n{"EmailAddress":"bob@example.org","Reason":"COMPLAINT","LastUpdateTime":1}',
        ),
        (
            "zipped.csv.gz",
            gzip.compress(b"ann@example.org,BOUNCE\nbob@example.org,COMPLAINT\n"),
        ),
    ],
)
def test_import_of_each_form(sescli, ses, listed, file, name, content):
    ran = sescli("suppression", "import", file(content, name), "-o", "json")
    assert ran.code == 0, ran.stderr
    assert listed() == {"ann@example.org": "BOUNCE", "bob@example.org": "COMPLAINT"}
    assert ran.json["done"] == 2


def test_import_of_bare_addresses_and_from_standard_input(sescli, ses, listed, file):
    path = file("ann@example.org\nbücher@example.org".replace("ü", "ue") + "\n", "list.txt")
    assert sescli("suppression", "import", path, "--reason", "complaint").code == 0
    assert (
        sescli("suppression", "import", "-", stdin="cat@xn--bcher-kva.example\ndan@bücher.example\n").code
        == 0
    )
    assert listed() == {
        "ann@example.org": "COMPLAINT",
        "buecher@example.org": "COMPLAINT",
        "cat@xn--bcher-kva.example": "BOUNCE",
        "dan@xn--bcher-kva.example": "BOUNCE",
    }


def test_what_list_writes_for_a_spreadsheet_is_taken_back(sescli, suppressed, listed, boto):
    suppressed("=cmd@example.org", "'quoted@example.org")
    table = sescli("suppression", "list", "-o", "csv").stdout
    assert "'=cmd@example.org" in table
    for address in listed():
        boto("sesv2").delete_suppressed_destination(EmailAddress=address)
    assert sescli("suppression", "import", "-", stdin=table).code == 0
    assert set(listed()) == {"=cmd@example.org", "'quoted@example.org"}


def test_every_bad_line_is_told_and_then_nothing_is_imported(sescli, ses, listed, file):
    path = file(
        'ann@example.org,BOUNCE\nnobody\nbob@example.org,SPAM\n"cat@example.org\n,BOUNCE\n'
        "Dan <dan@example.org>,BOUNCE\nx@example.org\x1b[2J,BOUNCE\n"
    )
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 2
    for line in range(2, 8):
        assert f"{path}:{line}: " in ran.stderr
    assert "\x1b" not in ran.stderr
    assert ran.error["code"] == "BadLines"
    assert "6 bad lines" in ran.error["message"]
    assert listed() == {}
    ran = sescli("suppression", "import", path, "--skip-invalid", "-o", "json")
    assert ran.code == 0
    assert ran.json["invalid"] == 6
    assert listed() == {"ann@example.org": "BOUNCE"}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", "", "holds no address"),
        ("only-header.csv", "email,reason\n", "holds no address"),
        ("latin1.csv", "ann@b\xfccher.example,BOUNCE\n".encode("latin-1"), "not UTF-8"),
        ("utf16.csv", "ann@example.org\n".encode("utf-16"), "UTF-16"),
        ("cut.csv.gz", gzip.compress(b"ann@example.org,BOUNCE\n" * 999)[:40], "gzip"),
        ("list.jsonl", '["ann@example.org"]\n{"emailAddress": 1}\n{\n', "3 bad lines"),
    ],
)
def test_files_that_cannot_be_read(sescli, ses, listed, file, name, content, words):
    ran = sescli("suppression", "import", file(content, name))
    assert ran.code == 2
    assert words in ran.stderr
    assert listed() == {}


def test_no_such_file_and_options_that_do_not_exist(sescli, ses, file):
    assert sescli("suppression", "import", "/nowhere/list.csv").code == 2
    assert sescli("suppression", "import", "-", tty=True).code == 2
    path = file("ann@example.org\n")
    for bad in (
        ["--action", "merge"],
        ["--reason", "spam"],
        ["--format", "xlsx"],
        ["--bucket", "https://x"],
        ["--timeout", "soon"],
    ):
        assert sescli("suppression", "import", path, *bad).code == 2


def test_an_address_twice_counts_once_and_the_later_line_holds(sescli, ses, listed, file):
    path = file("ann@example.org,BOUNCE\nbob@example.org,BOUNCE\nANN@example.org,COMPLAINT\n")
    ran = sescli("suppression", "import", path, "-o", "json")
    assert (ran.json["addresses"], ran.json["duplicates"]) == (2, 1)
    assert listed() == {"ANN@example.org": "COMPLAINT", "bob@example.org": "BOUNCE"}


def test_what_is_there_already_costs_no_call(sescli, suppressed, listed, file):
    suppressed("Ann@example.org", "bob@example.org")
    path = file("ann@example.org,BOUNCE\nBOB@example.org,COMPLAINT\ncat@example.org,BOUNCE\n")
    ran = sescli("suppression", "import", path, "-v", "-o", "json")
    assert ran.json["changes"] == ran.json["done"] == 2
    assert ran.stderr.count("PutSuppressedDestination") == 2
    assert ran.stderr.count("ListSuppressedDestinations") == 1
    assert listed() == {
        "Ann@example.org": "BOUNCE",
        "bob@example.org": "COMPLAINT",
        "cat@example.org": "BOUNCE",
    }
    again = sescli("suppression", "import", path)
    assert again.code == 0
    assert "Nothing to do" in again.stdout


def test_delete_asks_and_takes_off_every_spelling(sescli, suppressed, listed, file):
    suppressed("Ann@example.org", "ann@example.org", "bob@example.org")
    path = file("ANN@example.org\nnobody@example.org\n", "list.txt")
    refused = sescli("suppression", "import", path, "--action", "delete")
    assert refused.code == 2
    assert "deliver to 2 addresses again" in refused.stderr
    no = sescli("suppression", "import", path, "--action", "delete", answers=[("Take them off", False)])
    assert no.code == 2
    assert len(listed()) == 3
    planned = sescli("suppression", "import", path, "--action", "delete", "--dry-run", "-o", "json").json
    assert {call["parameters"]["EmailAddress"] for call in planned} == {"Ann@example.org", "ann@example.org"}
    assert len(listed()) == 3
    assert sescli("suppression", "import", path, "--action", "delete", "--yes").code == 0
    assert listed() == {"bob@example.org": "BOUNCE"}


def test_many_at_once_ask_and_are_planned_in_part(sescli, ses, listed, file):
    path = file("".join(f"u{number}@example.org\n" for number in range(1100)))
    refused = sescli("suppression", "import", path)
    assert refused.code == 2
    assert "1,100 addresses no more" in refused.stderr
    planned = sescli("suppression", "import", path, "--dry-run", "-o", "json")
    assert len(planned.json) == 1000
    assert "1,100 calls would be made" in planned.stderr
    assert listed() == {}


def test_throttling_slows_an_import_and_loses_nothing(sescli, refusing, listed, file):
    door = throttled(times=8)
    refusing(**{f"PUT {ADDRESSES}": door})
    path = file("".join(f"u{number}@example.org\n" for number in range(30)))
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 0, ran.stderr
    assert door.given == 8
    assert ran.json["done"] == 30
    assert len(listed()) == 30


def test_without_permission_an_import_stops_at_once(sescli, refusing, listed, file):
    door = denied("PutSuppressedDestination")
    refusing(**{f"PUT {ADDRESSES}": door})
    path = file("".join(f"u{number}@example.org\n" for number in range(200)))
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 4
    assert door.given <= 16
    assert listed() == {}


def test_what_ses_refuses_is_told_and_the_rest_goes_on(sescli, refusing, listed, file):
    refusing(**{f"PUT {ADDRESSES}": Refusal(400, "BadRequestException", "Bad address", times=2)})
    path = file("".join(f"u{number}@example.org\n" for number in range(20)))
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 3
    assert ran.json["done"] == 18
    assert [one["why"] for one in ran.json["refused"]] == ["sesv2 PutSuppressedDestination: Bad address"] * 2
    assert len(listed()) == 18


def test_where_ses_refuses_all_the_rest_is_not_tried(sescli, refusing, file):
    door = Refusal(400, "BadRequestException", "No")
    refusing(**{f"PUT {ADDRESSES}": door})
    path = file("".join(f"u{number}@example.org\n" for number in range(500)))
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 1
    assert "0 of 500 were done" in ran.error["message"]
    assert door.given < 40


def test_in_the_sandbox_it_is_said_before_anything_is_read(sescli, ses, boto, tmp_path):
    ses.control(sandbox=True)
    boto("s3").create_bucket(Bucket="lists")
    for options in ([], ["--bucket", "s3://lists"]):
        ran = sescli("suppression", "import", str(tmp_path / "not-there.csv"), *options, "-o", "json")
        assert ran.code == 1
        assert ran.error["code"] == "Sandbox"
        assert "sescli sandbox request-production" in ran.error["hint"]
    assert "Contents" not in boto("s3").list_objects_v2(Bucket="lists")


def test_another_region_has_a_list_of_its_own(sescli, suppressed, listed, file):
    suppressed("ann@example.org")
    assert sescli("suppression", "show", "ann@example.org", "--region", "eu-west-1").code == 5
    assert sescli("suppression", "diff", file("ann@example.org\n"), "--region", "eu-west-1").code == 3


def test_an_import_never_guesses_its_region(sescli, ses, file, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = sescli("suppression", "import", file("ann@example.org\n"))
    assert ran.code == 2
    assert "no region" in ran.stderr


def test_an_interrupted_import_goes_on_when_it_is_run_again(sescli, ses, listed, file):
    path = file("".join(f"u{number}@example.org\n" for number in range(200)))
    running = subprocess.Popen(
        [sys.executable, "-m", "sescli", "suppression", "import", path, "-o", "json"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while len(listed()) < 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 130, told
    assert json.loads(told.splitlines()[-1])["error"]["code"] == "Interrupted"
    done = len(listed())
    assert 20 <= done < 200
    again = sescli("suppression", "import", path, "-o", "json")
    assert again.json["changes"] == 200 - done
    assert len(listed()) == 200


def test_a_bar_on_a_terminal(ses, file, listed):
    path = file("".join(f"u{number}@example.org\n" for number in range(30)))
    ran = OnTerminal("suppression", "import", path)
    assert ran.end() == 0
    assert "30 addresses suppressed in us-east-1." in ran.screen
    assert len(listed()) == 30


# --- import by SES's job ---


@pytest.fixture
def bucket(boto, ses):
    boto("s3").create_bucket(Bucket="lists")

    def keys():
        return [one["Key"] for one in boto("s3").list_objects_v2(Bucket="lists").get("Contents", [])]

    return keys


def test_import_by_the_job(sescli, bucket, listed, file, boto):
    path = file("ann@example.org,BOUNCE\nbob@example.org,COMPLAINT\n")
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


def test_a_job_each_10_000_to_delete(sescli, bucket, listed, file, boto, tmp_path):
    many = file("".join(f"u{number}@example.org,BOUNCE\n" for number in range(10_001)), "many.csv")
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


def test_the_job_under_a_dry_run(sescli, bucket, file, boto):
    path = file("ann@example.org\n", "list.txt")
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


def test_the_job_without_a_bucket(sescli, ses, file):
    ran = sescli(
        "suppression", "import", file("ann@example.org\n"), "--bucket", "s3://not-there", "-o", "json"
    )
    assert ran.code == 5
    assert ran.error["code"] == "NoSuchBucket"
    assert ran.error["hint"] == "make the bucket: aws s3 mb s3://not-there --region us-east-1"


def test_a_job_that_fails_says_why_and_how_ses_gets_at_the_bucket(sescli, bucket, file, boto, refusing):
    path = file("ann@example.org\n", "list.txt")
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


def test_waiting_for_a_job_has_an_end(sescli, bucket, file):
    ran = sescli(
        "suppression",
        "import",
        file("ann@example.org\n"),
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


def test_a_job_denied_leaves_no_addresses_in_the_bucket(sescli, bucket, file, refusing, listed):
    refusing(**{"POST /v2/email/import-jobs": denied("CreateImportJob")})
    ran = sescli("suppression", "import", file("ann@example.org\n"), "--bucket", "lists", "-o", "json")
    assert ran.code == 4
    assert bucket() == []
    assert listed() == {}


class _Second(Refusal):
    """Refuses the second call, and no other."""

    calls = 0

    def takes(self):
        self.calls += 1
        return self.calls == 2


def test_too_many_jobs_at_once_are_awaited(sescli, bucket, file, refusing, listed, monkeypatch):
    monkeypatch.setitem(suppression_jobs.LARGEST, "put", 1)
    door = _Second(400, "LimitExceededException", "Too many import jobs")
    refusing(**{"POST /v2/email/import-jobs": door})
    path = file("ann@example.org\nbob@example.org\n")
    ran = sescli("suppression", "import", path, "--bucket", "lists", "-o", "json")
    assert ran.code == 0, ran.stderr
    assert door.calls == 3
    assert len(ran.json["jobs"]) == len(listed()) == 2


def test_records_that_ses_did_not_take(sescli, bucket, suppressed, boto, file, refusing, listed):
    """Between the look at the list and the job somebody else takes the address off."""
    suppressed("ann@example.org", "bob@example.org")

    class Meanwhile(Refusal):
        def takes(self):
            boto("sesv2").delete_suppressed_destination(EmailAddress="ann@example.org")
            return False

    refusing(**{"POST /v2/email/import-jobs": Meanwhile(0, "", "")})
    path = file("ann@example.org\nbob@example.org\n")
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


class _Middle(Refusal):
    """Refuses the second to the fifth call: as often as botocore tries by itself, and once more."""

    calls = 0

    def takes(self):
        self.calls += 1
        return 2 <= self.calls <= 5


def test_a_long_list_is_not_given_up_in_the_middle(sescli, bucket, file, refusing, tmp_path):
    many = file("".join(f"u{number}@example.org,BOUNCE\n" for number in range(2500)), "many.csv")
    assert sescli("suppression", "import", many, "--bucket", "lists", "--yes").code == 0
    door = _Middle(429, "TooManyRequestsException", "Rate exceeded")
    refusing(**{f"GET {ADDRESSES}": door})
    ran = sescli("suppression", "export", str(tmp_path / "out.txt"), "-o", "json")
    assert ran.code == 0, ran.stderr
    assert ran.json["addresses"] == 2500
    assert door.calls == 7


def test_throttled_from_the_first_page_on_it_may_be_tried_later(sescli, refusing, file):
    refusing(**{f"GET {ADDRESSES}": Refusal(429, "TooManyRequestsException", "Rate exceeded")})
    ran = sescli("suppression", "diff", file("ann@example.org\n"), "-o", "json")
    assert ran.code == 6
    assert ran.error["retryable"] is True


# --- diff ---


def test_diff_tells_each_difference_and_exits_3(sescli, suppressed, file):
    suppressed("Ann@example.org", "bob@example.org", "cat@example.org")
    path = file("ann@example.org,BOUNCE\nBob@example.org,COMPLAINT\ndan@example.org,BOUNCE\n")
    ran = sescli("suppression", "diff", path, "-o", "json")
    assert ran.code == 3
    assert ran.json == [
        {
            "email": "dan@example.org",
            "state": "only_in_file",
            "reason_in_file": "BOUNCE",
            "reason_at_ses": None,
        },
        {
            "email": "cat@example.org",
            "state": "only_at_ses",
            "reason_in_file": None,
            "reason_at_ses": "BOUNCE",
        },
        {
            "email": "bob@example.org",
            "state": "reason",
            "reason_in_file": "COMPLAINT",
            "reason_at_ses": "BOUNCE",
        },
    ]
    told = sescli("suppression", "diff", path)
    assert told.code == 3
    assert "only in the file  1\n" in told.stdout
    assert f"Next: sescli suppression import {path}" in told.stderr


def test_diff_of_the_same_and_of_addresses_alone(sescli, suppressed, file):
    suppressed("Ann@example.org")
    assert sescli("suppression", "diff", file("ann@example.org,BOUNCE\n")).code == 0
    assert sescli("suppression", "diff", file("ANN@example.org\n", "list.txt")).code == 0
    assert sescli("suppression", "diff", file("ann@example.org,BOUNCE\n"), "-o", "json").json == []
    assert sescli("suppression", "diff", "-", stdin="ann@example.org,COMPLAINT\n").code == 3


def test_diff_refuses_a_file_with_bad_lines(sescli, suppressed, file):
    ran = sescli("suppression", "diff", file("ann@example.org\nnobody\n"))
    assert ran.code == 2
    assert "list.csv:2:" in ran.stderr


# --- memory ---

_PROBE = """
import resource, sys
from itertools import islice
from pathlib import Path
from sescli.services.suppression import Suppressed
from sescli.services.suppression_export import save
from sescli.services.suppression_files import read, written
from sescli.services.suppression_table import table

def entries(count):
    for number in range(count):
        yield Suppressed(f"user.{number * 7919 % count}@example{number % 97}.org", "BOUNCE", None)

def work(count, path):
    assert save(path, written(entries(count), "csv", print)) == count
    with table() as sides, path.open("rb") as stream:
        assert sides.load_file(read(stream, "x", "csv"), None).addresses == count
        sides.load_account(islice(entries(count), count - 1))
        assert sides.count_changes("put") == 1
        assert sum(1 for _ in sides.differences()) == 1

for count in map(int, sys.argv[2:]):
    work(count, Path(sys.argv[1]))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_a_long_list_takes_no_more_memory_than_a_short_one(tmp_path):
    """SQLite's cache (16 MiB), and the sorter as much again, are all that grows; kilobytes of RSS on Linux."""
    ran = subprocess.run(
        [sys.executable, "-c", _PROBE, str(tmp_path / "list.csv"), "1000", "200000"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ},
    )
    assert ran.returncode == 0, ran.stderr
    short, long = map(int, ran.stdout.split())
    if sys.platform == "linux":
        assert long - short < 48 * 1024
