"""One recipient in several spellings is named: never lost without a word, and never sent to twice."""

from __future__ import annotations

import json

import pytest

DATA = {"name": "Jo", "orderId": "1", "total": "9.99"}


@pytest.fixture
def report(shop, sescli, batch):
    def check(people, more=""):
        rows = [{"data": DATA, **one} for one in people]
        return sescli("bulk", "validate", batch(rows, more), "-o", "json").json

    return check


@pytest.mark.parametrize(
    "row",
    [
        {"to": ["jo@example.com", "Jo <JO@example.com>"]},
        {"to": "jo@example.com", "cc": ["Jo@Example.com"]},
        {"to": "a@example.com", "cc": ["b@example.com"], "bcc": ["b@example.com"]},
    ],
)
def test_address_twice_in_a_row_is_invalid(row, report):
    found = report([row, {"to": "other@example.com"}])
    assert (found["ok"], found["invalid"], found["ready"]) == (False, 1, 1)
    [problem] = found["problems"]
    assert problem["code"] == "RepeatedAddress"
    assert "more than once" in problem["reasons"][0]["reason"]


@pytest.mark.parametrize("other", ["7 ", " 7", "\t7", "7\u00a0"])
def test_ids_that_differ_by_a_blank_are_duplicates(other, report):
    found = report([{"to": "a@example.com", "id": "7"}, {"to": "b@example.com", "id": other}])
    assert [(one["code"], one["count"]) for one in found["problems"]] == [("Duplicate", 1)]


def test_address_with_several_ids_is_a_warning(report):
    people = [
        {"to": "jo@example.com", "id": "1"},
        {"to": "JO@example.com", "id": "2"},
        {"to": "x@example.com"},
    ]
    found = report(people)
    assert found["ok"]
    warning = next(one for one in found["findings"] if one["code"] == "SharedAddress")
    assert warning["level"] == "warning"
    assert "1 address has several ids" in warning["message"]
    assert "jo@example.com" in warning["message"]
    allowed = report(people, "duplicates: allow\n")
    assert "SharedAddress" not in [one["code"] for one in allowed["findings"]]


def test_second_yaml_document_is_refused(shop, sescli, tmp_path, batch):
    rows = [json.dumps({"to": f"user{n}@example.com", **DATA}) for n in range(2)]
    (tmp_path / "people.yaml").write_text(f"- {rows[0]}\n---\n- {rows[1]}\n")
    refused = sescli(
        "bulk", "validate", batch([{"to": "x@example.com"}]), "--recipients", str(tmp_path / "people.yaml")
    )
    assert refused.code == 2
    assert "second YAML document" in refused.stderr
