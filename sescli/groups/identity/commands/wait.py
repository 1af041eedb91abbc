"""`sescli identity wait`: wait until an identity is verified."""

from __future__ import annotations

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command
from sescli.cli.params import Resolver, dns_sources, parse_duration
from sescli.errors import InterruptedRunError, UsageError
from sescli.groups.identity.commands.options import Interval, Name, Timeout
from sescli.groups.identity.views import verification
from sescli.output.results import Done
from sescli.runtime import Runtime

app = typer.Typer()


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
    name: Name,
    timeout: Timeout = "72h",
    interval: Interval = "30s",
    resolver: Resolver = None,
) -> Done:
    """Wait until SES has verified an identity, its DKIM and its MAIL FROM domain.

    Checks SES and DNS in turn and shows the status of each record. For an address, it waits until the
    verification link is opened. Use it in CI after you publish the records. Exit code 0: verified. 3: timeout,
    or SES stopped looking, which it does after 72 hours. -o jsonl writes one line for each change.

    Waiting changes nothing, and you can stop at any time: SES continues to look for the records.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service.waiting import VerificationWait

    identity = parse_identity(name)
    longest, pause = parse_duration(timeout, "--timeout"), checked_interval(interval)
    waiting = VerificationWait(identity, longest.total_seconds(), pause, dns_sources(rt, resolver))
    try:
        poll = verification.wait_until_verified(rt, waiting)
    except KeyboardInterrupt as interrupt:
        raise InterruptedRunError(
            f"interrupted: SES continues to look for the records of {identity}",
            hint=NextCommand("identity", "wait", identity.text),
        ) from interrupt
    return verification.wait_result(poll, timeout)


def checked_interval(text: str) -> float:
    """Seconds. Raises `UsageError` for less than one second: SES accepts one GetEmailIdentity call a second."""
    seconds = parse_duration(text, "--interval").total_seconds()
    if seconds < 1:
        raise UsageError(
            f"--interval {text!r} is too short", hint="SES allows one check a second: use 1s or more"
        )
    return seconds
