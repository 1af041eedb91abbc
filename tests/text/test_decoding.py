"""Files that are not UTF-8, wherever a command reads one: the line, the byte, and how to fix it."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["receipt", "rule", "create", "main", "--file", "FILE"], "rule.json"),
        (["config-set", "event-destination", "add", "my-set", "--file", "FILE"], "destination.json"),
        (["template", "create", "--file", "FILE"], "template.yaml"),
        (
            [
                *("send", "email", "--from", "a@example.com", "--to", "b@example.net", "--subject", "x"),
                *("--text", "@FILE"),
            ],
            "body.txt",
        ),
    ],
    ids=["rule", "destination", "template", "body"],
)
def test_the_line_and_the_byte_are_named(sescli, ses, tmp_path, arguments, name):
    file = tmp_path / name
    file.write_bytes("subject: x\ntext: Grüße\n".encode("latin-1"))
    ran = sescli(*(word.replace("FILE", str(file)) for word in arguments), "-o", "json")
    assert ran.code == 2
    assert f"{file}:2: is not UTF-8 (byte 0xfc)" in ran.error["message"]
    assert ran.error["hint"] == f"convert it: iconv -f latin1 -t utf-8 {file}"


def test_a_byte_order_mark_is_no_text(sescli, ses, tmp_path):
    file = tmp_path / "rule.json"
    file.write_bytes(b'\xef\xbb\xbf{"Name": "a", "Actions": [{"StopAction": {"Scope": "RuleSet"}}]}')
    sescli("receipt", "rule-set", "create", "main")
    assert sescli("receipt", "rule", "create", "main", "--file", str(file)).code == 0
