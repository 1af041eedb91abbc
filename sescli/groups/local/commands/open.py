"""`sescli local open`: open the inbox in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.groups.local.commands.server_address import connect
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.emulator.client import Inbox

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

    The printed URL contains the token of the emulator: whoever has it can read the messages. The browser gets a URL with
    a code that works once, because other users can read the command line of a process.
    """
    if planned := rt.dry_run_result("open the inbox of the local SES emulator"):
        return planned
    inbox = _inbox(rt)
    if rt.terminal.interactive and not no_browser and _open_browser(inbox.page_url(inbox.create_code())):
        url = inbox.page_url().partition("#")[0]
        return Done(f"Opened the inbox in the browser: {url}", {"inbox_url": url, "opened": True})
    url = inbox.page_url()
    return Done(f"The inbox is at {url}", {"inbox_url": url, "opened": False})


def _inbox(rt: Runtime) -> Inbox:
    """A client of the server, which is started if it is the one of this machine."""
    from sescli.emulator import process

    if rt.settings.endpoint_url is None:
        process.ensure_running(announce=rt.output.note)
    return connect(rt)[0]


def _open_browser(url: str) -> bool:
    """Open the URL. False if there is no browser."""
    import webbrowser

    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
