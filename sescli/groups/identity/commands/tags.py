"""`sescli identity tags`: the tags of an identity."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.params import parse_tags
from sescli.groups.identity.commands.options import Name
from sescli.groups.identity.views import tags as view
from sescli.output.results import Done, Listing
from sescli.runtime import Runtime

app = group("tags", "Manage the tags of an identity.")


@command(
    app,
    "list",
    examples=["sescli identity tags list example.com", "sescli identity tags list example.com -o json"],
)
def list_tags(rt: Runtime, name: Name) -> Listing:
    """List the tags of an identity.

    Tags can record who owns an identity. AWS uses them in cost reports and in the conditions of IAM policies.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import tags

    return view.tag_list(tags.show(rt.aws, parse_identity(name)))


@command(
    app,
    "set",
    examples=[
        "sescli identity tags set example.com team=billing",
        "sescli identity tags set example.com team=billing stage=production --dry-run",
    ],
)
def set_tags(
    rt: Runtime,
    name: Name,
    pairs: Annotated[list[str], typer.Argument(metavar="KEY=VALUE…", help="Tags to add or replace.")],
) -> Done:
    """Add tags to an identity, or replace the values of tags that it has.

    The other tags of the identity stay. An identity has at most 50 tags. IAM policies can depend on tags, so
    a new value can grant or remove permissions.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import tags

    identity = parse_identity(name)
    wanted = parse_tags(pairs, option=None)
    before = tags.show(rt.aws, identity)
    after = tags.set_tags(rt.aws, before, wanted)
    if after == before:
        message = f"{identity} ({rt.aws.region}) already has these tags. Nothing changed."
        return Done(message, before.tags)
    return view.changed("Set", [key for key, _ in wanted], after, rt.aws.region)


@command(app, "remove", examples=["sescli identity tags remove example.com team"])
def remove(
    rt: Runtime,
    name: Name,
    keys: Annotated[list[str], typer.Argument(metavar="KEY…", help="Keys of the tags to remove.")],
) -> Done:
    """Remove tags from an identity.

    If one of the keys is not set, nothing is removed and the exit code is 5, so a misspelled key does not go
    unnoticed.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import tags

    given = list(dict.fromkeys(keys))
    after = tags.remove_tags(rt.aws, tags.show(rt.aws, parse_identity(name)), given)
    return view.changed("Removed", given, after, rt.aws.region)
