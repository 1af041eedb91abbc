"""Arguments and options that several commands of `sescli identity` take."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.name_completion import identities

Domain = Annotated[
    str, typer.Argument(metavar="DOMAIN", help="A domain that is an identity.", autocompletion=identities)
]
Purpose = Annotated[str, typer.Option("--for", help="sending, receiving or all.", metavar="PURPOSE")]
LegacyTxt = Annotated[
    bool,
    typer.Option("--legacy-txt", help="Also the _amazonses TXT record of API v1; DKIM makes it needless."),
]
OnMxFailure = Annotated[
    str | None,
    typer.Option(
        help="While SES does not find its MX: use-default (amazonses.com) or reject all mail.",
        metavar="WHAT",
    ),
]
