"""Starts the emulator's server process in the background."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sescli.emulator import liveness, state_file
from sescli.errors import LocalError

if TYPE_CHECKING:
    from sescli.emulator.state_file import ServerState

LOG = "local.log"
ALREADY_RUNNING = 3  # the exit code of a server that found another one
_START_SECONDS = 30.0
_POLL = 0.01
_MAX_LOG_BYTES = 1024 * 1024


def spawn(
    folder: Path, port: int, *, ephemeral: bool, verification: str, resolver: str | None
) -> ServerState:
    """Start the process and wait until it answers. Raises LocalError.

    Retries while an earlier server that is stopping, or another one that is starting, uses the folder.
    """
    state_file.remove(folder)
    command = [sys.executable, "-m", "sescli.emulator.server", "--folder", str(folder), "--port", str(port)]
    command += ["--verification", verification, *(["--ephemeral"] if ephemeral else [])]
    command += ["--resolver", resolver] if resolver else []
    deadline = time.monotonic() + _START_SECONDS
    while True:
        child = _open(command, folder)
        state = _wait(child, folder, deadline)
        if state is not None:
            return state
        if child.returncode != ALREADY_RUNNING or time.monotonic() > deadline:
            log = folder / LOG
            raise LocalError(
                "the local SES emulator did not start" + _last_line(log), hint=f"see its log: {log}"
            )


def _open(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    with _open_log(folder / LOG) as output:
        return subprocess.Popen(  # noqa: S603  this interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=_environment(),
            close_fds=True,
            start_new_session=True,  # closing the terminal or Ctrl-C does not stop it
        )


def _wait(child: subprocess.Popen[bytes], folder: Path, deadline: float) -> ServerState | None:
    """Wait for the server and return its state. None if the process ended or was killed at the deadline."""
    while time.monotonic() < deadline:
        state = liveness.find_running(folder)
        if state is not None:
            child.returncode = 0  # it outlives this process, so Popen must not warn that it still runs
            return state
        if child.poll() is not None:
            return None
        time.sleep(_POLL)
    child.kill()
    child.wait()
    return None


def _open_log(log: Path) -> Any:
    """Open the log for appending. Start a new one if it is too large."""
    if log.exists() and log.stat().st_size > _MAX_LOG_BYTES:
        log.unlink()
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f": {lines[-1]}" if lines else ""


def _environment() -> dict[str, str]:
    """The caller's environment without AWS settings: the server needs no keys or profiles."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BOTO_"))}
    # The server starts in another folder, so tell it where this sescli is installed.
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [kept.get("PYTHONPATH")])]
    return kept | {
        "PYTHONPATH": os.pathsep.join(paths),
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
