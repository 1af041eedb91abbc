"""`sescli identity check`: the records that a domain wants, held against DNS."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.params import Resolver, dns_sources, parse_duration
from sescli.groups.identity.commands.dkim_keys import private_key
from sescli.groups.identity.commands.options import Domain, LegacyTxt, Purpose
from sescli.groups.identity.views import check as check_view
from sescli.output.results import Details
from sescli.runtime import Runtime

# A Typer without a name: its command becomes one of `sescli identity`.
app = typer.Typer()

PrivateKey = Annotated[
    str | None,
    typer.Option(
        "--dkim-private-key",
        help="Your own DKIM key (PEM or base64), or - for standard input, to compare the published one with.",
        metavar="FILE",
    ),
]


@command(
    app,
    "check",
    examples=[
        "sescli identity check example.com",
        "sescli identity check example.com --for all --timeout 30s",
        "sescli identity check example.com -q \"[?verdict!='ok'].[name, fix]\"",
    ],
)
def check(
    rt: Runtime,
    domain: Domain,
    purpose: Purpose = "sending",
    resolver: Resolver = None,
    timeout: Annotated[
        str, typer.Option(help="The longest that all of it may take.", metavar="TIME")
    ] = "15s",
    dkim_private_key: PrivateKey = None,
    legacy_txt: LegacyTxt = False,
) -> Details:
    """Ask DNS now for the records that a domain wants, and say what is wrong with each and how to mend it.

    Ask this while a verification is pending: SES says only that it waits, for up to 72 hours. The zone's own
    name servers and this machine's resolver are asked side by side, so that a record that is published but not
    yet seen everywhere is told apart from one that is not.

    Exit code 0 when all required records are right, 3 when one is not, 6 when one could not be looked up.
    """
    from sescli.dns.names import parse_identity
    from sescli.dns.records import checked_purpose
    from sescli.groups.identity.service import dns_check

    name, seconds = parse_identity(domain), parse_duration(timeout, "--timeout").total_seconds()
    key = private_key(rt, dkim_private_key)
    rt.output.note(f"Looking at {name} in SES and in DNS …")
    found = dns_check.check(
        rt.aws,
        name,
        checked_purpose(purpose),
        sources=dns_sources(rt, resolver, timeout=seconds),
        warn=rt.output.warn,
        legacy_txt=legacy_txt,
        dkim_public_key=None if key is None else key.public,
    )
    if where := check_view.whereabouts(found):
        rt.output.note(where)
    return check_view.result(rt, found)
