"""Completion in real shells, with the scripts of completions/."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from shells import NAMES, SCRIPTS, need, screen_of_zsh


@pytest.fixture(autouse=True)
def on_the_path(monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")


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
    assert "sescli reputation quota" in screen_of_zsh("sescli reputation qu", "quota")


def test_install_names_script_file(sescli, bare_machine):
    ran = sescli("completion", "install", "bash", "-o", "json")
    assert Path(ran.json["path"]).is_relative_to(bare_machine)
    assert "_SESCLI_COMPLETE" in Path(ran.json["path"]).read_text()


def test_unknown_shell_error_names_supported_shells(sescli):
    ran = sescli("completion", "show", "tcsh")
    assert ran.code == 2
    assert "fish" in ran.stderr
