"""`sescli config-set`: configuration sets."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, group
from sescli.cli.params import parse_tags
from sescli.groups.config_set.commands import event_destination, option_groups
from sescli.groups.config_set.commands.option_groups import apply_changes
from sescli.groups.config_set.commands.options import ConfigSetOptions, Name
from sescli.groups.config_set.views.config_set import config_set_fields
from sescli.groups.config_set.views.event_destinations import event_destination_table
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

app = group("config-set", "Manage configuration sets: events, tracking, reputation, TLS, IP pools.")
app.add_typer(option_groups.app)
app.add_typer(event_destination.app)


@command(app, "list", examples=["sescli config-set list", "sescli config-set list --contains prod -o json"])
def list_sets(
    rt: Runtime,
    contains: Annotated[str | None, typer.Option(help="Text that the name contains.", metavar="TEXT")] = None,
    limit: Annotated[int | None, typer.Option(help="Maximum number of sets.", metavar="N", min=1)] = None,
) -> Listing:
    """List all configuration sets.

    Each region has its own sets. If a set is missing, check the other regions.
    """
    from sescli.groups.config_set.service import config_sets

    found = islice(config_sets.names(rt.aws, contains=contains), limit)
    matching = " with a matching name" if contains else ""
    return Listing(
        found, [Column("name", "name")], empty=f"No configuration sets{matching} in {rt.aws.region}."
    )


@command(
    app,
    "show",
    examples=["sescli config-set show my-config-set", "sescli config-set show my-config-set -q tracking"],
)
def show(rt: Runtime, name: Name) -> Details:
    """Show the options and event destinations of one configuration set.

    Use it when events do not arrive, when SES rejects messages that use the set, or before a change.
    """
    from sescli.groups.config_set.service import config_sets

    found = config_sets.show(rt.aws, name)
    table = event_destination_table(found.event_destinations, f"{name} has no event destinations.")
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
        list[str] | None, typer.Option(help="Tag of the set. Repeatable.", metavar="KEY=VALUE")
    ] = None,
) -> Done:
    """Create a configuration set: a group of rules for the messages that use it.

    A message uses a set if it names the set (send --config-set), or if the set is the default of its identity.
    Create one set for each kind of email, so that you can monitor and pause each kind separately.
    """
    from sescli.groups.config_set.service import config_sets

    made = config_sets.create(rt.aws, name, settings.changes(), parse_tags(tag or []))
    return Done(
        f"Created the configuration set {name} in {rt.aws.region}.",
        made,
        next=NextCommand("config-set", "event-destination", "add", name, "--help"),
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
    """Change options of a configuration set. Other options stay as they are.

    SES replaces a full group of options at a time, so sescli reads the current options first. It checks all
    options before the first change.
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
        bool,
        typer.Option(
            "--no-check",
            help="Skip the check for identities and tenants that use the set. Faster with many identities.",
        ),
    ] = False,
) -> Done:
    """Delete a configuration set and its event destinations.

    sescli refuses if the set is the default of an identity or belongs to a tenant: after the deletion, SES would
    reject all their messages. SES also rejects messages that name a deleted set.
    """
    from sescli.groups.config_set.service import deletion

    destinations = deletion.destination_names(rt.aws, name)
    if not no_check:
        deletion.DependentsCheck(rt.aws, rt.output.note, rt.world.sleep).require_none(name)
    with_them = f" and its event destinations {', '.join(destinations)}" if destinations else ""
    consequence = (
        f"This deletes the configuration set {name}{with_them} in {rt.aws.region}. "
        "SES will reject messages that use it"
    )
    rt.confirm(f"Delete {name}?", consequence=consequence)
    deleted = deletion.delete(rt.aws, name, destinations)
    return Done(f"Deleted the configuration set {name}{with_them} in {rt.aws.region}.", deleted)
