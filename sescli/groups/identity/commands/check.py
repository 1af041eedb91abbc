"""`sescli identity check`: compare the DNS records that a domain needs with DNS."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.params import Resolver, dns_sources, parse_duration
from sescli.groups.identity.commands.dkim_keys import read_public_key
from sescli.groups.identity.commands.options import Domain, RecordOptions
from sescli.groups.identity.views import check as check_view
from sescli.output.results import Details
from sescli.runtime import Runtime

app = typer.Typer()


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
    wanted: RecordOptions,
    resolver: Resolver = None,
    timeout: Annotated[
        str, typer.Option(help="Longest time for all DNS queries together.", metavar="TIME")
    ] = "15s",
) -> Details:
    """Check the DNS records of a domain now, and show what is wrong and how to fix it.

    Use it while a verification is pending: for up to 72 hours, SES itself only reports the status pending.
    This command queries the name servers that the parent zone delegates to, which SES uses, and the resolver of this
    machine. So it can distinguish a record that is not published from one that is published but not visible
    everywhere yet. The verdict is unverified if only the resolver of this machine has a record. --dkim-private-key
    compares your own DKIM key with the published one.

    Exit code 0: all required records are correct. 3: a required record is wrong or unverified. 6: a required
    record could not be looked up.
    """
    from sescli.dns.names import parse_identity
    from sescli.dns.records import checked_purpose
    from sescli.groups.identity.service import dns_check

    name, seconds = parse_identity(domain), parse_duration(timeout, "--timeout").total_seconds()
    public_key = read_public_key(rt, wanted.dkim_private_key)
    rt.output.note(f"Checking {name} in SES and in DNS …")
    found = dns_check.check(
        rt.aws,
        name,
        checked_purpose(wanted.purpose),
        sources=dns_sources(rt, resolver, timeout=seconds),
        warn=rt.output.warn,
        legacy_txt=wanted.legacy_txt,
        dkim_public_key=public_key,
    )
    return check_view.check_result(rt, found)
