"""`sescli identity records`: the DNS records that a domain needs."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli import dns_records
from sescli.cli.decorator import command
from sescli.groups.identity.commands.dkim_keys import read_public_key
from sescli.groups.identity.commands.options import Domain, RecordOptions
from sescli.output.results import Document, Listing, RawBytes
from sescli.runtime import Runtime

app = typer.Typer()


@command(
    app,
    "records",
    examples=[
        "sescli identity records example.com",
        "sescli identity records example.com --format zone > ses.zone",
        "sescli identity records example.com --for all -o json",
    ],
)
def records(
    rt: Runtime,
    domain: Domain,
    wanted: RecordOptions,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="File format: zone, route53, terraform, cloudformation or octodns.",
            metavar="FORMAT",
        ),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(help="DNS zone, if it is a parent of DOMAIN. For octodns only.", metavar="ZONE"),
    ] = None,
) -> Listing | Document | RawBytes:
    """Show the DNS records that a domain needs, for you to publish.

    For sending: DKIM verifies the domain and signs its email. A MAIL FROM domain, if there is one, needs MX and
    SPF. SES does not require DMARC, but large mailbox providers do. --for receiving adds the MX record that
    routes all email for the domain to SES.

    --format writes a file that a DNS provider or tool can import. -o json returns the records themselves.
    """
    from sescli.dns.formats import checked_format, render
    from sescli.dns.names import parse_domain, parse_identity
    from sescli.dns.records import checked_purpose
    from sescli.groups.identity.service import identities

    file_format = checked_format(form) if form else None
    found = identities.records(
        rt.aws,
        parse_identity(domain),
        checked_purpose(wanted.purpose),
        legacy_txt=wanted.legacy_txt,
        dkim_public_key=read_public_key(rt, wanted.dkim_private_key),
    )
    dns_records.warn_of(rt, found)
    if file_format:
        return RawBytes(render(file_format, found, parse_domain(zone or domain)).encode())
    rt.output.note(dns_records.EDITORS)
    return dns_records.shown(rt, found)
