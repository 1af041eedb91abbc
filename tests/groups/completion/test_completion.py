"""Completion in real shells, with the scripts of completions/."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from repository import ROOT

SCRIPTS = ROOT / "completions"
NAMES = {"bash": "sescli.bash", "zsh": "_sescli", "fish": "sescli.fish", "powershell": "sescli.ps1"}


@pytest.fixture(autouse=True)
def on_the_path(monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def need(shell: str) -> str:
    return shutil.which(shell) or pytest.skip(f"{shell} is not installed")


@pytest.mark.parametrize("shell", NAMES)
def test_shipped_scripts_match_program_output(sescli, shell):
    assert sescli("completion", "show", shell).stdout == (SCRIPTS / NAMES[shell]).read_text()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("sescli", "iden"), "identity"),
        (("sescli", "reputation", "q"), "quota"),
        (("sescli", "--loc"), "--local"),
        (("sescli", "identity", "list", "--reg"), "--region"),
        (("sescli", "identity", "list", "-o", "ya"), "yaml"),
    ],
)
def test_bash_completes_commands_options_and_values(words, wanted):
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f"source '{SCRIPTS / NAMES['bash']}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
        '_sescli_completion sescli; echo "${COMPREPLY[@]}"'
    )
    ran = subprocess.run([need("bash"), "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == [wanted]


def test_fish_completes_commands():
    script = f"source '{SCRIPTS / NAMES['fish']}'; complete -C 'sescli reputation q'"
    ran = subprocess.run([need("fish"), "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.startswith("quota")


def test_zsh_completes_commands():
    master, slave = pty.openpty()
    with subprocess.Popen([need("zsh"), "-f", "-i"], stdin=slave, stdout=slave, stderr=slave) as shell:
        try:
            set_up = (
                f"autoload -Uz compinit; compinit -u -D; source '{SCRIPTS / NAMES['zsh']}'; print rea''dy\n"
            )
            os.write(master, set_up.encode())
            read_until(master, "ready\r")
            os.write(master, b"sescli reputation qu\t")
            assert "sescli reputation quota" in read_until(master, "quota")
        finally:
            shell.kill()


def read_until(master: int, wanted: str) -> str:
    seen = ""
    deadline = time.monotonic() + 30
    while wanted not in seen and time.monotonic() < deadline:
        if select.select([master], [], [], 0.5)[0]:
            seen += os.read(master, 4096).decode(errors="replace")
    return seen


def test_install_names_script_file(sescli, bare_machine):
    ran = sescli("completion", "install", "bash", "-o", "json")
    assert Path(ran.json["path"]).is_relative_to(bare_machine)
    assert "_SESCLI_COMPLETE" in Path(ran.json["path"]).read_text()


def test_unknown_shell_error_names_supported_shells(sescli):
    ran = sescli("completion", "show", "tcsh")
    assert ran.code == 2
    assert "fish" in ran.stderr
