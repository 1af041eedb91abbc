"""`sescli local start|stop|status|reset`: the server of the local SES emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, options
from sescli.emulator.surface import access_token
from sescli.groups.local.commands.server_address import connect, required_server
from sescli.groups.local.views.server import server_details
from sescli.output.results import Details, Document, Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.emulator.process import LocalServer

app = typer.Typer()


@options
class StartOptions:
    """How the emulator runs."""

    port: Annotated[
        int | None,
        typer.Option(help="Port on loopback. Default: a free port.", metavar="PORT", min=1, max=65535),
    ] = None
    foreground: Annotated[bool, typer.Option("--foreground", help="Run until Ctrl-C.")] = False
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="Do not keep the state for the next start.")
    ] = False
    verification: Annotated[
        str,
        typer.Option(
            help="When identities are verified: immediately (auto), when DNS has their records (dns), or by command "
            "(manual).",
            metavar="auto|dns|manual",
        ),
    ] = "auto"
    resolver: Annotated[
        str | None,
        typer.Option(
            help="DNS server for --verification dns. Default: that of this machine.", metavar="HOST[:PORT]"
        ),
    ] = None
    compat: Annotated[
        bool,
        typer.Option("--compat", help="Offer /_aws/ses (LocalStack) and /moto-api/ (moto), without a token."),
    ] = False
    allow_network: Annotated[
        bool,
        typer.Option("--allow-network", help="Let SNS, EventBridge and Firehose send to other hosts."),
    ] = False
    allow_lambda: Annotated[
        bool,
        typer.Option("--allow-lambda", help="Run the functions of receipt rules in Docker."),
    ] = False


@command(
    app,
    "start",
    examples=[
        "sescli local start",
        "sescli local start --ephemeral --port 8025",
        "sescli local start --verification dns --resolver 127.0.0.1:5353",
    ],
)
def start(rt: Runtime, chosen: StartOptions) -> Details | Done | None:
    """Start the local SES emulator in the background.

    --local starts it automatically. Use this command to choose settings, or to use the emulator from other programs: it
    is an AWS endpoint on loopback for boto3, the AWS CLI and other SDKs. The SES state and messages are kept for the
    next start; the state of other services (S3, SNS, ...) is not.

    With --verification dns, a domain stays pending until its DKIM records or the TXT record of v1 exist, and a MAIL
    FROM domain until its MX record exists. After 72 hours it fails. The emulator queries DNS every five seconds and
    each time an identity is shown. With manual, and for addresses with dns, verify with 'sescli local control --verify
    NAME'.

    The AWS services of the emulator accept any keys. Its inbox and its settings need a token, which this command prints
    and 'sescli local token' prints again. SESCLI_LOCAL_TOKEN chooses the token. SNS sends only to this machine, and
    receipt rules run no functions, unless an option allows it.
    """
    if planned := rt.dry_run_result("start the local SES emulator"):
        return planned
    if chosen.foreground:
        _run_foreground(rt, chosen)
        return None
    server = _start_background(chosen)
    if not chosen.ephemeral:
        rt.output.note(
            "SES state and messages are kept after a stop; the state of S3, SNS and others is not."
        )
    return server_details(server, token=server.token)


def _start_background(chosen: StartOptions) -> LocalServer:
    from sescli.emulator import process

    options = {name: value for name, value in vars(chosen).items() if name != "foreground"}
    return process.start(**options)


def _run_foreground(rt: Runtime, chosen: StartOptions) -> None:
    from sescli.emulator import process, spawn

    def announce(server: LocalServer) -> None:
        rt.output.note(
            f"The local SES emulator is running at {server.endpoint_url}. Press Ctrl-C to stop it."
        )
        if not rt.world.environ.get(access_token.VARIABLE):
            rt.output.note(f"Its token is {server.token} ({access_token.VARIABLE} chooses it).")

    options = {name: value for name, value in vars(chosen).items() if name != "foreground"}
    process.run_foreground(spawn.EmulatorOptions(**options), ready=announce)


@command(app, "stop", examples=["sescli local stop"])
def stop(rt: Runtime) -> Done:
    """Stop the local SES emulator.

    The next start restores its state, unless it was started with --ephemeral.
    """
    from sescli.emulator import process

    if planned := rt.dry_run_result("stop the local SES emulator"):
        return planned
    server = process.status()
    stopped = process.stop()
    message = "Stopped the local SES emulator." if stopped else "The local SES emulator was not running."
    if server is not None and server.ephemeral:
        message += " Its state is deleted (--ephemeral)."
    return Done(message, {"stopped": stopped})


@command(app, "status", examples=["sescli local status", "sescli local status -q endpoint_url"])
def status(rt: Runtime) -> Details:  # noqa: ARG001 - every command gets its runtime
    """Show whether the local SES emulator is running, its URL, and what it blocked.

    A message that should go to another host or to a Lambda function is blocked, unless 'local start' had the option for
    it.
    """
    from sescli.emulator import process
    from sescli.emulator.client import Inbox

    server = process.status()
    if server is not None:
        return server_details(server, blocked=Inbox(server.endpoint_url, server.token).blocked())
    nothing = dict.fromkeys(("endpoint_url", "pid", "started_at", "inbox_url"))
    return Details(
        {"running": False, **nothing}, [("running", "no", "status")], next=NextCommand("local", "start")
    )


@command(
    app,
    "token",
    examples=[
        "sescli local token",
        "export SESCLI_LOCAL_TOKEN=$(sescli local token)",
    ],
)
def print_token(rt: Runtime) -> Document:  # noqa: ARG001 - every command gets its runtime
    """Print the token of the local SES emulator.

    Programs that use its API below /_sescli/ send it in the header 'Authorization: Bearer TOKEN'. AWS calls need no
    token. The emulator creates a new token at each start, unless SESCLI_LOCAL_TOKEN chooses it.
    """
    from sescli.emulator import process

    token = required_server(process.status()).token
    return Document(token, {"token": token})


@command(app, "reset", examples=["sescli local reset --yes"])
def reset(rt: Runtime) -> Done:
    """Delete the state of the local SES emulator: messages, identities, templates and everything else.

    Use it for a clean start between tests.
    """
    inbox, url = connect(rt)
    rt.confirm(
        "Reset it?",
        consequence=f"This deletes all messages and identities of the local SES emulator at {url}",
    )
    if planned := rt.dry_run_result(f"reset the local SES emulator at {url}"):
        return planned
    inbox.reset()
    return Done(f"Reset the local SES emulator at {url}.", {"reset": True})
