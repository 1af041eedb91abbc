"""Every example runs: those of examples/, of the README, and of each command's help."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main
from example_world import WORLDS, furnish, snapshot
from name_server import NameServer
from program import Ran
from smtp_servers import PASSWORD, USERNAME, Authority, serving

from sescli.app import GROUPS, root_command

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
# A line with one of these words is bash's business.
_SHELL = frozenset({"|", ">", "<", "&&", "||"})
_SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"  # AWS's own example, for the smtp group
_UNESCAPED = re.compile(r"\\\[")


def fenced(path: Path, language: str) -> list[str]:
    """The command lines of the fenced blocks of a Markdown file."""
    blocks = re.findall(rf"```{language}\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("sescli")]


def help_examples(command, path=()):
    """(command path, example) of a command and everything below it."""
    for name, child in getattr(command, "commands", {}).items():
        yield from help_examples(child, (*path, name))
    for line in (command.epilog or "").splitlines():
        if line.startswith("  $ "):
            yield " ".join(path), _UNESCAPED.sub("[", line.removeprefix("  $ "))


def every_help_example():
    root = root_command()
    for name in GROUPS:
        yield from help_examples(root.get_command(typer.Context(root), name), (name,))


@pytest.fixture(scope="module")
def submission(tmp_path_factory):
    """An SMTP server for `smtp test`: its port, and the file of the authority that vouches for it."""
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with serving(authority) as running:
        yield running.port, authority.file


@pytest.fixture(scope="module")
def dns():
    """The DNS that `identity check` and its like ask: a name server on loopback."""
    with NameServer() as server:
        yield server


@pytest.fixture
def workshop(tmp_path, monkeypatch, submission, dns):
    """A folder with examples/ in it, `sescli` on the path, and an embedded SES of its own to talk to."""
    folder = tmp_path / "workshop"
    folder.mkdir()
    shutil.copytree(ROOT / "examples", folder / "examples")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "sescli").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sescli "$@"\n')
    (programs / "sescli").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("SESCLI_LOCAL", "1")
    monkeypatch.setenv("SESCLI_RESOLVER", dns.place)
    port, authority = submission
    (folder / "secret-key.txt").write_text(_SECRET_KEY)
    (folder / "smtp.env").write_text(
        f"SMTP_HOST=localhost\nSMTP_PORT={port}\nSMTP_USERNAME={USERNAME}\nSMTP_PASSWORD={PASSWORD}\n"
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    return folder


@pytest.fixture
def type_in(workshop, sescli, monkeypatch):
    """Type a line: into the program in this process, or into bash where the line is more than one call."""

    def call(line: str, *, stdin: str = "") -> Ran:
        monkeypatch.chdir(workshop)
        words = shlex.split(line, comments=True)
        if words[0] == "sescli" and not _SHELL.intersection(words):
            return sescli(*words[1:], stdin=stdin)
        ran = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {line}"],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    return call


@pytest.fixture(scope="module")
def server_folder(tmp_path_factory):
    """The state folder of one server for all examples; the last of them leaves nothing running."""
    from sescli.local import process

    home = tmp_path_factory.mktemp("state")
    yield home
    process.stop(home / "sescli")


@pytest.fixture
def furnished(server_folder, sescli, workshop, monkeypatch, dns):
    """A world in which an example finds what it names, or an empty one for those that make it."""
    from sescli.local import process

    monkeypatch.setenv("XDG_STATE_HOME", str(server_folder))

    def prepare(world: str) -> Callable[[], dict[str, Any]]:
        monkeypatch.chdir(workshop)
        server = process.ensure_running(folder=server_folder / "sescli")
        furnish(server.endpoint_url, server_folder / "sescli", sescli, world, dns)
        return lambda: snapshot(server.endpoint_url, [workshop, server_folder])

    return prepare


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
        # The next example shall not find a server that was started otherwise.
        type_in("sescli local stop")
        return
    for world in WORLDS if path.startswith(("bulk", "local")) else WORLDS[1:]:
        look = furnished(world)
        rehearsed = None
        if not _SHELL.intersection(shlex.split(line)):
            before = look()
            rehearsed = type_in(f"{line} --dry-run", stdin=_SECRET_KEY)
            assert look() == before, f"{example} --dry-run has changed something"
        ran = type_in(line, stdin=_SECRET_KEY)
        if ran.code == 0:
            assert rehearsed is None or rehearsed.code == 0, f"{example} --dry-run: {rehearsed.stderr}"
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
