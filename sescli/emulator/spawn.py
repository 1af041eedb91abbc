"""Starts the emulator's server process, in the background or for `--foreground`."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sescli.emulator import liveness, state_file
from sescli.emulator.surface import access_token
from sescli.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.emulator.state_file import ServerState

LOG = "local.log"
ALREADY_RUNNING = 3  # the exit code of a server that found another one
_START_SECONDS = 30.0
_POLL = 0.01
_MAX_LOG_BYTES = 1024 * 1024
# What an interpreter needs to find itself, its packages, its home, and the language and time zone of its log.
_KEPT = frozenset(
    [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "TEMP",
        "TMP",
        "PYTHONPATH",
        "PYTHONHOME",
        "LD_LIBRARY_PATH",
        "XDG_STATE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR",
        "SYSTEMROOT",
        "WINDIR",
        "COMSPEC",
        "PATHEXT",
        "USERPROFILE",
        "APPDATA",
        "LOCALAPPDATA",
    ]
)
_KEPT_FOR_DOCKER = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
_FAKE_AWS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_EC2_METADATA_DISABLED": "true",
    # Not the files in HOME: they may have real keys.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@dataclass(frozen=True)
class EmulatorOptions:
    """The options of `local start`. `port` None selects a free port, `token` None a random token.

    `compat` turns on the paths of LocalStack and moto, `allow_network` requests to other hosts, and `allow_lambda`
    functions in Docker.
    """

    port: int | None = None
    ephemeral: bool = False
    verification: str = "auto"
    resolver: str | None = None
    compat: bool = False
    allow_network: bool = False
    allow_lambda: bool = False
    token: str | None = field(default=None, repr=False)

    def arguments(self) -> list[str]:
        """The arguments of the server process. The token is not one: other users can read them."""
        switches = ("ephemeral", "compat", "allow_network", "allow_lambda")
        given = [f"--{name.replace('_', '-')}" for name in switches if getattr(self, name)]
        resolver = ["--resolver", self.resolver] if self.resolver else []
        return ["--port", str(self.port or 0), "--verification", self.verification, *resolver, *given]


def spawn(folder: Path, options: EmulatorOptions) -> ServerState:
    """Start the process and wait until it answers. Raises LocalError.

    Retries while an earlier server that is stopping, or another one that is starting, uses the folder.
    """
    state_file.remove(folder)
    deadline = time.monotonic() + _START_SECONDS
    while True:
        child = _open(folder, options)
        state = _wait(child, folder, deadline)
        if state is not None:
            child.returncode = 0  # it outlives this process, so Popen must not warn that it still runs
            return state
        if child.returncode != ALREADY_RUNNING or time.monotonic() > deadline:
            log = folder / LOG
            raise LocalError(
                "the local SES emulator did not start" + _last_line(log), hint=f"see its log: {log}"
            )


def run(folder: Path, options: EmulatorOptions, ready: Callable[[ServerState], None]) -> None:
    """Start the process, pass on what it writes, and wait until it ends. It also ends with this process.

    Raises AlreadyRunningError, LocalError. Ctrl-C stops it.
    """
    child = subprocess.Popen(  # noqa: S603  this interpreter and module
        [*_command(folder, options), "--foreground"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=_environment(options),
        start_new_session=True,  # Ctrl-C reaches only this process, which then closes the pipe
    )
    relay = _Relay(child)
    try:
        state = _wait(child, folder, time.monotonic() + _START_SECONDS)
        if state is None:
            _raise_failure(child, relay)
        else:
            relay.passes_on = True
            ready(state)
        child.wait()
    except KeyboardInterrupt:
        pass
    finally:
        relay.close()


class AlreadyRunningError(Exception):
    """Another server uses this state folder."""


class _Relay:
    """Passes on what a server in the foreground writes, once it runs. Remembers the last line."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.passes_on = False
        self.last_line = ""
        self._child = child
        self._thread = threading.Thread(target=self._run, name="server output", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the server by closing its standard input, and read the rest of its output."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait()
        self._thread.join()

    def _run(self) -> None:
        for line in self._child.stdout or ():
            self.last_line = line.decode("utf-8", "replace").strip()
            if self.passes_on:
                sys.stderr.write(f"{self.last_line}\n")


def _raise_failure(child: subprocess.Popen[bytes], relay: _Relay) -> None:
    relay.close()
    if child.returncode == ALREADY_RUNNING:
        raise AlreadyRunningError
    reason = f": {relay.last_line}" if relay.last_line else ""
    raise LocalError(f"cannot start the local SES emulator{reason}")


def _command(folder: Path, options: EmulatorOptions) -> list[str]:
    return [
        sys.executable,
        "-m",
        "sescli.emulator.server",
        "--folder",
        str(folder),
        *options.arguments(),
    ]


def _open(folder: Path, options: EmulatorOptions) -> subprocess.Popen[bytes]:
    with _open_log(folder / LOG) as output:
        return subprocess.Popen(  # noqa: S603  this interpreter and module
            _command(folder, options),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=_environment(options),
            close_fds=True,
            start_new_session=True,  # closing the terminal or Ctrl-C does not stop it
        )


def _wait(child: subprocess.Popen[bytes], folder: Path, deadline: float) -> ServerState | None:
    """Wait for the server and return its state. None if the process ended or was killed at the deadline."""
    while time.monotonic() < deadline:
        state = liveness.find_running(folder)
        if state is not None and state.pid == child.pid:
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


def _environment(options: EmulatorOptions) -> dict[str, str]:
    """A minimal environment: no keys, tokens, proxies or settings of other programs.

    moto and the programs that it may start need none of the caller's secrets.
    """
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("LC_")}
    if options.allow_lambda:
        kept |= {name: os.environ[name] for name in _KEPT_FOR_DOCKER if name in os.environ}
    # The server starts in another folder, so tell it where this sescli is installed.
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [kept.get("PYTHONPATH")])]
    token = {access_token.VARIABLE: options.token} if options.token else {}
    return kept | _FAKE_AWS | token | {"PYTHONPATH": os.pathsep.join(paths)}
