"""`sescli identity config-set`: the default configuration set of an identity."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.name_completion import configuration_sets
from sescli.errors import UsageError
from sescli.groups.identity.commands.options import Name
from sescli.output.results import Details, Done
from sescli.runtime import Runtime

app = typer.Typer()


@command(
    app,
    "config-set",
    examples=[
        "sescli identity config-set example.com",
        "sescli identity config-set example.com my-config-set",
        "sescli identity config-set example.com --none",
    ],
)
def config_set(
    rt: Runtime,
    name: Name,
    set_name: Annotated[
        str | None,
        typer.Argument(
            metavar="[SET]",
            help="New default configuration set. Omit it to show the current one.",
            autocompletion=configuration_sets,
        ),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Remove the default configuration set.")] = False,
) -> Details | Done:
    """Show or set the default configuration set of an identity.

    SES uses it for email that names no configuration set, so its events, suppression and TLS settings apply
    whichever program sends. The default of a domain also applies to its addresses, except to addresses that are
    identities themselves.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import default_config_set as service

    identity = parse_identity(name)
    if set_name is not None and none:
        raise UsageError(f"--none cannot be combined with {set_name}", hint="use one of them")
    if set_name is None and not none:
        found = service.show(rt.aws, identity)
        fields = [("default configuration set", found.config_set)]
        return Details(found, fields, title=f"{identity} in {rt.aws.region}")
    changed = service.change(rt.aws, identity, set_name)
    what = f"Set the default configuration set of {identity} to {set_name}"
    if set_name is None:
        what = f"Removed the default configuration set of {identity}"
    return Done(f"{what} ({rt.aws.region}).", changed)
