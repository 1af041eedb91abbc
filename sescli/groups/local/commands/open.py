"""`sescli local open`: open the inbox in the browser."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.output.results import Done
from sescli.runtime import Runtime

app = typer.Typer()


@command(
    app,
    "open",
    examples=["sescli local open", "sescli local open --no-browser", "sescli local open -q inbox_url"],
)
def open_inbox(
    rt: Runtime,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the URL.")] = False,
) -> Done:
    """Open the inbox of the local SES emulator in the browser.

    The page is available only on this machine. It shows each sent message: HTML (in a frame that runs no scripts and
    loads nothing), text, headers, source, attachments and delivery status. New messages appear automatically. The
    command starts the emulator if it is not running. If the output is not a terminal, it only prints the URL.
    """
    if planned := rt.dry_run_result("open the inbox of the local SES emulator"):
        return planned
    url = _inbox_url(rt)
    opened = rt.terminal.interactive and not no_browser and _open_browser(url)
    return Done(f"The inbox is at {url}", {"inbox_url": url, "opened": opened})


def _inbox_url(rt: Runtime) -> str:
    from sescli.emulator import process

    endpoint = rt.settings.endpoint_url
    if endpoint is None:
        return process.ensure_running(announce=rt.output.note).inbox_url
    return f"{endpoint.rstrip('/')}/_sescli/inbox"


def _open_browser(url: str) -> bool:
    """Open the URL. False if there is no browser."""
    import webbrowser

    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
