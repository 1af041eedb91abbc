"""What `bulk validate` and `bulk run` report about a batch with problems: grouped, counted, and how to fix them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAD = "version: 1\nname: news\nfrom: Shop <shop@example.com>\n"


@pytest.fixture
def shop(ses, sescli):
    assert sescli("identity", "verify", "example.com").code == 0
    made = ("--subject", "Hi {{name}}", "--text", "Order {{orderId}}, total {{total}}{{#if note}}!{{/if}}")
    assert sescli("template", "create", "Order", *made).code == 0
    return ses


@pytest.fixture
def batch(tmp_path):
    def make(table, more="template: Order\n"):
        (tmp_path / "people.csv").write_text(table)
        path = tmp_path / "news.yaml"
        path.write_text(f"{HEAD}{more}recipients: {{file: people.csv}}\n")
        return str(path)

    return make


def test_bulk_validate_reports_missing_variable_in_one_line(shop, sescli, batch):
    rows = "".join(f"u{n}@example.com,Jo,{n}\n" for n in range(1, 501))
    spec = batch(f"email,name,orderId\n{rows}")
    refused = sescli("bulk", "run", spec, "--yes")
    assert refused.code == 2
    assert refused.stderr.count("the template requires") == 1
    line = "rows 1, 2, 3, 4, 5 and 495 more: the template requires 'total'; the row has 'name', 'orderId'"
    assert line in refused.stderr
    assert "default_data: {VARIABLE: VALUE}" in refused.stderr
    checked = sescli("bulk", "validate", spec)
    assert checked.code == 3
    assert checked.stdout.count("the template requires") == 1
    assert "MissingVariable: 500 rows. To fix: add the column" in checked.stdout
    (kind,) = sescli("bulk", "validate", spec, "-o", "json").json["problems"]
    assert (kind["count"], len(kind["first"]), kind["reasons"][0]["count"]) == (500, 20, 500)


def test_bulk_run_names_invalid_rows_with_line_and_address(shop, sescli, batch):
    refused = sescli("bulk", "run", batch("email,name,orderId,total\nnobody,Jo,1,2\nalso,Jo,1,2\n"), "--yes")
    assert "row 1 (line 2): nobody: " in refused.stderr
    assert "row 2 (line 3): also: " in refused.stderr
    assert "2 of 2 rows are invalid; nothing was sent" in refused.stderr


def test_bulk_validate_warns_of_empty_values(shop, sescli, batch):
    table = (
        "email,name,orderId,total,note\na@example.com,Jo,1,,\nb@example.com,Jo,1,2,\nc@example.com,Jo,1,,\n"
    )
    checked = sescli("bulk", "validate", batch(table), "-o", "json")
    assert checked.code == 0
    assert [(one["level"], one["code"], one["message"]) for one in checked.json["findings"]] == [
        ("warning", "EmptyValue", "2 rows have an empty 'total': rows 1 and 3")
    ]
    ran = sescli("bulk", "run", batch(table), "--yes")
    assert ran.code == 0
    assert "2 rows have an empty 'total': rows 1 and 3" in ran.stderr
    one = sescli("bulk", "validate", batch("email,name,orderId,total\na@example.com,Jo,1,\n"), "--again")
    assert "1 row has an empty 'total': row 1" in " ".join(one.stdout.split())


def test_bulk_output_uses_the_singular_for_one(shop, sescli, batch):
    assert sescli("suppression", "add", "a@example.com", "--reason", "bounce").code == 0
    table = "email,name,orderId,total\na@example.com,Jo,1,2\nb@example.com,Jo,1,2\nnobody,Jo,1,2\n"
    checked = sescli("bulk", "validate", batch(table), "--skip-invalid")
    assert "1 recipient is on the suppression list" in checked.stdout
    assert "InvalidAddress: 1 row\n" in checked.stdout
    ran = sescli("bulk", "run", batch(table), "--yes", "--skip-invalid", "--skip-suppressed")
    assert "1 message to 1 recipient (without: 1 invalid row, 1 skipped) in 1 API call:" in ran.stderr


def test_bulk_validate_suggests_config_set_create_in_the_same_region(shop, sescli, batch):
    table = "email,name,orderId,total\na@example.com,Jo,1,2\n"
    spec = batch(table, "template: Order\nconfig_set: news\n")
    checked = sescli("bulk", "validate", spec, "--region", "us-east-1")
    assert checked.code == 3
    assert "sescli --region us-east-1 config-set create news" in checked.stdout


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("sender: a@example.com", "from"),
        ("source: a@example.com", "from"),
        ("subject: Hello", "content"),
        ("configuration_set: news", "config_set"),
        ("configuration-set: news", "config_set"),
        ("data: {a: b}", "default_data"),
        ("headrs: {a: b}", "headers"),
    ],
)
def test_bulk_validate_suggests_the_key_for_a_wrong_one(wrong, meant, sescli, batch):
    refused = sescli("bulk", "validate", batch("email\na@example.com\n", f"template: Order\n{wrong}\n"))
    assert refused.code == 2
    assert f"did you mean '{meant}'?" in refused.stderr


def test_bulk_run_stops_before_sending_when_its_reader_closes(shop, sescli, batch):
    rows = "".join(f"nobody{n},Jo,1,2\n" for n in range(3000))
    spec = batch(f"email,name,orderId,total\na@example.com,Jo,1,2\n{rows}")
    argv = [sys.executable, "-m", "sescli", "bulk", "run", spec, "--yes", "--skip-invalid", "-o", "jsonl"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["state"] == "invalid"
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 3
    assert "the output cannot be written (Broken pipe)" in said
    assert "Next: sescli bulk resume news-" in said
    assert list(shop.messages()) == []
    assert sescli("bulk", "resume").code == 3
    assert len(list(shop.messages())) == 1
