"""Arguments and options that several commands of `sescli identity` share."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import options
from sescli.cli.name_completion import identities

Domain = Annotated[
    str, typer.Argument(metavar="DOMAIN", help="Domain that is an SES identity.", autocompletion=identities)
]
Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="Identity: a domain or an email address.", autocompletion=identities),
]
Names = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME…", help="Identities: domains or email addresses.", autocompletion=identities
    ),
]
Purpose = Annotated[
    str, typer.Option("--for", help="What the records are for: sending, receiving or all.", metavar="PURPOSE")
]
LegacyTxt = Annotated[
    bool,
    typer.Option("--legacy-txt", help="Include the _amazonses TXT record of API v1. Not needed with DKIM."),
]
DkimPrivateKey = Annotated[
    str | None,
    typer.Option(
        "--dkim-private-key",
        help="File with your own RSA private key for DKIM (PEM or base64), or - for standard input.",
        metavar="FILE",
    ),
]
DkimKeyLength = Annotated[
    str | None, typer.Option(help="Easy DKIM key length: 2048 (default) or 1024 bits.", metavar="BITS")
]
MailFromDomain = Annotated[
    str | None,
    typer.Option(help="Subdomain that receives bounces: bounce, or bounce.example.com.", metavar="SUBDOMAIN"),
]
OnMxFailure = Annotated[
    str | None,
    typer.Option(
        help="What SES does while it cannot find the MX record: use-default (send with amazonses.com) "
        "or reject (do not send).",
        metavar="ACTION",
    ),
]
Timeout = Annotated[str, typer.Option(help="Longest time to wait, for example 30m.", metavar="TIME")]
Interval = Annotated[str, typer.Option(help="Time between two checks, at least 1s.", metavar="TIME")]


@options
class RecordOptions:
    """Which DNS records of a domain a command reads."""

    purpose: Purpose = "sending"
    dkim_private_key: DkimPrivateKey = None
    legacy_txt: LegacyTxt = False


@options
class HostedZoneOptions:
    """The Route 53 hosted zone to write to."""

    zone_id: Annotated[
        str | None,
        typer.Option(help="Hosted zone ID. Needed when several zones have the same name.", metavar="ID"),
    ] = None
    dns_profile: Annotated[
        str | None,
        typer.Option(
            help="AWS profile of the account that owns the hosted zone, if not this one.", metavar="NAME"
        ),
    ] = None
