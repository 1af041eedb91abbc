"""`sescli identity wait`: until an identity is verified."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.name_completion import identities
from sescli.cli.params import Resolver, dns_sources, parse_duration
from sescli.errors import InterruptedRunError, UsageError
from sescli.groups.identity.views import verification
from sescli.output.results import Done
from sescli.runtime import Runtime

app = typer.Typer()

Timeout = Annotated[str, typer.Option(help="The longest wait.", metavar="TIME")]


@command(
    app,
    "wait",
    examples=[
        "sescli identity wait example.com",
        "sescli identity wait example.com --timeout 1h --interval 1m -o json",
        "sescli identity wait john@example.com",
    ],
)
def wait(
    rt: Runtime,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A domain or an address.", autocompletion=identities)
    ],
    timeout: Timeout = "72h",
    interval: Annotated[
        str, typer.Option(help="Time between two looks, 1s at least.", metavar="TIME")
    ] = "30s",
    resolver: Resolver = None,
) -> Done:
    """Wait until SES has verified an identity, its DKIM and its MAIL FROM domain.

    SES and DNS are asked in turn, and what each says of each record is shown until all is there. An address waits
    for its link to be followed. Good in CI after the records were published: exit code 0 when it is verified, 3
    at the time-out and where SES has given up, which it does after 72 hours. -o jsonl writes a line for each
    change. Nothing is changed by waiting, and nothing is lost by leaving: SES goes on looking by itself.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service.waiting import Wait

    wanted = parse_identity(name)
    longest, pause = parse_duration(timeout, "--timeout"), checked_interval(interval)
    waiting = Wait(wanted, longest.total_seconds(), pause, dns_sources(rt, resolver))
    try:
        look = verification.watched(rt, waiting)
    except KeyboardInterrupt as interrupt:
        raise InterruptedRunError(
            f"interrupted: SES goes on looking for {wanted} by itself", hint=f"sescli identity wait {wanted}"
        ) from interrupt
    return verification.ended(look, timeout)


def checked_interval(text: str) -> float:
    """Seconds. Raises `UsageError` for less than the second that SES wants between two looks."""
    seconds = parse_duration(text, "--interval").total_seconds()
    if seconds < 1:
        raise UsageError(f"--interval is {text!r}, and SES takes one look a second at most")
    return seconds
