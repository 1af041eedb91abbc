"""Which emulator server the commands of the `local` group talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import NextCommand
from sescli.emulator.surface import access_token
from sescli.errors import NotFoundError

if TYPE_CHECKING:
    from sescli.emulator.client import Inbox
    from sescli.emulator.process import LocalServer
    from sescli.runtime import Runtime


def connect(rt: Runtime) -> tuple[Inbox, str]:
    """A client of the server at --endpoint-url or of the server on this machine, and its URL.

    The token is in the state file for the server on this machine, and in SESCLI_LOCAL_TOKEN for another one. Raises
    `NotFoundError` if no server is running.
    """
    from sescli.emulator import process
    from sescli.emulator.client import Inbox

    url = rt.settings.endpoint_url
    server = process.status()
    if url is None:
        own = required_server(server)
        return Inbox(own.endpoint_url, own.token), own.endpoint_url
    if server is not None and url.rstrip("/") == server.endpoint_url:
        return Inbox(url, server.token), url
    return Inbox(url, access_token.choose(rt.world.environ)), url


def required_server(server: LocalServer | None) -> LocalServer:
    """The running server. Raises `NotFoundError` if there is none."""
    if server is None:
        raise NotFoundError(
            "the local SES emulator is not running", hint=NextCommand("local", "start"), code="NotRunning"
        )
    return server


def chosen_region(rt: Runtime) -> str:
    """The region in use: --region, then the environment, then us-east-1, as for any call with --local."""
    environ = rt.world.environ
    return rt.settings.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
