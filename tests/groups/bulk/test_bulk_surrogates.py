"""Halves of surrogate pairs: JSON and file names can contain them, but UTF-8 and the journal cannot."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sescli.groups.bulk.model.entries import StateChange

HALF = "\ud800"
BATCH = """\
version: 1
name: halves
from: Shop <shop@example.com>
content: {subject: "Hello {{name}}", text: "Dear {{name}}"}
recipients: {file: people.jsonl, to: email, id: id}
"""
ROWS = (
    r'{"email": "jo@example.com", "id": "1", "name": "Jo"}',
    r'{"email": "an@example.com", "id": "2\ud800", "name": "An"}',
    r'{"email": "bo\ud800@example.com", "id": "3", "name": "Bo"}',
    r'{"email": "cy@example.com", "id": "4", "na\ud800me": "Cy"}',
)


def test_journal_stays_readable_with_surrogates_in_response(journal_of, opened):
    journal = opened(journal_of(2))
    journal.commit(claimed=journal.pending(0, 2))
    journal.commit(
        settled=[StateChange(1, "sent", f"m-{HALF}"), StateChange(2, "failed", None, "FAILED", f"bad {HALF}")]
    )
    sent, failed = journal.results()
    assert (sent.message_id, failed.reason) == ("m-?", "bad ?")
    assert journal.reasons()[0].example == "bad ?"


def test_rows_with_surrogates_are_invalid_and_others_sent(ses, sescli, tmp_path):
    assert sescli("identity", "verify", "example.com").code == 0
    batch = tmp_path / "batch.yaml"
    batch.write_text(BATCH)
    (tmp_path / "people.jsonl").write_text("\n".join(ROWS))
    refused = sescli("bulk", "run", str(batch), "--yes")
    assert refused.code == 2, refused.stderr
    ran = sescli("bulk", "run", str(batch), "--yes", "--skip-invalid", "-o", "json")
    assert (ran.code, ran.json["sent"], ran.json["invalid"]) == (3, 1, 3), ran.stderr
    results = sescli("bulk", "results", "-o", "json").json
    assert [one["code"] for one in results] == [None, "BadId", "HeaderInjection", "BadData"]


@pytest.mark.skipif(sys.platform != "linux", reason="where file names are bytes")
def test_bulk_run_accepts_file_name_that_is_not_unicode(ses, sescli, tmp_path):
    assert sescli("identity", "verify", "example.com").code == 0
    (tmp_path / "batch.yaml").write_text(BATCH)
    people = os.fsdecode(bytes(tmp_path) + b"/p\xe9ople.jsonl")
    Path(people).write_text(ROWS[0])
    ran = sescli("bulk", "run", str(tmp_path / "batch.yaml"), "--recipients", people, "--yes", "-o", "json")
    assert (ran.code, ran.json["sent"]) == (0, 1), ran.stderr
