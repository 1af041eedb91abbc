"""Starting, finding and stopping the embedded SES. Nothing here imports moto.

One server runs for each state folder (by default the user's own). Two first calls at once start one: who
starts it holds a lock of the operating system. A state file is believed only when the server at its port
answers with its instance word.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from sescli.errors import LocalFaultError, MissingExtraError, UsageError
from sescli.local import state_file
from sescli.settings import state_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sescli.local.state_file import State

LOG = "local.log"
VERIFICATIONS = ("auto", "manual")
_START_LOCK = "local-start.lock"
_SERVER_LOCK = "local-server.lock"  # held by the server as long as it lives
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_HEALTH_SECONDS = 2.0
_POLL = 0.01
_LOG_LARGEST = 1024 * 1024


@dataclass(frozen=True)
class LocalServer:
    """An embedded SES: `local start` and `local status` print it."""

    running: bool
    endpoint_url: str
    pid: int
    started_at: datetime
    inbox_url: str
    ephemeral: bool
    verification: str


def ensure_running(
    *, announce: Callable[[str], None] | None = None, folder: Path | None = None
) -> LocalServer:
    """The running server, started in the background when there is none; `announce` is told so.

    Raises MissingExtraError without moto, LocalFaultError when it does not start.
    """
    found = status(folder)
    if found is not None:
        return found
    server = start(folder=folder)
    if announce is not None:
        announce(f"started the embedded SES at {server.endpoint_url} (sescli local stop ends it)")
    return server


def status(folder: Path | None = None) -> LocalServer | None:
    """The server that runs for the state folder, or None; a stale state file counts as none."""
    state = _running(_folder(folder))
    return None if state is None else _described(state)


def start(
    port: int | None = None,
    *,
    ephemeral: bool = False,
    verification: str = "auto",
    folder: Path | None = None,
) -> LocalServer:
    """Start the server in the background, where it outlives the terminal; one that runs is returned.

    `port` None takes a free one; `ephemeral` keeps nothing over a restart; `verification` 'auto' verifies
    identities at once, 'manual' by `local control --verify`. Raises UsageError for one that runs otherwise
    than asked, MissingExtraError without moto, LocalFaultError when it does not start.
    """
    _require(verification)
    where = _folder(folder)
    _make(where)
    with FileLock(where / _START_LOCK):
        state = _running(where)
        if state is None:
            state = _spawn(where, port or 0, ephemeral=ephemeral, verification=verification)
        else:
            _check_same(state, port, ephemeral=ephemeral, verification=verification)
    return _described(state)


def run_foreground(
    port: int | None = None,
    *,
    ephemeral: bool = False,
    verification: str = "auto",
    folder: Path | None = None,
    ready: Callable[[LocalServer], None],
) -> None:
    """Serve in this process until Ctrl-C or `stop`; `ready` is called once it listens.

    Raises as `start` does.
    """
    _require(verification)
    where = _folder(folder)
    _make(where)
    from sescli.local import server

    options = server.Options(where, port or 0, ephemeral, verification)
    try:
        with suppress(KeyboardInterrupt):
            server.serve(options, lambda state: ready(_described(state)))
    except server.AlreadyRunningError as error:
        raise UsageError("an embedded SES runs already", hint="sescli local stop") from error
    except OSError as error:
        raise LocalFaultError(f"the embedded SES cannot start: {error}") from error


def stop(folder: Path | None = None) -> bool:
    """End the server and wait for its end; False when none runs. Raises LocalFaultError if it stays."""
    where = _folder(folder)
    state = _running(where)
    if state is None:
        state_file.remove(where)
        return False
    with suppress(OSError, http.client.HTTPException):
        _ask(state, "POST", "/_sescli/stop")
    if not _ended(where, _STOP_SECONDS):
        # The pid is this server's: its health answered with it a moment ago.
        with suppress(ProcessLookupError):
            os.kill(state.pid, signal.SIGTERM)
        if not _ended(where, _STOP_SECONDS):
            raise LocalFaultError(f"the embedded SES (process {state.pid}) does not end")
    return True


def _described(state: State) -> LocalServer:
    return LocalServer(
        running=True,
        endpoint_url=state.endpoint_url,
        pid=state.pid,
        started_at=state.started,
        inbox_url=f"{state.endpoint_url}/_sescli/inbox",
        ephemeral=state.ephemeral,
        verification=state.verification,
    )


def _folder(folder: Path | None) -> Path:
    return state_folder() if folder is None else folder


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise LocalFaultError(f"cannot make the state folder {folder}: {error.strerror}") from error


def _require(verification: str) -> None:
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("werkzeug") is None:
        raise MissingExtraError("local", "the embedded SES")
    if verification not in VERIFICATIONS:
        raise UsageError(f"verification is one of {', '.join(VERIFICATIONS)}, not {verification}")


def _check_same(state: State, port: int | None, *, ephemeral: bool, verification: str) -> None:
    asked = (port or state.port, ephemeral, verification)
    if asked != (state.port, state.ephemeral, state.verification):
        raise UsageError(
            f"an embedded SES runs already at {state.endpoint_url}, started otherwise",
            hint="sescli local stop, then start it again",
        )


# Is it alive?


def _running(folder: Path) -> State | None:
    """The state of a server that is alive, and is the one that wrote the state file."""
    state = state_file.read(folder)
    if state is None:
        return None
    try:
        health = _ask(state, "GET", "/_sescli/health")
    except TimeoutError:
        # Too busy to answer, or not ours: only the server itself holds this lock.
        return state if _is_held(folder) else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    same = isinstance(health, dict) and health.get("instance") == state.instance
    return state if same else None


def _ask(state: State, method: str, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", state.port, timeout=_HEALTH_SECONDS)
    try:
        connection.request(method, path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _is_held(folder: Path) -> bool:
    lock = FileLock(folder / _SERVER_LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _ended(folder: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _is_held(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


# The child


def _spawn(folder: Path, port: int, *, ephemeral: bool, verification: str) -> State:
    """Start the process and wait until it answers. Raises LocalFaultError."""
    state_file.remove(folder)
    command = [sys.executable, "-m", "sescli.local.server", "--folder", str(folder), "--port", str(port)]
    command += ["--verification", verification, *(["--ephemeral"] if ephemeral else [])]
    log = folder / LOG
    with _open_log(log) as output:
        child = subprocess.Popen(  # noqa: S603  our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=_environment(),
            close_fds=True,
            start_new_session=True,  # a closed terminal or a Ctrl-C does not reach it
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        state = state_file.read(folder)
        if state is not None and _running(folder) is not None:
            child.returncode = 0  # it is to outlive us: nobody waits for it, and that is no fault
            return state
        if child.poll() is not None:
            break
        time.sleep(_POLL)
    else:
        child.kill()
        child.wait()
    raise LocalFaultError("the embedded SES did not start" + _last_words(log), hint=f"its log is {log}")


def _open_log(log: Path) -> Any:
    """The log, opened for adding to; begun anew when it has grown."""
    if log.exists() and log.stat().st_size > _LOG_LARGEST:
        log.unlink()
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f": {lines[-1]}" if lines else ""


def _environment() -> dict[str, str]:
    """The caller's environment without its AWS: keys and profiles are no business of this server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BOTO_"))}
    # Wherever sescli was imported from, the child finds it too: its folder is another one.
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [kept.get("PYTHONPATH")])]
    return kept | {
        "PYTHONPATH": os.pathsep.join(paths),
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
