"""What scripts rely on does not change unnoticed: options, JSON keys, exit codes, error codes.

The recorded facts are the JSON files beside this module. For a new option or JSON key, record it:

    python tests/contract/record.py
    SESCLI_RECORD=1 python -m pytest tests/contract -k "identity tags"

The first command adds new options and error codes. The second one writes the results of the examples that `-k`
selects into results.json; use one worker. Recorded entries never disappear by themselves.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from typing import Any

import pytest
from example_fixtures import SECRET_KEY, SHELL, every_help_example
from example_world import WORLDS

from contract import record

RESULTS = record.FOLDER / "results.json"
RECORDING = "SESCLI_RECORD" in os.environ
_FORMAT_OPTIONS = ("-o", "--output", "-q", "--query")
_NOT_HERE = ("sescli local start", "sescli local stop", "sescli demo", "sescli completion")


def lines() -> list[str]:
    if not RECORDING:
        return list(json.loads(RESULTS.read_text("utf-8")))
    examples = [shlex.split(example, comments=True) for _, example in every_help_example()]
    plain = (shlex.join(_without_format(words)) for words in examples if not SHELL.intersection(words))
    return list(dict.fromkeys(line for line in plain if not line.startswith(_NOT_HERE)))


def _without_format(words: list[str]) -> list[str]:
    """The words without the options that choose a format themselves, and their values."""
    return [
        word
        for before, word in zip(["", *words], words, strict=False)
        if word not in _FORMAT_OPTIONS and before not in _FORMAT_OPTIONS
    ]


def missing(recorded: Any, found: Any, path: str = "") -> list[str]:
    """The recorded keys that were not found."""
    if isinstance(recorded, list):
        items = found if isinstance(found, list) else [None]
        return missing(recorded[0], items[0] if items else None, f"{path}[]") if recorded else []
    if not isinstance(recorded, dict):
        return []
    if not isinstance(found, dict):
        return [f"{path}.*"]
    below = (missing(part, found.get(key), f"{path}.{key}") for key, part in recorded.items() if key in found)
    return [f"{path}.{key}" for key in recorded if key not in found] + [
        each for some in below for each in some
    ]


def test_missing_names_a_lost_key_at_any_depth():
    assert missing({"a": [{"b": None, "c": {}}]}, {"a": [{"b": None}]}) == [".a[].c"]


def test_command_line_keeps_every_option():
    recorded, now = record.load("command_line"), record.command_line()
    changed = {
        f"{command} {name}": (facts, now.get(command, {}).get(name))
        for command, options in recorded.items()
        for name, facts in options.items()
        if now.get(command, {}).get(name) != facts
    }
    assert changed == {}


def test_error_codes_keep_their_exit_codes():
    recorded, now = record.load("exit_codes"), record.exit_codes()
    assert now["exit_codes"] == recorded["exit_codes"]
    assert [row for row in recorded["by_kind"] if row not in [list(each) for each in now["by_kind"]]] == []
    assert sorted(set(recorded["error_codes"]) - record.literals()) == []


@pytest.mark.parametrize("line", lines())
def test_json_of_a_command_keeps_its_keys_and_exit_code(furnished, type_in, line):
    found = run(furnished, type_in, line)
    if RECORDING:
        assert found["keys"] != [], f"{line} returns an empty list, so no key would be recorded"
        known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        record.save("results", known | {line: found})
        return
    recorded = json.loads(RESULTS.read_text("utf-8"))[line]
    assert found["exit_code"] == recorded["exit_code"]
    assert missing(recorded["keys"], found["keys"]) == []


def run(furnished, type_in, line) -> dict[str, Any]:
    """Run a line in the first world in which it succeeds, or else the last."""
    asked = re.sub(r"\bsescli ", "sescli --yes -o json ", line, count=1)
    for world in WORLDS if line.startswith(("sescli bulk", "sescli local")) else WORLDS[1:]:
        furnished(world, line.split()[1])
        ran = type_in(asked, stdin=SECRET_KEY)
        if ran.code == 0:
            break
    try:
        keys = record.keys(json.loads(ran.stdout))
    except json.JSONDecodeError:
        keys = None  # the result is text or bytes
    return {"exit_code": ran.code, "keys": keys}
