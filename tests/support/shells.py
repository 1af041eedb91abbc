"""Real shells with the completion scripts of completions/."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time

import pytest
from repository import ROOT

SCRIPTS = ROOT / "completions"
NAMES = {"bash": "sescli.bash", "zsh": "_sescli", "fish": "sescli.fish", "powershell": "sescli.ps1"}


def need(shell: str) -> str:
    """The path of a shell. Skips the test if it is not installed."""
    return shutil.which(shell) or pytest.skip(f"{shell} is not installed")


def screen_of_zsh(typed: str, wanted: str) -> str:
    """What an interactive zsh shows until `wanted` appears, at most 30 seconds, after `typed` and a TAB."""
    master, slave = pty.openpty()
    with subprocess.Popen([need("zsh"), "-f", "-i"], stdin=slave, stdout=slave, stderr=slave) as shell:
        try:
            script = SCRIPTS / NAMES["zsh"]
            set_up = f"autoload -Uz compinit; compinit -u -D; source '{script}'; print rea''dy\n"
            os.write(master, set_up.encode())
            _read_until(master, "ready\r")
            os.write(master, f"{typed}\t".encode())
            return _read_until(master, wanted)
        finally:
            shell.kill()
            os.close(master)
            os.close(slave)


def _read_until(master: int, wanted: str) -> str:
    seen = ""
    deadline = time.monotonic() + 30
    while wanted not in seen and time.monotonic() < deadline:
        if select.select([master], [], [], 0.5)[0]:
            seen += os.read(master, 4096).decode(errors="replace")
    return seen
