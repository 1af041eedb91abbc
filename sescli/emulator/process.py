"""Starting, finding and stopping the embedded SES. Nothing here imports moto.

One server runs for each state folder (by default the user's own). Two first calls at once start one: who
starts it holds a lock of the operating system. A state file is believed only when the server at its port
answers with its instance word.
"""

from __future__ import annotations

import http.client
import importlib.util
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filelock import FileLock

from sescli.dns.sources import parse_server
from sescli.emulator import liveness, spawn, state_file
from sescli.errors import LocalError, MissingExtraError, UsageError
from sescli.settings import state_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from sescli.emulator.state_file import ServerState

VERIFICATIONS = ("auto", "dns", "manual")
_START_LOCK = "local-start.lock"
_STOP_SECONDS = 10.0


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
    resolver: str | None


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
    state = liveness.find_running(_folder(folder))
    return None if state is None else _describe(state)


def start(
    port: int | None = None,
    *,
    ephemeral: bool = False,
    verification: str = "auto",
    resolver: str | None = None,
    folder: Path | None = None,
) -> LocalServer:
    """Start the server in the background, where it outlives the terminal; one that runs is returned.

    `port` None takes a free one; `ephemeral` keeps nothing over a restart; `verification` 'auto' verifies
    identities at once, 'dns' by asking DNS (`resolver` HOST[:PORT], else this machine's), 'manual' by
    `local control --verify`. Raises UsageError for one that runs otherwise
    than asked, MissingExtraError without moto, LocalFaultError when it does not start.
    """
    _check_requirements(verification, resolver)
    where = _folder(folder)
    _create_folder(where)
    with FileLock(where / _START_LOCK):
        state = liveness.find_running(where)
        if state is None:
            state = spawn.spawn(
                where, port or 0, ephemeral=ephemeral, verification=verification, resolver=resolver
            )
        else:
            _check_same_options(state, (port or state.port, ephemeral, verification, resolver))
    return _describe(state)


def run_foreground(
    port: int | None = None,
    *,
    ephemeral: bool = False,
    verification: str = "auto",
    resolver: str | None = None,
    folder: Path | None = None,
    ready: Callable[[LocalServer], None],
) -> None:
    """Serve in this process until Ctrl-C or `stop`; `ready` is called once it listens.

    Raises as `start` does.
    """
    _check_requirements(verification, resolver)
    where = _folder(folder)
    _create_folder(where)
    from sescli.emulator import server

    options = server.ServerOptions(where, port or 0, ephemeral, verification, resolver)
    try:
        with suppress(KeyboardInterrupt):
            server.serve(options, lambda state: ready(_describe(state)))
    except server.AlreadyRunningError as error:
        raise UsageError("an embedded SES runs already", hint="sescli local stop") from error
    except OSError as error:
        raise LocalError(f"the embedded SES cannot start: {error}") from error


def stop(folder: Path | None = None) -> bool:
    """End the server and wait for its end; False when none runs. Raises LocalFaultError if it stays."""
    where = _folder(folder)
    state = liveness.find_running(where)
    if state is None:
        state_file.remove(where)
        return False
    with suppress(OSError, http.client.HTTPException):
        liveness.request(state, "POST", "/_sescli/stop")
    if not liveness.wait_until_ended(where, _STOP_SECONDS):
        # The pid is this server's: its health answered with it a moment ago.
        with suppress(ProcessLookupError):
            os.kill(state.pid, signal.SIGTERM)
        if not liveness.wait_until_ended(where, _STOP_SECONDS):
            raise LocalError(f"the embedded SES (process {state.pid}) does not end")
    return True


def _describe(state: ServerState) -> LocalServer:
    return LocalServer(
        running=True,
        endpoint_url=state.endpoint_url,
        pid=state.pid,
        started_at=state.started,
        inbox_url=f"{state.endpoint_url}/_sescli/inbox",
        ephemeral=state.ephemeral,
        verification=state.verification,
        resolver=state.resolver,
    )


def _folder(folder: Path | None) -> Path:
    return state_folder() if folder is None else folder


def _create_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise LocalError(f"cannot make the state folder {folder}: {error.strerror}") from error


def _check_requirements(verification: str, resolver: str | None) -> None:
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("werkzeug") is None:
        raise MissingExtraError("local", "the embedded SES")
    if verification not in VERIFICATIONS:
        raise UsageError(f"verification is one of {', '.join(VERIFICATIONS)}, not {verification}")
    if verification == "dns" and importlib.util.find_spec("dns") is None:
        raise MissingExtraError("local", "verification by DNS")
    if resolver is not None:
        _check_resolver(verification, resolver)


def _check_resolver(verification: str, resolver: str) -> None:
    if verification != "dns":
        raise UsageError("a resolver is of use only where DNS is asked", hint="add --verification dns")
    try:
        parse_server(resolver)
    except ValueError as error:
        raise UsageError(f"the resolver {error}", hint="as in --resolver 127.0.0.1:5353") from error


def _check_same_options(state: ServerState, asked: tuple[int, bool, str, str | None]) -> None:
    """`asked` are port, ephemeral, verification and resolver."""
    if asked != (state.port, state.ephemeral, state.verification, state.resolver):
        raise UsageError(
            f"an embedded SES runs already at {state.endpoint_url}, started otherwise",
            hint="sescli local stop, then start it again",
        )
