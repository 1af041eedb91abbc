"""The house: each floor imports only floors below it, and start-up stays light."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import sescli

HOUSE = Path(sescli.__file__).parent

# From the ground up. What stands in one row does not import one another.
FLOORS = (
    ("errors", "__init__"),
    ("exits", "decoding", "gzipped"),
    ("aws", "mail", "prompts", "smtp"),
    ("output", "templates"),
    ("settings",),
    ("bulk", "dns", "events"),
    ("services",),
    ("wizards",),
    ("local",),
    ("runtime",),
    ("failing", "cli"),
    ("commands",),
    ("app",),
    ("demo",),
    ("__main__",),
)
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}

# A foreign library, and the only rooms that know of it.
KEEPERS = {
    "boto3": {"aws", "local"},
    "botocore": {"aws", "local"},
    "moto": {"local"},
    "dns": {"dns", "local"},
    "rich": {"output"},
    "questionary": {"prompts"},
    "prompt_toolkit": {"prompts"},
    "typer": {"cli", "commands", "app", "demo", "failing"},
}
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


def modules():
    return sorted(HOUSE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_floor_imports_only_floors_below(path):
    room = room_of(path)
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "sescli" and len(parts) > 1 and parts[1] in LEVEL and parts[1] != room:
            assert LEVEL[parts[1]] < LEVEL[room], f"{room} imports {name}, which is not below it"
        if name.startswith("sescli.local"):
            assert room in {"local", "commands", "demo", "runtime"}, f"{room} imports {name}"
        keepers = KEEPERS.get(parts[0])
        assert keepers is None or room in keepers, f"{room} imports {parts[0]}, which {sorted(keepers)} keep"


def test_every_room_has_its_floor():
    assert {room_of(path) for path in modules()} <= set(LEVEL)


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
