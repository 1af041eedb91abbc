"""A place in which the examples of the help run: a folder, an emulator, DNS, an SMTP server."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer.main
from example_world import furnish, snapshot
from name_server import NameServer
from program import Ran
from repository import ROOT
from smtp_servers import PASSWORD, USERNAME, Authority, serving

from sescli.app import GROUPS, root_command

if TYPE_CHECKING:
    from collections.abc import Callable

# A line with one of these words is bash's business.
SHELL = frozenset({"|", ">", "<", "&&", "||"})
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"  # AWS's own example, for the smtp group
_UNESCAPED = re.compile(r"\\\[")


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
    """A folder with examples/ in it, `sescli` on the path, and an emulator of its own to talk to."""
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
    (folder / "secret-key.txt").write_text(SECRET_KEY)
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
        if words[0] == "sescli" and not SHELL.intersection(words):
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
    from sescli.emulator import process

    home = tmp_path_factory.mktemp("state")
    yield home
    process.stop(home / "sescli")


@pytest.fixture
def furnished(server_folder, sescli, workshop, monkeypatch, dns):
    """A world in which an example finds what it names, or an empty one for those that make it."""
    from sescli.emulator import process

    monkeypatch.setenv("XDG_STATE_HOME", str(server_folder))

    def prepare(world: str, group: str = "") -> Callable[[], dict[str, Any]]:
        monkeypatch.chdir(workshop)
        server = process.ensure_running(folder=server_folder / "sescli")
        furnish(server.endpoint_url, server_folder / "sescli", sescli, world, dns, group)
        return lambda: snapshot(server.endpoint_url, [workshop, server_folder])

    return prepare
