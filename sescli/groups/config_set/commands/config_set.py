"""`sescli config-set`: configuration sets."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.params import parse_tags
from sescli.groups.config_set.commands import event_destination
from sescli.groups.config_set.commands import options as its
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.config_set.service.config_sets import ConfigurationSet

app = group("config-set", "Configuration sets: events, tracking, reputation, TLS, pools.")
app.add_typer(its.app)
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
def show(rt: Runtime, name: its.Name) -> Details:
    """Show one configuration set whole: its options and where its events go.

    Look here when events do not arrive, when mail that names the set is refused, or before a change.
    """
    from sescli.groups.config_set.service import config_sets

    found = config_sets.show(rt.aws, name)
    table = event_destination.table(found.event_destinations, f"{name} publishes no events.")
    return Details(found, _fields(found), tables=[table], title=f"{name} in {rt.aws.region}")


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
    name: its.Name,
    tls: its.Tls = None,
    pool: its.Pool = None,
    max_delivery: its.MaxDelivery = None,
    tracking_domain: its.TrackingDomain = None,
    https: its.Https = None,
    reputation: its.Reputation = None,
    sending: its.Sending = None,
    suppression: its.Suppression = None,
    suppression_scope: its.Scope = None,
    validation: its.Validation = None,
    engagement: its.Engagement = None,
    optimized_delivery: its.Optimized = None,
    archive: its.Archive = None,
    signing: its.Signing = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="A tag; may be repeated.", metavar="KEY=VALUE")
    ] = None,
) -> Done:
    """Make a configuration set: a name under which SES treats mail in one way.

    Mail belongs to a set when it names it (send --config-set), or when its identity has the set as its
    default. Make one a kind of mail, so that rates, events and pauses of one do not touch the others.
    """
    from sescli.groups.config_set.service import config_sets
    from sescli.groups.config_set.service.options import Wish

    wish = Wish(
        tls=tls,
        pool=pool,
        max_delivery=its.seconds(max_delivery),
        tracking_domain=tracking_domain,
        https=https,
        reputation=reputation,
        sending=sending,
        suppression=suppression,
        suppression_scope=suppression_scope,
        validation=validation,
        engagement=engagement,
        optimized_delivery=optimized_delivery,
        archive=archive,
        signing=signing,
    )
    made = config_sets.create(rt.aws, name, wish, parse_tags(tag or []))
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
def update(
    rt: Runtime,
    name: its.Name,
    tls: its.Tls = None,
    pool: its.Pool = None,
    max_delivery: its.MaxDelivery = None,
    tracking_domain: its.TrackingDomain = None,
    https: its.Https = None,
    reputation: its.Reputation = None,
    sending: its.Sending = None,
    suppression: its.Suppression = None,
    suppression_scope: its.Scope = None,
    validation: its.Validation = None,
    engagement: its.Engagement = None,
    optimized_delivery: its.Optimized = None,
    archive: its.Archive = None,
    signing: its.Signing = None,
) -> Done:
    """Change options of a configuration set, of any group, and leave all others as they are.

    SES replaces a whole group of options at a time; this reads what is there first, so that naming one
    option does not take its neighbours away. All is checked before the first change.
    """
    from sescli.groups.config_set.service.options import Wish

    wish = Wish(
        tls=tls,
        pool=pool,
        max_delivery=its.seconds(max_delivery),
        tracking_domain=tracking_domain,
        https=https,
        reputation=reputation,
        sending=sending,
        suppression=suppression,
        suppression_scope=suppression_scope,
        validation=validation,
        engagement=engagement,
        optimized_delivery=optimized_delivery,
        archive=archive,
        signing=signing,
    )
    return its.changed(rt, name, wish)


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
    name: its.Name,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Do not look at what leans on it; quick with many identities.")
    ] = False,
) -> Done:
    """Delete a configuration set and its event destinations.

    Refused while an identity has it as its default, or a tenant has it: SES itself would delete it, and then
    refuse all mail of theirs. Mail that names the set fails too.
    """
    from sescli.groups.config_set.service import deletion as removal

    its_destinations = removal.its_destinations(rt.aws, name)
    if not no_check:
        removal.Look(rt.aws, rt.output.note, rt.world.sleep).check(name)
    with_them = f" and its event destinations {', '.join(its_destinations)}" if its_destinations else ""
    consequence = f"This deletes {name}{with_them} in {rt.aws.region}, and mail that names it will fail"
    rt.confirm(f"Delete {name}?", consequence=consequence)
    gone = removal.delete(rt.aws, name, its_destinations)
    return Done(f"Deleted {name}{with_them} in {rt.aws.region}.", gone)


def _fields(found: ConfigurationSet) -> list[tuple[str, object] | tuple[str, object, str]]:
    suppression = found.suppression.suppressed_reasons
    longest = found.delivery.max_delivery_seconds
    return [
        ("sending", "on" if found.sending.sending_enabled else "off: SES refuses mail that names it"),
        ("reputation metrics", "on" if found.reputation.reputation_metrics_enabled else "off"),
        ("fresh start", found.reputation.last_fresh_start),
        ("tracking domain", found.tracking.custom_redirect_domain or "SES's own"),
        ("HTTPS policy", found.tracking.https_policy),
        ("TLS policy", found.delivery.tls_policy or "OPTIONAL"),
        ("pool", found.delivery.sending_pool_name),
        ("tries to deliver for", longest and f"{longest:,} seconds"),
        ("suppression", "as the account" if suppression is None else list(suppression) or "none"),
        ("suppression scope", found.suppression.suppression_scope),
        ("address validation", found.suppression.validation),
        ("engagement metrics", found.vdm.engagement_metrics),
        ("optimized delivery", found.vdm.optimized_shared_delivery),
        ("archive", found.archiving.archive_arn),
        ("signing", found.message_security.signing_scheme),
        ("tags", [f"{key}={value}" for key, value in found.tags.items()]),
    ]
