"""`sescli local open`: the inbox as a web page."""

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
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only tell the address.")] = False,
) -> Done:
    """Open the inbox in the browser.

    A page for this machine alone: what was sent, its HTML in a frame that runs and loads nothing, text,
    headers, source, attachments, and what became of it. New mail appears by itself. It starts the embedded SES
    when it is not running. Off a terminal it tells the address and opens nothing.
    """
    if planned := rt.dry_run_result("open the inbox of the embedded SES"):
        return planned
    url = _inbox_url(rt)
    opened = rt.terminal.interactive and not no_browser and _open_browser(url)
    return Done(f"The inbox is at {url}", {"inbox_url": url, "opened": opened})


def _inbox_url(rt: Runtime) -> str:
    from sescli.emulator import process

    place = rt.settings.endpoint_url
    if place is None:
        return process.ensure_running(announce=rt.output.note).inbox_url
    return f"{place.rstrip('/')}/_sescli/inbox"


def _open_browser(url: str) -> bool:
    """Whether a browser was found to show it."""
    import webbrowser

    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
