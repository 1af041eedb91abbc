"""`sescli identity config-set`: the default configuration set of an identity."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.name_completion import configuration_sets, identities
from sescli.errors import UsageError
from sescli.output.results import Details, Done
from sescli.runtime import Runtime

# A Typer without a name: its command becomes one of `sescli identity`.
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
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A domain or an address that is an identity.", autocompletion=identities
        ),
    ],
    set_name: Annotated[
        str | None,
        typer.Argument(
            metavar="[SET]",
            help="Configuration set; left out, it is shown.",
            autocompletion=configuration_sets,
        ),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Have none from now on.")] = False,
) -> Details | Done:
    """Show or set the configuration set that an identity's mail belongs to when it names none.

    So no mail escapes its events, suppression and TLS rules, whichever program sends it. A domain's default
    counts for its addresses too, but for those that are identities themselves.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import default_config_set as service

    wanted = parse_identity(name)
    if set_name is not None and none:
        raise UsageError(f"--none and {set_name} contradict each other", hint="give one of them")
    if set_name is None and not none:
        found = service.show(rt.aws, wanted)
        return Details(found, [("configuration set", found.config_set)], title=f"{wanted} in {rt.aws.region}")
    now = service.change(rt.aws, wanted, set_name)
    said = f"its default is {set_name}" if set_name else "it has no default configuration set any more"
    return Done(f"{wanted} in {rt.aws.region}: {said}.", now)
