"""`sescli suppression export|diff`, and their memory use."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import subprocess
import sys

import pytest
from gatekeeper import Refusal, denied
from hypothesis import given
from hypothesis import strategies as st

from sescli.groups.suppression.service.entries import REASONS, SuppressedAddress
from sescli.groups.suppression.service.files import read, to_lines

ADDRESSES = "/v2/email/suppression/addresses"


# --- export ---


def test_export_writes_what_import_accepts(sescli, suppressed, listed, boto, tmp_path):
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


def test_export_writes_each_format(sescli, suppressed):
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


_LOCAL = st.one_of(
    st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}", fullmatch=True),
    st.from_regex(r'"(?:[ !#-\[\]-~]|\\[ -~]){0,20}"', fullmatch=True),
).filter(lambda local: "=?" not in local)  # encoded-words are refused


@given(
    st.lists(st.tuples(_LOCAL, st.sampled_from(REASONS)), min_size=1),
    st.sampled_from(["csv", "jsonl"]),
)
def test_files_keep_every_address_and_reason(entries, kind):
    listed = [SuppressedAddress(f"{local}@example.org", reason, None) for local, reason in entries]
    text = "".join(to_lines(listed, kind, pytest.fail))
    found = list(read(io.BytesIO(text.encode()), "x", kind))
    assert [(one.address, one.reason) for one in found] == [(one.email, one.reason) for one in listed]


def test_csv_omits_and_reports_address_with_line_break():
    on_unwritable = []
    listed = [
        SuppressedAddress("a\nb@example.org", "BOUNCE", None),
        SuppressedAddress("c@example.org", "BOUNCE", None),
    ]
    assert list(to_lines(listed, "csv", on_unwritable.append)) == ["c@example.org,BOUNCE\n"]
    assert on_unwritable == ["a\nb@example.org"]
    assert next(iter(to_lines(listed, "jsonl", on_unwritable.append))).count("\n") == 1


def test_export_writes_equal_gzip_for_equal_lists(sescli, suppressed, tmp_path):
    suppressed("ann@example.org")
    for name in ("a.csv.gz", "b.csv.gz"):
        sescli("suppression", "export", str(tmp_path / name))
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == b"ann@example.org,BOUNCE\n"


def test_export_keeps_existing_file_after_an_error(sescli, suppressed, refusing, list_file, tmp_path):
    suppressed("ann@example.org")
    path = list_file("old content\n")
    refusing(**{f"GET {ADDRESSES}": denied("ListSuppressedDestinations")})
    assert sescli("suppression", "export", path, "--yes").code == 4
    assert (tmp_path / "list.csv").read_text() == "old content\n"
    assert {each.name for each in tmp_path.iterdir()} == {"list.csv", "home"}


def test_export_follows_no_link_and_rejects_folder(sescli, suppressed, list_file, tmp_path):
    suppressed("ann@example.org")
    path = list_file("old\n")
    (tmp_path / "link.csv").symlink_to(path)
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "new.csv")
    for name in ("link.csv", "dangling.csv"):
        ran = sescli("suppression", "export", str(tmp_path / name), "--yes", "-o", "json")
        assert ran.code == 2
        assert "is a symbolic link" in ran.error["message"]
    assert (tmp_path / "list.csv").read_text() == "old\n"
    assert not (tmp_path / "new.csv").exists()
    assert sescli("suppression", "export", str(tmp_path), "--yes").code == 2
    assert sescli("suppression", "export", str(tmp_path / "no-such-folder" / "x.csv")).code == 2


def test_export_asks_before_it_replaces_a_file(sescli, suppressed, list_file, tmp_path):
    suppressed("ann@example.org")
    path = list_file("old\n")
    refused = sescli("suppression", "export", path, "-o", "json")
    assert refused.code == 2
    assert f"{path} already exists and will be overwritten" in refused.error["message"]
    assert "--yes" in refused.error["hint"]
    assert sescli("suppression", "export", path, answers=[("Replace it?", False)], tty=True).code == 2
    assert (tmp_path / "list.csv").read_text() == "old\n"
    assert sescli("suppression", "export", path, answers=[("Replace it?", True)], tty=True).code == 0
    assert (tmp_path / "list.csv").read_text() == "ann@example.org,BOUNCE\n"
    assert sescli("suppression", "export", path, "--yes").code == 0


def test_export_dry_run_writes_nothing(sescli, suppressed, tmp_path):
    suppressed("ann@example.org")
    assert sescli("suppression", "export", str(tmp_path / "x.csv"), "--dry-run").code == 0
    assert not (tmp_path / "x.csv").exists()


class _FailInTheMiddle(Refusal):
    """Rejects calls 2 to 5: as often as botocore tries, and once more."""

    calls = 0

    def takes(self):
        self.calls += 1
        return 2 <= self.calls <= 5


def test_export_retries_a_throttled_page(sescli, bucket, list_file, refusing, tmp_path):
    many = list_file("".join(f"u{number}@example.org,BOUNCE\n" for number in range(2500)), "many.csv")
    assert sescli("suppression", "import", many, "--bucket", "lists", "--yes").code == 0
    refusal = _FailInTheMiddle(429, "TooManyRequestsException", "Rate exceeded")
    refusing(**{f"GET {ADDRESSES}": refusal})
    ran = sescli("suppression", "export", str(tmp_path / "out.txt"), "-o", "json")
    assert ran.code == 0, ran.stderr
    assert ran.json["addresses"] == 2500
    assert refusal.calls == 7


def test_diff_is_retryable_if_first_page_is_throttled(sescli, refusing, list_file):
    refusing(**{f"GET {ADDRESSES}": Refusal(429, "TooManyRequestsException", "Rate exceeded")})
    ran = sescli("suppression", "diff", list_file("ann@example.org\n"), "-o", "json")
    assert ran.code == 6
    assert ran.error["retryable"] is True


# --- diff ---


def test_diff_lists_each_difference_and_exits_3(sescli, suppressed, list_file):
    suppressed("Ann@example.org", "bob@example.org", "cat@example.org")
    path = list_file("ann@example.org,BOUNCE\nBob@example.org,COMPLAINT\ndan@example.org,BOUNCE\n")
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
    table = sescli("suppression", "diff", path)
    assert table.code == 3
    assert "only in the file  1\n" in table.stdout
    assert f"Next: sescli suppression import {path}" in table.stderr


def test_diff_exits_0_for_equal_lists_and_plain_addresses(sescli, suppressed, list_file):
    suppressed("Ann@example.org")
    assert sescli("suppression", "diff", list_file("ann@example.org,BOUNCE\n")).code == 0
    assert sescli("suppression", "diff", list_file("ANN@example.org\n", "list.txt")).code == 0
    assert sescli("suppression", "diff", list_file("ann@example.org,BOUNCE\n"), "-o", "json").json == []
    assert sescli("suppression", "diff", "-", stdin="ann@example.org,COMPLAINT\n").code == 3


def test_diff_rejects_file_with_invalid_lines(sescli, suppressed, list_file):
    ran = sescli("suppression", "diff", list_file("ann@example.org\nnobody\n"))
    assert ran.code == 2
    assert "list.csv:2:" in ran.stderr


# --- memory ---

_PROBE = """
import resource, sys
from itertools import islice
from pathlib import Path
from sescli.groups.suppression.service.entries import SuppressedAddress
from sescli.groups.suppression.service.export import open_target, save
from sescli.groups.suppression.service.files import read, to_lines
from sescli.groups.suppression.service.comparison import comparison_table

def entries(count):
    for number in range(count):
        yield SuppressedAddress(f"user.{number * 7919 % count}@example{number % 97}.org", "BOUNCE", None)

def work(count, path):
    assert save(open_target(path, lambda: None), to_lines(entries(count), "csv", print)) == count
    with comparison_table() as sides, path.open("rb") as stream:
        assert sides.load_file(read(stream, "x", "csv"), None).addresses == count
        sides.load_account(islice(entries(count), count - 1))
        assert sides.count_changes("put") == 1
        assert sum(1 for _ in sides.differences()) == 1

for count in map(int, sys.argv[2:]):
    work(count, Path(sys.argv[1]))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_export_and_comparison_use_constant_memory(tmp_path):
    """Only the SQLite cache (16 MiB) and its sorter (as much again) grow. RSS is in kilobytes on Linux."""
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
