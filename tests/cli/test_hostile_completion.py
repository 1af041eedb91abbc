"""Names from an endpoint in real shells: none is evaluated, and the harmless ones are still offered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from shells import SCRIPTS, need, screen_of_zsh

from sescli.cli.name_completion import safe_names

# Each tries to create the file `hacked` in the current folder, or to be an option or a pattern.
HOSTILE = [
    "w$(touch hacked)",
    "w`touch hacked`",
    "w;touch hacked;",
    "w'; touch hacked; '",
    'w"; touch hacked; "',
    "w')); touch hacked; ((",
    "w\")' ; touch hacked #",
    "w\ntouch hacked\n",
    "w\n$(touch hacked)",
    "w|touch hacked",
    "w&touch hacked&",
    "w>hacked",
    "w<(touch hacked)",
    "w${x:=$(touch hacked)}",
    "w\\$(touch hacked)",
    "$(touch hacked)",
    "`touch hacked`",
    "=(touch hacked)",
    "{w,$(touch hacked)}",
    "w:$(touch hacked)",
    "w[$(touch hacked)]",
    "w\x1b]0;owned\x07",
    "w\x1b[2J",
    "w\u202egnp.exe",
    "w*",
    "w?",
    "*",
    "~",
    "~root",
    "w a",
    "w\ta",
    "w!!",
    "w%s",
    "-w",
    "--yes",
    "w#",
    "w\0",
    "\uff57elcome",
    "w\u200belcome",
    "",
    ".",
    "..",
    "/etc/passwd",
]


class _Endpoint(BaseHTTPRequestHandler):
    def do_POST(self):
        names = [{"TemplateName": name} for name in [*HOSTILE, "welcome"]]
        body = json.dumps({"TemplatesMetadata": names}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - the names of http.server

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def hostile(monkeypatch, tmp_path):
    """An endpoint with hostile names of templates, and an empty folder to run in."""
    server = HTTPServer(("127.0.0.1", 0), _Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    yield folder
    server.shutdown()
    server.server_close()


def run(shell, script):
    return subprocess.run(
        [shell, "-c", script], capture_output=True, text=True, timeout=60, check=True
    ).stdout


def test_bash_evaluates_no_name(hostile):
    script = (
        f"source '{SCRIPTS}/sescli.bash'; COMP_WORDS=(sescli template show ''); COMP_CWORD=3; "
        "_sescli_completion sescli; printf '<%s>' \"${COMPREPLY[@]}\""
    )
    assert run(need("bash"), script) == "<welcome>"
    assert list(hostile.iterdir()) == []


def test_fish_evaluates_no_name(hostile):
    script = f"source '{SCRIPTS}/sescli.fish'; complete -C 'sescli template show w'"
    assert run(need("fish"), script).split() == ["welcome"]
    assert list(hostile.iterdir()) == []


def test_zsh_evaluates_no_name(hostile):
    assert "sescli template show welcome" in screen_of_zsh("sescli template show w", "elcome")
    assert list(hostile.iterdir()) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_is_not_offered(name):
    assert safe_names([name], "") == []


@pytest.mark.parametrize(
    "name", ["shop.example", "owner+news@shop.example", "order_2024-11", "main", "xn--bcher-kva.example"]
)
def test_ordinary_name_is_offered(name):
    assert safe_names([name], name[:2]) == [name]


def test_names_of_journals_are_filtered_too(tmp_path, monkeypatch):
    from sescli.groups.bulk.commands.options import run_names

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    runs = tmp_path / "sescli/runs"
    runs.mkdir(parents=True)
    for name in ("news-20240101T000000Z", "x$(touch hacked)", "-rf"):
        (runs / f"{name}.journal").touch()
    assert run_names("") == ["news-20240101T000000Z"]
