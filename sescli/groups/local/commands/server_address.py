"""Which emulator server the commands of the `local` group talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import NextCommand
from sescli.errors import NotFoundError

if TYPE_CHECKING:
    from sescli.emulator.client import Inbox
    from sescli.runtime import Runtime


def connect(rt: Runtime) -> tuple[Inbox, str]:
    """A client of the server at --endpoint-url or of the server on this machine, and its URL.

    Raises `NotFoundError` if no server is running.
    """
    from sescli.emulator import process
    from sescli.emulator.client import Inbox

    url = rt.settings.endpoint_url
    if url is None:
        server = process.status()
        if server is None:
            raise NotFoundError(
                "the local SES emulator is not running",
                hint=NextCommand("local", "start"),
                code="NotRunning",
            )
        url = server.endpoint_url
    return Inbox(url), url


def chosen_region(rt: Runtime) -> str:
    """The region in use: --region, then the environment, then us-east-1, as for any call with --local."""
    environ = rt.world.environ
    return rt.settings.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
