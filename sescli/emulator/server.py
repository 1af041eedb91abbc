"""The emulator's server process: opens the store, listens on loopback, writes the state file and serves requests.

`sescli.emulator.process` starts it as
`python -m sescli.emulator.server --folder F [--port N] [--ephemeral] [--verification auto|dns|manual] ...`.
A token of the user comes in the environment: other users can read the command line of a process, but not that.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import sqlite3
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from sescli.emulator import clock, outbound, state_file
from sescli.emulator.admin import AdminApi, AdminParts
from sescli.emulator.control import ControlSettings
from sescli.emulator.dispatch import Dispatcher
from sescli.emulator.http_server import EmulatorServer
from sescli.emulator.liveness import SERVER_LOCK
from sescli.emulator.moto_services import LazyMoto
from sescli.emulator.outbound import BlockedActions, OutboundPolicy
from sescli.emulator.receiving.deliver_endpoint import DeliverEndpoint
from sescli.emulator.router import Router
from sescli.emulator.service_clients import ServiceClients
from sescli.emulator.ses.region import Controls
from sescli.emulator.spawn import ALREADY_RUNNING, AlreadyRunningError
from sescli.emulator.state_file import ServerState
from sescli.emulator.store import Store
from sescli.emulator.surface import access_token
from sescli.emulator.surface.access_token import AccessToken
from sescli.emulator.surface.compat import CompatApi

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DATABASE = "local.sqlite3"
NOT_STARTED = 4


@dataclass(frozen=True)
class ServerOptions:
    """`port` 0 selects a free port. `folder` exists and belongs to the caller."""

    folder: Path
    port: int = 0
    ephemeral: bool = False
    verification: str = "auto"
    resolver: str | None = None  # HOST[:PORT] of the DNS server for 'dns'; None uses this machine's servers
    compat: bool = False
    allow_network: bool = False
    allow_lambda: bool = False
    token: str | None = field(default=None, repr=False)  # None creates one


def serve(options: ServerOptions) -> None:
    """Serve until a stop request or Ctrl-C. The state file exists as soon as the server listens.

    Raises AlreadyRunningError, OSError (port in use, folder not writable, store damaged).
    """
    with _lock_folder(options.folder):
        store = _open_store(options)
        controls = Controls(verification=options.verification, clock=clock.load(store))
        router = Router(store, controls, _load_model)
        with EmulatorServer(options.port) as server:
            state = _state(options, server.port)
            _connect_parts(server, store, router, controls, state)
            state_file.write(options.folder, state)
            server.dispatcher.start()
            try:
                with _verifying(options, store, router):
                    server.serve_forever(poll_interval=0.1)
            finally:
                server.dispatcher.stop()
                state_file.remove(options.folder, state.instance)
                store.close()


def _open_store(options: ServerOptions) -> Store:
    path = None if options.ephemeral else options.folder / DATABASE
    try:
        return Store(path)
    except sqlite3.Error as error:
        raise OSError(
            f"cannot open {path}: {error}. Move the file away to start with an empty state"
        ) from error


def _connect_parts(
    server: EmulatorServer, store: Store, router: Router, controls: Controls, state: ServerState
) -> None:
    policy = OutboundPolicy(BlockedActions(), network=state.allow_network, functions=state.allow_lambda)
    outbound.install(policy)
    server.router = router
    server.moto = LazyMoto(server.port, compat=state.compat)
    server.dispatcher = Dispatcher(store, controls, router.region)

    def stop() -> None:
        # In a separate thread, so that the response is sent before the server stops.
        threading.Timer(0.05, server.shutdown).start()

    settings = ControlSettings(router, controls, server.moto.reset)
    clients = ServiceClients(server.port)
    parts = AdminParts(
        settings=settings,
        receive=DeliverEndpoint(store, router, clients, policy).deliver,
        identity=state.to_public() | {"service": "sescli"},
        access=AccessToken(state.token),
        blocked=policy.blocked,
        stop=stop,
        paused=server.dispatcher.paused,
    )
    server.answer_admin = AdminApi(store, parts).answer
    if state.compat:
        server.answer_compat = CompatApi(store, settings, server.dispatcher.paused).answer


@contextmanager
def _verifying(options: ServerOptions, store: Store, router: Router) -> Iterator[None]:
    """Verify identities through DNS in the background, if the server was started with `--verification dns`."""
    if options.verification != "dns":
        yield
        return
    from sescli.emulator.dns_lookup import DnsLookup
    from sescli.emulator.verifier import Verifier

    verifier = Verifier(store, router.region, DnsLookup(options.resolver))
    router.before_operation = verifier.check_shown_identities
    verifier.start()
    try:
        yield
    finally:
        verifier.stop()


def _state(options: ServerOptions, port: int) -> ServerState:
    return ServerState(
        instance=secrets.token_hex(16),
        pid=os.getpid(),
        port=port,
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        ephemeral=options.ephemeral,
        verification=options.verification,
        resolver=options.resolver,
        compat=options.compat,
        allow_network=options.allow_network,
        allow_lambda=options.allow_lambda,
        token=options.token or access_token.create(),
    )


@contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    """Allow one server per folder. The operating system releases the lock if the process dies."""
    lock = FileLock(folder / SERVER_LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise AlreadyRunningError(str(folder)) from error
    try:
        yield
    finally:
        lock.release()


def _load_model(service: str) -> Mapping[str, Any]:
    from botocore.loaders import Loader

    model: Mapping[str, Any] = Loader().load_service_model(service, "service-2")
    return model


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="sescli.emulator.server")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ephemeral", action="store_true")
    parser.add_argument("--verification", choices=("auto", "dns", "manual"), default="auto")
    parser.add_argument("--resolver")
    for option in ("--compat", "--allow-network", "--allow-lambda", "--foreground"):
        parser.add_argument(option, action="store_true")
    given = vars(parser.parse_args(argv))
    foreground = given.pop("foreground")
    # Removed, so that nothing that this process starts inherits it.
    options = ServerOptions(**given, token=os.environ.pop(access_token.VARIABLE, None))
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda _number, _frame: _interrupt())
    if foreground:
        threading.Thread(target=_stop_with_parent, name="parent", daemon=True).start()
    try:
        serve(options)
    except AlreadyRunningError:
        return ALREADY_RUNNING
    except OSError as error:
        logging.getLogger(__name__).error("cannot start: %s", error)  # noqa: TRY400  the message says it
        return NOT_STARTED
    except KeyboardInterrupt:
        return 0
    return 0


def _stop_with_parent() -> None:
    """Stop this process when the one that started it ends, however it ends: then standard input is closed."""
    while os.read(
        sys.stdin.fileno(), 1
    ):  # not sys.stdin.read: its lock would make the interpreter abort at exit
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _interrupt() -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
