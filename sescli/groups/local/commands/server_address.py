"""Which embedded SES a command of the `local` group talks to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.errors import NotFoundError

if TYPE_CHECKING:
    from sescli.emulator.client import Inbox
    from sescli.runtime import Runtime


def connect(rt: Runtime) -> tuple[Inbox, str]:
    """The inbox and switches of --endpoint-url, else of the server that runs here; and its place.

    Raises NotFoundError when none runs.
    """
    from sescli.emulator import process
    from sescli.emulator.client import Inbox

    place = rt.settings.endpoint_url
    if place is None:
        server = process.status()
        if server is None:
            raise NotFoundError(
                "the embedded SES is not running", hint="sescli local start", code="NotRunning"
            )
        place = server.endpoint_url
    return Inbox(place), place


def chosen_region(rt: Runtime) -> str:
    """The region that is asked for, as any call with --local has it."""
    environ = rt.world.environ
    return rt.settings.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
