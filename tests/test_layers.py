"""The layers of the program: start-up stays light."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = (
    "boto3",
    "botocore",
    "questionary",
    "prompt_toolkit",
    "moto",
    "dns",
    "jsonschema",
    "yaml",
    "urllib3",
    "sqlite3",
)


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--help"], {}),
        (["--version"], {}),
        (["reputation", "stats", "--help"], {}),
        (["bulk", "run", "--help"], {}),
        (["no-such-group"], {}),
        (["reputation", "stats", "--no-such-option"], {}),
        ([], {"_SESCLI_COMPLETE": "complete_bash", "COMP_WORDS": "sescli ide", "COMP_CWORD": "1"}),
        ([], {"_SESCLI_COMPLETE": "complete_bash", "COMP_WORDS": "sescli bulk r", "COMP_CWORD": "2"}),
    ],
    ids=str,
)
def test_help_errors_and_completion_import_nothing_heavy(arguments, variables):
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "sescli", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    loaded = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in ran.stderr.splitlines() if "|" in line
    }
    assert "typer" in loaded
    assert not loaded & set(HEAVY)
