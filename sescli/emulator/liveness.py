"""Checks whether an emulator runs and is the one that wrote the state file."""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from sescli.emulator import state_file

if TYPE_CHECKING:
    from pathlib import Path

    from sescli.emulator.state_file import ServerState

SERVER_LOCK = "local-server.lock"  # held by the server until its process ends
HEALTH = "/_sescli/v1/health"
_HEALTH_SECONDS = 2.0
_POLL = 0.01


def find_running(folder: Path) -> ServerState | None:
    """Return the state of the running server that wrote the state file, or None."""
    state = state_file.read(folder)
    if state is None:
        return None
    try:
        health = request(state, "GET", HEALTH)
    except TimeoutError:
        # Either a busy server or a foreign one. Only our server holds this lock.
        return state if is_held(folder) else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    same = isinstance(health, dict) and health.get("instance") == state.instance
    # The instance is not secret. After a crash, another program could listen at the port and repeat it.
    return state if same and is_held(folder) else None


def request(state: ServerState, method: str, path: str) -> Any:
    """Send one request to the server. Raises OSError, http.client.HTTPException, ValueError (not JSON).

    Sends the token, except to ask who listens at the port.
    """
    connection = http.client.HTTPConnection("127.0.0.1", state.port, timeout=_HEALTH_SECONDS)
    headers = {} if path == HEALTH else {"Authorization": f"Bearer {state.token}"}
    try:
        connection.request(method, path, headers=headers)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def is_held(folder: Path) -> bool:
    """Whether a running server uses the folder, even if it does not answer."""
    lock = FileLock(folder / SERVER_LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def wait_until_ended(folder: Path, seconds: float) -> bool:
    """Wait until no server uses the folder. False if one still does after `seconds`."""
    deadline = time.monotonic() + seconds
    while is_held(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True
