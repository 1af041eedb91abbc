"""`sescli config-set reputation`, `tracking` and so on. Each command changes one group of options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.groups.config_set.commands.options import (
    ARCHIVE,
    SCHEMES,
    Engagement,
    Https,
    MaxDelivery,
    Name,
    On,
    Optimized,
    Pool,
    Scope,
    Suppression,
    Tls,
    TrackingDomain,
    Validation,
    delivery_seconds,
)
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.config_set.service.options import ConfigSetChanges

# Its commands become those of `sescli config-set`: a Typer without a name is merged into its parent.
app = typer.Typer()

_EXAMPLE_ARCHIVE = "arn:aws:ses:us-east-1:123456789012:mailmanager-archive/a-abcdefghijklmnopqrstuvwx"


def apply_changes(rt: Runtime, name: str, changes: ConfigSetChanges, also: str = "") -> Done:
    """Change a set and return what changed. Asks before it turns suppression off."""
    from sescli.groups.config_set.service import config_sets

    if changes.suppresses_nothing:
        rt.confirm(
            "Turn suppression off?",
            consequence=f"SES in {rt.aws.region} will send messages of {name} even to suppressed addresses",
        )
    now = config_sets.update(rt.aws, name, changes)
    summary = ", ".join(changes.describe())
    return Done(f"Changed {name} in {rt.aws.region}: {summary}.{also and f' {also}'}", now)


@command(app, "reputation", examples=["sescli config-set reputation my-config-set --on"])
def reputation(rt: Runtime, name: Name, on: On) -> Done:
    """Turn the reputation metrics of a configuration set on or off.

    With these metrics, CloudWatch has the bounce and complaint rates of this set, so you can set an alarm for
    one kind of email.
    """
    from sescli.groups.config_set.service.options import ConfigSetChanges

    return apply_changes(rt, name, ConfigSetChanges(reputation=on))


@command(
    app,
    "tracking",
    examples=[
        "sescli config-set tracking my-config-set --domain track.example.com",
        "sescli config-set tracking my-config-set --domain none",
    ],
)
def tracking(
    rt: Runtime,
    name: Name,
    domain: TrackingDomain = None,
    https: Https = None,
) -> Done:
    """Set the domain of the links that track opens and clicks.

    Tracking also works without your own domain. To turn tracking on, add an event destination for open or click
    events. The domain must be verified in SES and needs a CNAME record that points to the tracking domain of SES.
    """
    from sescli.dns.names import parse_domain
    from sescli.groups.config_set.service.options import NONE, ConfigSetChanges

    cname = ""
    if domain is not None and domain != NONE:
        domain = parse_domain(domain)
        cname = f"Publish this DNS record: {domain} CNAME r.{rt.aws.region}.awstrack.me"
    return apply_changes(rt, name, ConfigSetChanges(tracking_domain=domain, https=https), cname)


@command(
    app,
    "sending",
    examples=[
        "sescli config-set sending my-config-set --off --yes",
        "sescli config-set sending my-config-set --on",
    ],
)
def sending(rt: Runtime, name: Name, on: On) -> Done:
    """Pause or resume sending for one configuration set.

    While sending is off, SES rejects messages that use the set, and sends all others. Use it when one campaign
    bounces. When you turn sending on again, the reputation metrics of the set start from zero.
    """
    from sescli.groups.config_set.service.options import ConfigSetChanges

    if not on:
        rt.confirm(
            "Turn sending off?",
            consequence=f"SES in {rt.aws.region} will reject all messages that use {name}",
        )
    return apply_changes(rt, name, ConfigSetChanges(sending=on))


@command(
    app, "delivery", examples=["sescli config-set delivery my-config-set --tls require --max-delivery 1h"]
)
def delivery(
    rt: Runtime, name: Name, tls: Tls = None, pool: Pool = None, max_delivery: MaxDelivery = None
) -> Done:
    """Set how SES delivers messages: TLS, dedicated IP pool, and how long it retries.

    If TLS is required, messages to servers without TLS bounce. A short time suits messages that are useless when
    late, such as login codes.
    """
    from sescli.groups.config_set.service.options import ConfigSetChanges

    return apply_changes(
        rt, name, ConfigSetChanges(tls=tls, pool=pool, max_delivery=delivery_seconds(max_delivery))
    )


@command(
    app,
    "suppression",
    examples=[
        "sescli config-set suppression my-config-set --reasons none --yes",
        "sescli config-set suppression my-config-set --reasons inherit --validation high",
    ],
)
def suppression(
    rt: Runtime,
    name: Name,
    reasons: Suppression = None,
    scope: Scope = None,
    validation: Validation = None,
) -> Done:
    """Override the account's suppression settings for one configuration set.

    With none, SES sends even to addresses on the account's suppression list, and adds no addresses to it. Use it
    for messages that you must try to deliver, such as password resets. sescli asks first. With inherit, SES uses
    the account's settings.
    """
    from sescli.groups.config_set.service.options import ConfigSetChanges

    return apply_changes(
        rt, name, ConfigSetChanges(suppression=reasons, suppression_scope=scope, validation=validation)
    )


@command(
    app, "archiving", examples=[f"sescli config-set archiving my-config-set --archive {_EXAMPLE_ARCHIVE}"]
)
def archiving(
    rt: Runtime,
    name: Name,
    archive: Annotated[str, typer.Option(help=ARCHIVE, metavar="ARN")],
) -> Done:
    """Archive the messages of a configuration set in Mail Manager, or stop archiving.

    Use it if you must keep messages as they were sent. AWS charges for Mail Manager separately.
    """
    from sescli.groups.config_set.service.options import ConfigSetChanges

    return apply_changes(rt, name, ConfigSetChanges(archive=archive))


@command(app, "vdm", examples=["sescli config-set vdm my-config-set --engagement --no-optimized-delivery"])
def vdm(rt: Runtime, name: Name, engagement: Engagement = None, optimized_delivery: Optimized = None) -> Done:
    """Override the account's Virtual Deliverability Manager for one configuration set.

    It has an effect only if VDM is on for the account. AWS charges for VDM separately.
    """
    from sescli.groups.config_set.service.options import ConfigSetChanges

    return apply_changes(
        rt, name, ConfigSetChanges(engagement=engagement, optimized_delivery=optimized_delivery)
    )


@command(app, "signing", examples=["sescli config-set signing my-config-set --scheme smime"])
def signing(
    rt: Runtime,
    name: Name,
    scheme: Annotated[str, typer.Option(help=SCHEMES, metavar="SCHEME")],
) -> Done:
    """Turn S/MIME signing on or off for a configuration set.

    SES signs only messages from identities that have an S/MIME certificate. DKIM does not change.
    """
    from sescli.groups.config_set.service.options import ConfigSetChanges

    return apply_changes(rt, name, ConfigSetChanges(signing=scheme))
