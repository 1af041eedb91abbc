"""`sescli suppression import` with one call per address; the list is read through boto3."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time

import pytest
from gatekeeper import Refusal, denied, throttled
from pseudo_terminal import OnTerminal

ADDRESSES = "/v2/email/suppression/addresses"


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
            gzip.compress(b"ann@example.org,BOUNCE\nbob@example.org,COMPLAINT\n", mtime=0),
        ),
    ],
)
def test_import_accepts_each_format(sescli, ses, listed, list_file, name, content):
    ran = sescli("suppression", "import", list_file(content, name), "-o", "json")
    assert ran.code == 0, ran.stderr
    assert listed() == {"ann@example.org": "BOUNCE", "bob@example.org": "COMPLAINT"}
    assert ran.json["done"] == 2


def test_import_accepts_plain_addresses_and_standard_input(sescli, ses, listed, list_file):
    path = list_file("ann@example.org\nbücher@example.org".replace("ü", "ue") + "\n", "list.txt")
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


def test_import_accepts_csv_output_of_list(sescli, suppressed, listed, boto):
    suppressed("=cmd@example.org", "'quoted@example.org")
    table = sescli("suppression", "list", "-o", "csv").stdout
    assert "'=cmd@example.org" in table
    for address in listed():
        boto("sesv2").delete_suppressed_destination(EmailAddress=address)
    assert sescli("suppression", "import", "-", stdin=table).code == 0
    assert set(listed()) == {"=cmd@example.org", "'quoted@example.org"}


def test_import_reports_every_invalid_line_and_imports_nothing(sescli, ses, listed, list_file):
    path = list_file(
        'ann@example.org,BOUNCE\nnobody\nbob@example.org,SPAM\n"cat@example.org\n,BOUNCE\n'
        "Dan <dan@example.org>,BOUNCE\nx@example.org\x1b[2J,BOUNCE\n"
    )
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 2
    for line in range(2, 8):
        assert f"{path}:{line}: " in ran.stderr
    assert "\x1b" not in ran.stderr
    assert ran.error["code"] == "BadLines"
    assert "6 invalid lines" in ran.error["message"]
    assert listed() == {}
    ran = sescli("suppression", "import", path, "--skip-invalid", "-o", "json")
    assert ran.code == 0
    assert ran.json["invalid"] == 6
    assert listed() == {"ann@example.org": "BOUNCE"}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", "", "contains no addresses"),
        ("only-header.csv", "email,reason\n", "contains no addresses"),
        ("latin1.csv", "ann@b\xfccher.example,BOUNCE\n".encode("latin-1"), "not UTF-8"),
        ("utf16.csv", "ann@example.org\n".encode("utf-16"), "UTF-16"),
        ("cut.csv.gz", gzip.compress(b"ann@example.org,BOUNCE\n" * 999, mtime=0)[:40], "gzip"),
        ("list.jsonl", '["ann@example.org"]\n{"emailAddress": 1}\n{\n', "3 invalid lines"),
    ],
)
def test_import_rejects_unreadable_file(sescli, ses, listed, list_file, name, content, words):
    ran = sescli("suppression", "import", list_file(content, name))
    assert ran.code == 2
    assert words in ran.stderr
    assert listed() == {}


def test_import_rejects_missing_file_and_invalid_options(sescli, ses, list_file):
    assert sescli("suppression", "import", "/nowhere/list.csv").code == 2
    assert sescli("suppression", "import", "-", tty=True).code == 2
    path = list_file("ann@example.org\n")
    for bad in (
        ["--action", "merge"],
        ["--reason", "spam"],
        ["--format", "xlsx"],
        ["--bucket", "https://x"],
        ["--timeout", "soon"],
    ):
        assert sescli("suppression", "import", path, *bad).code == 2


def test_import_uses_the_last_line_of_a_repeated_address(sescli, ses, listed, list_file):
    path = list_file("ann@example.org,BOUNCE\nbob@example.org,BOUNCE\nANN@example.org,COMPLAINT\n")
    ran = sescli("suppression", "import", path, "-o", "json")
    assert (ran.json["addresses"], ran.json["duplicates"]) == (2, 1)
    assert listed() == {"ANN@example.org": "COMPLAINT", "bob@example.org": "BOUNCE"}


def test_import_makes_no_call_for_unchanged_addresses(sescli, suppressed, listed, list_file):
    suppressed("Ann@example.org", "bob@example.org")
    path = list_file("ann@example.org,BOUNCE\nBOB@example.org,COMPLAINT\ncat@example.org,BOUNCE\n")
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


def test_import_delete_asks_and_removes_every_spelling(sescli, suppressed, listed, list_file):
    suppressed("Ann@example.org", "ann@example.org", "bob@example.org")
    path = list_file("ANN@example.org\nnobody@example.org\n", "list.txt")
    refused = sescli("suppression", "import", path, "--action", "delete")
    assert refused.code == 2
    assert "deliver to 2 addresses again" in refused.stderr
    no = sescli(
        "suppression",
        "import",
        path,
        "--action",
        "delete",
        answers=[("Remove them from the suppression list?", False)],
    )
    assert no.code == 2
    assert len(listed()) == 3
    planned = sescli("suppression", "import", path, "--action", "delete", "--dry-run", "-o", "json").json
    assert {call["parameters"]["EmailAddress"] for call in planned} == {"Ann@example.org", "ann@example.org"}
    assert len(listed()) == 3
    assert sescli("suppression", "import", path, "--action", "delete", "--yes").code == 0
    assert listed() == {"bob@example.org": "BOUNCE"}


def test_import_of_many_asks_and_dry_run_shows_first_calls(sescli, ses, listed, list_file):
    path = list_file("".join(f"u{number}@example.org\n" for number in range(1100)))
    refused = sescli("suppression", "import", path)
    assert refused.code == 2
    assert "no longer deliver to 1,100 addresses" in refused.stderr
    planned = sescli("suppression", "import", path, "--dry-run", "-o", "json")
    assert len(planned.json) == 1000
    assert "the import needs 1,100 calls" in planned.stderr
    assert listed() == {}


def test_import_continues_after_throttling(sescli, refusing, listed, list_file):
    refusal = throttled(times=32)  # the gateway tries each of 8 calls up to 4 times
    refusing(**{f"PUT {ADDRESSES}": refusal})
    path = list_file("".join(f"u{number}@example.org\n" for number in range(30)))
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 0, ran.stderr
    assert refusal.given == 32
    assert ran.json["throttled"] > 0
    assert ran.json["done"] == 30
    assert len(listed()) == 30


def test_import_stops_without_permission(sescli, refusing, listed, list_file):
    refusal = denied("PutSuppressedDestination")
    refusing(**{f"PUT {ADDRESSES}": refusal})
    path = list_file("".join(f"u{number}@example.org\n" for number in range(200)))
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 4
    assert refusal.given <= 16
    assert listed() == {}


def test_import_reports_rejected_addresses_and_continues(sescli, refusing, listed, list_file):
    refusing(**{f"PUT {ADDRESSES}": Refusal(400, "BadRequestException", "Bad address", times=2)})
    path = list_file("".join(f"u{number}@example.org\n" for number in range(20)))
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 3
    assert ran.json["done"] == 18
    assert [one["why"] for one in ran.json["refused"]] == ["sesv2 PutSuppressedDestination: Bad address"] * 2
    assert len(listed()) == 18


def test_import_stops_if_ses_rejects_everything(sescli, refusing, list_file):
    refusal = Refusal(400, "BadRequestException", "No")
    refusing(**{f"PUT {ADDRESSES}": refusal})
    path = list_file("".join(f"u{number}@example.org\n" for number in range(500)))
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 1
    assert "0 of 500 were done" in ran.error["message"]
    assert refusal.given < 40


def test_import_reports_sandbox_before_reading_the_file(sescli, ses, boto, tmp_path):
    ses.control(sandbox=True)
    boto("s3").create_bucket(Bucket="lists")
    for options in ([], ["--bucket", "s3://lists"]):
        ran = sescli("suppression", "import", str(tmp_path / "not-there.csv"), *options, "-o", "json")
        assert ran.code == 1
        assert ran.error["code"] == "Sandbox"
        assert "sescli sandbox request-production" in ran.error["hint"]
    assert "Contents" not in boto("s3").list_objects_v2(Bucket="lists")


def test_show_and_diff_use_the_list_of_the_given_region(sescli, suppressed, listed, list_file):
    suppressed("ann@example.org")
    assert sescli("suppression", "show", "ann@example.org", "--region", "eu-west-1").code == 5
    assert sescli("suppression", "diff", list_file("ann@example.org\n"), "--region", "eu-west-1").code == 3


def test_import_requires_a_region(sescli, ses, list_file, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = sescli("suppression", "import", list_file("ann@example.org\n"))
    assert ran.code == 2
    assert "no region" in ran.stderr


# Tests in the background ignore SIGINT, and child processes inherit that.
_WITH_SIGINT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from sescli.__main__ import main
main()
"""


def test_import_continues_after_interruption(sescli, ses, listed, list_file):
    path = list_file("".join(f"u{number}@example.org\n" for number in range(200)))
    running = subprocess.Popen(
        [sys.executable, "-c", _WITH_SIGINT, "suppression", "import", path, "-o", "json"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while len(listed()) < 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 130, errors
    assert json.loads(errors.splitlines()[-1])["error"]["code"] == "Interrupted"
    done = len(listed())
    assert 20 <= done < 200
    again = sescli("suppression", "import", path, "-o", "json")
    assert again.json["changes"] == 200 - done
    assert len(listed()) == 200


def test_import_on_a_terminal_ends_with_summary(ses, list_file, listed):
    path = list_file("".join(f"u{number}@example.org\n" for number in range(30)))
    ran = OnTerminal("suppression", "import", path)
    assert ran.end() == 0
    assert "Added 30 addresses (us-east-1)." in ran.screen
    assert len(listed()) == 30
