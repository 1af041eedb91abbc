"""`sescli suppression import`, one call each; read back through boto3."""

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
            gzip.compress(b"ann@example.org,BOUNCE\nbob@example.org,COMPLAINT\n", mtime=0),
        ),
    ],
)
def test_import_of_each_form(sescli, ses, listed, list_file, name, content):
    ran = sescli("suppression", "import", list_file(content, name), "-o", "json")
    assert ran.code == 0, ran.stderr
    assert listed() == {"ann@example.org": "BOUNCE", "bob@example.org": "COMPLAINT"}
    assert ran.json["done"] == 2


def test_import_of_bare_addresses_and_from_standard_input(sescli, ses, listed, list_file):
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


def test_what_list_writes_for_a_spreadsheet_is_taken_back(sescli, suppressed, listed, boto):
    suppressed("=cmd@example.org", "'quoted@example.org")
    table = sescli("suppression", "list", "-o", "csv").stdout
    assert "'=cmd@example.org" in table
    for address in listed():
        boto("sesv2").delete_suppressed_destination(EmailAddress=address)
    assert sescli("suppression", "import", "-", stdin=table).code == 0
    assert set(listed()) == {"=cmd@example.org", "'quoted@example.org"}


def test_every_bad_line_is_told_and_then_nothing_is_imported(sescli, ses, listed, list_file):
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
        ("cut.csv.gz", gzip.compress(b"ann@example.org,BOUNCE\n" * 999, mtime=0)[:40], "gzip"),
        ("list.jsonl", '["ann@example.org"]\n{"emailAddress": 1}\n{\n', "3 bad lines"),
    ],
)
def test_files_that_cannot_be_read(sescli, ses, listed, list_file, name, content, words):
    ran = sescli("suppression", "import", list_file(content, name))
    assert ran.code == 2
    assert words in ran.stderr
    assert listed() == {}


def test_no_such_file_and_options_that_do_not_exist(sescli, ses, list_file):
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


def test_an_address_twice_counts_once_and_the_later_line_holds(sescli, ses, listed, list_file):
    path = list_file("ann@example.org,BOUNCE\nbob@example.org,BOUNCE\nANN@example.org,COMPLAINT\n")
    ran = sescli("suppression", "import", path, "-o", "json")
    assert (ran.json["addresses"], ran.json["duplicates"]) == (2, 1)
    assert listed() == {"ANN@example.org": "COMPLAINT", "bob@example.org": "BOUNCE"}


def test_what_is_there_already_costs_no_call(sescli, suppressed, listed, list_file):
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


def test_delete_asks_and_takes_off_every_spelling(sescli, suppressed, listed, list_file):
    suppressed("Ann@example.org", "ann@example.org", "bob@example.org")
    path = list_file("ANN@example.org\nnobody@example.org\n", "list.txt")
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


def test_many_at_once_ask_and_are_planned_in_part(sescli, ses, listed, list_file):
    path = list_file("".join(f"u{number}@example.org\n" for number in range(1100)))
    refused = sescli("suppression", "import", path)
    assert refused.code == 2
    assert "1,100 addresses no more" in refused.stderr
    planned = sescli("suppression", "import", path, "--dry-run", "-o", "json")
    assert len(planned.json) == 1000
    assert "1,100 calls would be made" in planned.stderr
    assert listed() == {}


def test_throttling_slows_an_import_and_loses_nothing(sescli, refusing, listed, list_file):
    door = throttled(times=32)  # the gateway makes each of eight calls up to four times by itself
    refusing(**{f"PUT {ADDRESSES}": door})
    path = list_file("".join(f"u{number}@example.org\n" for number in range(30)))
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 0, ran.stderr
    assert door.given == 32
    assert ran.json["throttled"] > 0
    assert ran.json["done"] == 30
    assert len(listed()) == 30


def test_without_permission_an_import_stops_at_once(sescli, refusing, listed, list_file):
    door = denied("PutSuppressedDestination")
    refusing(**{f"PUT {ADDRESSES}": door})
    path = list_file("".join(f"u{number}@example.org\n" for number in range(200)))
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 4
    assert door.given <= 16
    assert listed() == {}


def test_what_ses_refuses_is_told_and_the_rest_goes_on(sescli, refusing, listed, list_file):
    refusing(**{f"PUT {ADDRESSES}": Refusal(400, "BadRequestException", "Bad address", times=2)})
    path = list_file("".join(f"u{number}@example.org\n" for number in range(20)))
    ran = sescli("suppression", "import", path, "-o", "json")
    assert ran.code == 3
    assert ran.json["done"] == 18
    assert [one["why"] for one in ran.json["refused"]] == ["sesv2 PutSuppressedDestination: Bad address"] * 2
    assert len(listed()) == 18


def test_where_ses_refuses_all_the_rest_is_not_tried(sescli, refusing, list_file):
    door = Refusal(400, "BadRequestException", "No")
    refusing(**{f"PUT {ADDRESSES}": door})
    path = list_file("".join(f"u{number}@example.org\n" for number in range(500)))
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


def test_another_region_has_a_list_of_its_own(sescli, suppressed, listed, list_file):
    suppressed("ann@example.org")
    assert sescli("suppression", "show", "ann@example.org", "--region", "eu-west-1").code == 5
    assert sescli("suppression", "diff", list_file("ann@example.org\n"), "--region", "eu-west-1").code == 3


def test_an_import_never_guesses_its_region(sescli, ses, list_file, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = sescli("suppression", "import", list_file("ann@example.org\n"))
    assert ran.code == 2
    assert "no region" in ran.stderr


# Where the tests run in the background, SIGINT is ignored, and a child inherits that.
_HEEDING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from sescli.__main__ import main
main()
"""


def test_an_interrupted_import_goes_on_when_it_is_run_again(sescli, ses, listed, list_file):
    path = list_file("".join(f"u{number}@example.org\n" for number in range(200)))
    running = subprocess.Popen(
        [sys.executable, "-c", _HEEDING, "suppression", "import", path, "-o", "json"],
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


def test_a_bar_on_a_terminal(ses, list_file, listed):
    path = list_file("".join(f"u{number}@example.org\n" for number in range(30)))
    ran = OnTerminal("suppression", "import", path)
    assert ran.end() == 0
    assert "30 addresses suppressed in us-east-1." in ran.screen
    assert len(listed()) == 30
