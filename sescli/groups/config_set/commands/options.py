"""The options of a configuration set, and the commands that change one group of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.name_completion import configuration_sets
from sescli.cli.params import parse_duration
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.config_set.service.options import Wish

# Its commands become those of `sescli config-set`: a Typer without a name is merged into its parent.
app = typer.Typer()

_ARCHIVE = "arn:aws:ses:us-east-1:123456789012:mailmanager-archive/a-abcdefghijklmnopqrstuvwx"

Name = Annotated[
    str,
    typer.Argument(metavar="SET", help="Name of the configuration set.", autocompletion=configuration_sets),
]
On = Annotated[bool, typer.Option("--on/--off", help="Turn it on or off.", show_default=False)]
Tls = Annotated[
    str | None, typer.Option(help="TLS to the receiving server: require or optional.", metavar="POLICY")
]
Pool = Annotated[
    str | None, typer.Option(help="Pool of dedicated IPs to send from, or none.", metavar="NAME")
]
MaxDelivery = Annotated[
    str | None, typer.Option(help="Give up after 5m to 14h, or none for SES's own.", metavar="TIME")
]
TrackingDomain = Annotated[
    str | None, typer.Option(help="Domain in tracked links, or none for SES's own.", metavar="DOMAIN")
]
Https = Annotated[
    str | None,
    typer.Option(help="Of tracked links: require, require-open-only or optional.", metavar="POLICY"),
]
Reputation = Annotated[
    bool | None,
    typer.Option("--reputation/--no-reputation", help="Bounce and complaint rates to CloudWatch."),
]
Sending = Annotated[
    bool | None, typer.Option("--sending/--no-sending", help="Take mail that names the set, or refuse it.")
]
Suppression = Annotated[
    str | None,
    typer.Option(help="bounce, complaint, bounce,complaint, none, or inherit.", metavar="REASONS"),
]
Scope = Annotated[str | None, typer.Option(help="Suppression list: account or tenant.", metavar="SCOPE")]
Validation = Annotated[
    str | None,
    typer.Option(
        help="Drop addresses likely not to exist: medium, high, managed, off or inherit.", metavar="THRESHOLD"
    ),
]
Engagement = Annotated[
    bool | None,
    typer.Option("--engagement/--no-engagement", help="Opens and clicks in the VDM dashboard."),
]
Optimized = Annotated[
    bool | None,
    typer.Option("--optimized-delivery/--no-optimized-delivery", help="VDM picks IPs and times."),
]
Archive = Annotated[str | None, typer.Option(help="Mail Manager archive, or none.", metavar="ARN")]
Signing = Annotated[str | None, typer.Option(help="default or smime.", metavar="SCHEME")]


def seconds(text: str | None) -> int | str | None:
    """A length of time in seconds; `none` stays."""
    from sescli.groups.config_set.service.options import NONE

    if text is None or text == NONE:
        return text
    return int(parse_duration(text, "--max-delivery").total_seconds())


def changed(rt: Runtime, name: str, wish: Wish, also: str = "") -> Done:
    """Change a set as wished, and say what. Asks before suppression is switched off."""
    from sescli.groups.config_set.service import config_sets

    if wish.suppresses_nothing:
        rt.confirm(
            "Suppress nothing?",
            consequence=f"Mail of {name} in {rt.aws.region} would go on to those who bounce and complain",
        )
    now = config_sets.update(rt.aws, name, wish)
    said = ", ".join(wish.words())
    return Done(f"{name} in {rt.aws.region}: {said}.{also and f' {also}'}", now)


@command(app, "reputation", examples=["sescli config-set reputation my-config-set --on"])
def reputation(rt: Runtime, name: Name, on: On) -> Done:
    """Turn the reputation metrics of a configuration set on or off.

    With them CloudWatch has the bounce and complaint rate of this set alone, for alarms: one bad campaign
    is then told from the rest.
    """
    from sescli.groups.config_set.service.options import Wish

    return changed(rt, name, Wish(reputation=on))


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
    domain: Annotated[
        str | None, typer.Option(help="Domain in tracked links, or none for SES's own.", metavar="DOMAIN")
    ] = None,
    https: Https = None,
) -> Done:
    """Set the domain that opens and clicks are tracked by.

    It is a matter of looks and trust: tracking works without. What turns it on is an event destination for
    open or click. The domain must be verified in SES, and needs a CNAME to SES's own.
    """
    from sescli.dns.names import parse_domain
    from sescli.groups.config_set.service.options import NONE, Wish

    cname = ""
    if domain is not None and domain != NONE:
        domain = parse_domain(domain)
        cname = f"It needs this record: {domain} CNAME r.{rt.aws.region}.awstrack.me"
    return changed(rt, name, Wish(tracking_domain=domain, https=https), cname)


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
    from sescli.groups.config_set.service.options import Wish

    if not on:
        rt.confirm(
            "Turn it off?", consequence=f"SES in {rt.aws.region} would refuse all mail that names {name}"
        )
    return changed(rt, name, Wish(sending=on))


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
    from sescli.groups.config_set.service.options import Wish

    return changed(rt, name, Wish(tls=tls, pool=pool, max_delivery=seconds(max_delivery)))


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
    reasons: Annotated[
        str | None,
        typer.Option(help="bounce, complaint, bounce,complaint, none, or inherit.", metavar="REASONS"),
    ] = None,
    scope: Scope = None,
    validation: Validation = None,
) -> Done:
    """Override the account's suppression for the mail of one configuration set.

    none sends to addresses even though they are on the account's list, and adds none to it: for mail that
    must be tried, as a password reset; it asks. inherit does as the account does.
    """
    from sescli.groups.config_set.service.options import Wish

    return changed(rt, name, Wish(suppression=reasons, suppression_scope=scope, validation=validation))


@command(app, "archiving", examples=[f"sescli config-set archiving my-config-set --archive {_ARCHIVE}"])
def archiving(
    rt: Runtime,
    name: Name,
    archive: Annotated[str, typer.Option(help="Mail Manager archive, or none.", metavar="ARN")],
) -> Done:
    """Keep all mail of a configuration set in a Mail Manager archive, or no longer.

    For mail that must be shown later as it was sent. The archive is a service of its own with its own price.
    """
    from sescli.groups.config_set.service.options import Wish

    return changed(rt, name, Wish(archive=archive))


@command(app, "vdm", examples=["sescli config-set vdm my-config-set --engagement --no-optimized-delivery"])
def vdm(rt: Runtime, name: Name, engagement: Engagement = None, optimized_delivery: Optimized = None) -> Done:
    """Override the account's Virtual Deliverability Manager for one configuration set.

    It has an effect only where VDM is on for the account, at its own price.
    """
    from sescli.groups.config_set.service.options import Wish

    return changed(rt, name, Wish(engagement=engagement, optimized_delivery=optimized_delivery))


@command(app, "signing", examples=["sescli config-set signing my-config-set --scheme smime"])
def signing(
    rt: Runtime,
    name: Name,
    scheme: Annotated[str, typer.Option(help="default or smime.", metavar="SCHEME")],
) -> Done:
    """Sign the mail of a configuration set with S/MIME, or not.

    Only mail from an identity that has an S/MIME certificate is signed. DKIM is another thing, and stays.
    """
    from sescli.groups.config_set.service.options import Wish

    return changed(rt, name, Wish(signing=scheme))
