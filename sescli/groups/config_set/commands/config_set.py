"""`sescli config-set`: configuration sets."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.params import parse_tags
from sescli.groups.config_set.commands import event_destination, option_groups
from sescli.groups.config_set.commands.option_groups import apply_changes
from sescli.groups.config_set.commands.options import ConfigSetOptions, Name
from sescli.groups.config_set.views.config_set import config_set_fields
from sescli.groups.config_set.views.event_destinations import event_destination_table
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

app = group("config-set", "Configuration sets: events, tracking, reputation, TLS, pools.")
app.add_typer(option_groups.app)
app.add_typer(event_destination.app)


@command(app, "list", examples=["sescli config-set list", "sescli config-set list --contains prod -o json"])
def list_sets(
    rt: Runtime,
    contains: Annotated[str | None, typer.Option(help="Part of the name.", metavar="TEXT")] = None,
    limit: Annotated[int | None, typer.Option(help="Stop after so many.", metavar="N", min=1)] = None,
) -> Listing:
    """List the configuration sets, all of them.

    Sets are per region: one that is missing may be in another.
    """
    from sescli.groups.config_set.service import config_sets

    found = islice(config_sets.names(rt.aws, contains=contains), limit)
    such = "such " if contains else ""
    return Listing(found, [Column("name", "name")], empty=f"{rt.aws.region} has no {such}configuration set.")


@command(
    app,
    "show",
    examples=["sescli config-set show my-config-set", "sescli config-set show my-config-set -q tracking"],
)
def show(rt: Runtime, name: Name) -> Details:
    """Show one configuration set whole: its options and where its events go.

    Look here when events do not arrive, when mail that names the set is refused, or before a change.
    """
    from sescli.groups.config_set.service import config_sets

    found = config_sets.show(rt.aws, name)
    table = event_destination_table(found.event_destinations, f"{name} publishes no events.")
    return Details(found, config_set_fields(found), tables=[table], title=f"{name} in {rt.aws.region}")


@command(
    app,
    "create",
    examples=[
        "sescli config-set create my-config-set",
        "sescli config-set create marketing --tls require --reputation --tag team=shop",
    ],
)
def create(
    rt: Runtime,
    name: Name,
    settings: ConfigSetOptions,
    tag: Annotated[
        list[str] | None, typer.Option(help="A tag; may be repeated.", metavar="KEY=VALUE")
    ] = None,
) -> Done:
    """Make a configuration set: a name under which SES treats mail in one way.

    Mail belongs to a set when it names it (send --config-set), or when its identity has the set as its
    default. Make one a kind of mail, so that rates, events and pauses of one do not touch the others.
    """
    from sescli.groups.config_set.service import config_sets

    made = config_sets.create(rt.aws, name, settings.changes(), parse_tags(tag or []))
    return Done(
        f"Created the configuration set {name} in {rt.aws.region}.",
        made,
        next=f"sescli config-set event-destination add {name} --help",
    )


@command(
    app,
    "update",
    examples=[
        "sescli config-set update my-config-set --tls require --suppression bounce,complaint",
        "sescli config-set update my-config-set --max-delivery none --no-reputation --dry-run",
    ],
)
def update(rt: Runtime, name: Name, settings: ConfigSetOptions) -> Done:
    """Change options of a configuration set, of any group, and leave all others as they are.

    SES replaces a whole group of options at a time; this reads what is there first, so that naming one
    option does not take its neighbours away. All is checked before the first change.
    """
    return apply_changes(rt, name, settings.changes())


@command(
    app,
    "delete",
    examples=[
        "sescli config-set delete my-config-set --yes",
        "sescli config-set delete my-config-set --dry-run",
    ],
)
def delete(
    rt: Runtime,
    name: Name,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Do not look at what leans on it; quick with many identities.")
    ] = False,
) -> Done:
    """Delete a configuration set and its event destinations.

    Refused while an identity has it as its default, or a tenant has it: SES itself would delete it, and then
    refuse all mail of theirs. Mail that names the set fails too.
    """
    from sescli.groups.config_set.service import deletion

    destinations = deletion.destination_names(rt.aws, name)
    if not no_check:
        deletion.DependentsCheck(rt.aws, rt.output.note, rt.world.sleep).require_none(name)
    with_them = f" and its event destinations {', '.join(destinations)}" if destinations else ""
    consequence = f"This deletes {name}{with_them} in {rt.aws.region}, and mail that names it will fail"
    rt.confirm(f"Delete {name}?", consequence=consequence)
    gone = deletion.delete(rt.aws, name, destinations)
    return Done(f"Deleted {name}{with_them} in {rt.aws.region}.", gone)
