"""Every example runs: those of examples/, of the README, and of each command's help."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main
from example_fixtures import ROOT, SECRET_KEY, SHELL, every_help_example
from example_world import WORLDS

from sescli.app import GROUPS, root_command


def fenced(path: Path, language: str) -> list[str]:
    """The command lines of the fenced blocks of a Markdown file."""
    blocks = re.findall(rf"```{language}\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("sescli")]


@pytest.mark.parametrize(("path", "example"), list(every_help_example()), ids=str)
def test_an_example_of_the_help_runs(furnished, type_in, path, example):
    """In a furnished world, or, where it makes what is there already, in one without it.

    With --dry-run first: then it succeeds too, and changes nothing.
    """
    line = re.sub(r"\bsescli ", "sescli --yes ", example, count=1)
    said = ""
    if example.startswith(("sescli local start", "sescli demo")):
        type_in("sescli local stop")
        assert type_in(line).code == 0
        # The next example must not find a server that was started otherwise.
        type_in("sescli local stop")
        return
    for world in WORLDS if path.startswith(("bulk", "local")) else WORLDS[1:]:
        look = furnished(world, path.partition(" ")[0])
        planned = None
        if line.startswith("sescli ") and not SHELL.intersection(shlex.split(line)):
            before = look()
            planned = type_in(f"{line} --dry-run", stdin=SECRET_KEY)
            assert look() == before, f"{example} --dry-run has changed something"
        ran = type_in(line, stdin=SECRET_KEY)
        if ran.code == 0:
            assert planned is None or planned.code == 0, f"{example} --dry-run: {planned.stderr}"
            return
        said += f"\n{world}: {ran.stdout}{ran.stderr}"
    pytest.fail(f"{example}{said}")


def test_every_command_has_an_example():
    root = root_command()

    def leaves(command, path):
        children = getattr(command, "commands", None)
        if children is None:
            yield " ".join(path)
        for name, child in (children or {}).items():
            yield from leaves(child, (*path, name))

    wanted = {
        leaf for name in GROUPS for leaf in leaves(root.get_command(typer.Context(root), name), (name,))
    }
    assert wanted == {path for path, _ in every_help_example()}


@pytest.mark.parametrize(
    ("page", "language"),
    [("examples/README.md", "sh"), ("README.md", "console"), ("docs/domain-setup.md", "console")],
)
def test_the_command_lines_of_a_page_run_in_order(furnished, type_in, monkeypatch, page, language):
    monkeypatch.setenv("SHELL", "/bin/bash")
    furnished("empty")
    lines = fenced(ROOT / page, language)
    assert lines
    for line in lines:
        ran = type_in(line)
        assert ran.code == 0, f"{line}\n{ran.stdout}\n{ran.stderr}"


def test_every_example_file_is_used_by_a_command_of_the_page():
    page = (ROOT / "examples" / "README.md").read_text("utf-8")
    files = {path for path in (ROOT / "examples").rglob("*") if path.is_file() and path.name != "README.md"}
    for path in files:
        relative = path.relative_to(ROOT)
        named = [str(relative), str(relative.parent), path.name]
        assert any(name in page for name in named), f"{relative} is in no command of examples/README.md"
