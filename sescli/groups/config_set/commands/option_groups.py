"""`sescli config-set reputation`, `tracking` and so on: each changes one group of options."""

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
    """Change a set as wished, and say what. Asks before suppression is switched off."""
    from sescli.groups.config_set.service import config_sets

    if changes.suppresses_nothing:
        rt.confirm(
            "Suppress nothing?",
            consequence=f"Mail of {name} in {rt.aws.region} would go on to those who bounce and complain",
        )
    now = config_sets.update(rt.aws, name, changes)
    said = ", ".join(changes.describe())
    return Done(f"{name} in {rt.aws.region}: {said}.{also and f' {also}'}", now)


@command(app, "reputation", examples=["sescli config-set reputation my-config-set --on"])
def reputation(rt: Runtime, name: Name, on: On) -> Done:
    """Turn the reputation metrics of a configuration set on or off.

    With them CloudWatch has the bounce and complaint rate of this set alone, for alarms: one bad campaign
    is then told from the rest.
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
    """Set the domain that opens and clicks are tracked by.

    It is a matter of looks and trust: tracking works without. What turns it on is an event destination for
    open or click. The domain must be verified in SES, and needs a CNAME to SES's own.
    """
    from sescli.dns.names import parse_domain
    from sescli.groups.config_set.service.options import NONE, ConfigSetChanges

    cname = ""
    if domain is not None and domain != NONE:
        domain = parse_domain(domain)
        cname = f"It needs this record: {domain} CNAME r.{rt.aws.region}.awstrack.me"
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
    """Pause or take up again the sending of one configuration set.

    While it is off, SES refuses mail that names the set, and all other mail goes on: the brake when one
    campaign bounces. Turning it on again starts the reputation of the set afresh.
    """
    from sescli.groups.config_set.service.options import ConfigSetChanges

    if not on:
        rt.confirm(
            "Turn it off?", consequence=f"SES in {rt.aws.region} would refuse all mail that names {name}"
        )
    return apply_changes(rt, name, ConfigSetChanges(sending=on))


@command(
    app, "delivery", examples=["sescli config-set delivery my-config-set --tls require --max-delivery 1h"]
)
def delivery(
    rt: Runtime, name: Name, tls: Tls = None, pool: Pool = None, max_delivery: MaxDelivery = None
) -> Done:
    """Set how SES delivers: TLS, the pool of dedicated IPs, and when it gives up.

    With TLS required, mail to a server without TLS bounces. A short time suits mail that is worthless late,
    as a login code.
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
    """Override the account's suppression for the mail of one configuration set.

    none sends to addresses even though they are on the account's list, and adds none to it: for mail that
    must be tried, as a password reset; it asks. inherit does as the account does.
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
    """Keep all mail of a configuration set in a Mail Manager archive, or no longer.

    For mail that must be shown later as it was sent. The archive is a service of its own with its own price.
    """
    from sescli.groups.config_set.service.options import ConfigSetChanges

    return apply_changes(rt, name, ConfigSetChanges(archive=archive))


@command(app, "vdm", examples=["sescli config-set vdm my-config-set --engagement --no-optimized-delivery"])
def vdm(rt: Runtime, name: Name, engagement: Engagement = None, optimized_delivery: Optimized = None) -> Done:
    """Override the account's Virtual Deliverability Manager for one configuration set.

    It has an effect only where VDM is on for the account, at its own price.
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
    """Sign the mail of a configuration set with S/MIME, or not.

    Only mail from an identity that has an S/MIME certificate is signed. DKIM is another thing, and stays.
    """
    from sescli.groups.config_set.service.options import ConfigSetChanges

    return apply_changes(rt, name, ConfigSetChanges(signing=scheme))
