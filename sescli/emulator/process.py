"""Starts, finds and stops the local SES emulator. Does not import moto.

One server runs per state folder (by default the user's). A lock makes sure that two simultaneous first calls start
one server. A state file counts only if the server at its port answers with the same instance ID.
"""

from __future__ import annotations

import http.client
import importlib.util
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from filelock import FileLock

from sescli import private_folder
from sescli.advice import Advice, NextCommand
from sescli.dns.sources import parse_server
from sescli.emulator import liveness, spawn, state_file
from sescli.emulator.spawn import EmulatorOptions
from sescli.emulator.surface import access_token
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
    """A running emulator, as `local start` and `local status` show it."""

    running: bool
    endpoint_url: str
    pid: int
    started_at: datetime
    inbox_url: str
    ephemeral: bool
    verification: str
    resolver: str | None
    token: str = field(repr=False)

    def to_data(self) -> dict[str, object]:
        """The fields of `local status`, without the token."""
        return {name: value for name, value in vars(self).items() if name != "token"}


def ensure_running(
    *, announce: Callable[[str], None] | None = None, folder: Path | None = None
) -> LocalServer:
    """Return the running server. If there is none, start it in the background and call `announce`.

    Raises MissingExtraError without moto, LocalError if the server does not start.
    """
    found = status(folder)
    if found is not None:
        return found
    server = start(folder=folder)
    if announce is not None:
        announce(f"started the local SES emulator at {server.endpoint_url} (to stop it: sescli local stop)")
    return server


def status(folder: Path | None = None) -> LocalServer | None:
    """Return the server that runs for the state folder, or None. A stale state file counts as none."""
    state = liveness.find_running(_folder(folder))
    return None if state is None else _describe(state)


def start(
    port: int | None = None,
    *,
    ephemeral: bool = False,
    verification: str = "auto",
    resolver: str | None = None,
    folder: Path | None = None,
    **more: bool,
) -> LocalServer:
    """Start the server in the background, independent of the terminal, or return the running one.

    `port` None selects a free port. `ephemeral` keeps nothing after a restart. `verification`: 'auto' verifies
    identities immediately, 'dns' when their DNS records are found (at `resolver` HOST[:PORT] or this machine's
    servers), 'manual' with `local control --verify`. `more` are the other fields of `EmulatorOptions`. The token is
    SESCLI_LOCAL_TOKEN, or a random one.

    Raises UsageError if a server runs with other options, MissingExtraError without moto, LocalError if the server
    does not start.
    """
    options = EmulatorOptions(
        port, ephemeral, verification, resolver, token=access_token.choose(os.environ), **more
    )
    _check_requirements(options)
    where = _folder(folder)
    private_folder.create(where)
    with FileLock(where / _START_LOCK):
        state = liveness.find_running(where)
        if state is None:
            state = spawn.spawn(where, options)
        else:
            _check_same_options(state, options)
    return _describe(state)


def run_foreground(
    options: EmulatorOptions, *, folder: Path | None = None, ready: Callable[[LocalServer], None]
) -> None:
    """Serve until Ctrl-C or `stop`. `ready` is called when the server listens.

    The server is a child process, so that it has a minimal environment. Raises the same errors as `start`.
    """
    _check_requirements(options)
    where = _folder(folder)
    private_folder.create(where)
    chosen = replace(options, token=access_token.choose(os.environ))
    try:
        spawn.run(where, chosen, lambda state: ready(_describe(state)))
    except spawn.AlreadyRunningError as error:
        raise UsageError(
            "the local SES emulator already runs", hint=Advice("Stop it: ", NextCommand("local", "stop"))
        ) from error


def stop(folder: Path | None = None) -> bool:
    """Stop the server and wait until it has stopped. False if none runs. Raises LocalError if it does not stop."""
    where = _folder(folder)
    state = liveness.find_running(where)
    if state is None:
        state_file.remove(where)
        return False
    with suppress(OSError, http.client.HTTPException):
        liveness.request(state, "POST", "/_sescli/stop")
    if not liveness.wait_until_ended(where, _STOP_SECONDS):
        # The PID belongs to this server: its health endpoint answered a moment ago.
        with suppress(ProcessLookupError):
            os.kill(state.pid, signal.SIGTERM)
        if not liveness.wait_until_ended(where, _STOP_SECONDS):
            raise LocalError(f"the local SES emulator (process {state.pid}) does not stop")
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
        token=state.token,
    )


def _folder(folder: Path | None) -> Path:
    return state_folder() if folder is None else folder


def _check_requirements(options: EmulatorOptions) -> None:
    verification, resolver = options.verification, options.resolver
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("werkzeug") is None:
        raise MissingExtraError("local", "the local SES emulator")
    if verification not in VERIFICATIONS:
        raise UsageError(f"verification must be one of {', '.join(VERIFICATIONS)}, not {verification}")
    if verification == "dns" and importlib.util.find_spec("dns") is None:
        raise MissingExtraError("local", "verification by DNS")
    if resolver is not None:
        _check_resolver(verification, resolver)


def _check_resolver(verification: str, resolver: str) -> None:
    if verification != "dns":
        raise UsageError("a resolver needs verification by DNS", hint="add --verification dns")
    try:
        parse_server(resolver)
    except ValueError as error:
        raise UsageError(f"the resolver {error}", hint="example: --resolver 127.0.0.1:5353") from error


def _check_same_options(state: ServerState, options: EmulatorOptions) -> None:
    """Raise UsageError if a server runs with other options, or another token than the given one."""
    asked = (
        options.ephemeral,
        options.verification,
        options.resolver,
        options.compat,
        options.allow_network,
        options.allow_lambda,
    )
    same = asked == state.options and options.port in {None, state.port}
    if not same or options.token not in {None, state.token}:
        what = "options" if not same else f"token than that of {access_token.VARIABLE}"
        raise UsageError(
            f"the local SES emulator already runs at {state.endpoint_url} with {'other' if not same else 'another'} {what}",
            hint=Advice("Stop it, then start it again: ", NextCommand("local", "stop")),
        )
