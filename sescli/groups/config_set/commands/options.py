"""The options of a configuration set, as its commands share them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import options
from sescli.cli.name_completion import configuration_sets
from sescli.cli.params import parse_duration

if TYPE_CHECKING:
    from sescli.groups.config_set.service.options import ConfigSetChanges

SCHEMES = "Signing scheme: default or smime."
ARCHIVE = "Mail Manager archive, or none."

Name = Annotated[
    str,
    typer.Argument(metavar="SET", help="Name of the configuration set.", autocompletion=configuration_sets),
]
On = Annotated[bool, typer.Option("--on/--off", help="Turn the option on or off.", show_default=False)]
Tls = Annotated[
    str | None,
    typer.Option(help="TLS to the receiving server: require or optional.", metavar="POLICY"),
]
Pool = Annotated[str | None, typer.Option(help="Dedicated IP pool to send from, or none.", metavar="NAME")]
MaxDelivery = Annotated[
    str | None,
    typer.Option(help="Time to retry delivery: 5m to 14h, or none for the SES default.", metavar="TIME"),
]
TrackingDomain = Annotated[
    str | None,
    typer.Option(help="Domain of tracked links, or none for the SES default.", metavar="DOMAIN"),
]
Https = Annotated[
    str | None,
    typer.Option(help="HTTPS of tracked links: require, require-open-only or optional.", metavar="POLICY"),
]
Reputation = Annotated[
    bool | None,
    typer.Option("--reputation/--no-reputation", help="Publish bounce and complaint rates to CloudWatch."),
]
Sending = Annotated[
    bool | None,
    typer.Option("--sending/--no-sending", help="Accept or reject messages that use the set."),
]
Suppression = Annotated[
    str | None,
    typer.Option(
        help="Suppressed reasons: bounce, complaint, bounce,complaint, none or inherit.", metavar="REASONS"
    ),
]
Scope = Annotated[
    str | None, typer.Option(help="Suppression list to use: account or tenant.", metavar="SCOPE")
]
Validation = Annotated[
    str | None,
    typer.Option(
        help="Suppress addresses that probably do not exist: medium, high, managed, off or inherit.",
        metavar="THRESHOLD",
    ),
]
Engagement = Annotated[
    bool | None,
    typer.Option("--engagement/--no-engagement", help="Track opens and clicks for the VDM dashboard."),
]
Optimized = Annotated[
    bool | None,
    typer.Option(
        "--optimized-delivery/--no-optimized-delivery", help="Let VDM choose IP addresses and send times."
    ),
]
Archive = Annotated[str | None, typer.Option(help=ARCHIVE, metavar="ARN")]
Signing = Annotated[str | None, typer.Option(help=SCHEMES, metavar="SCHEME")]


@options
class ConfigSetOptions:
    """All options of a configuration set; None leaves an option as it is."""

    tls: Tls = None
    pool: Pool = None
    max_delivery: MaxDelivery = None
    tracking_domain: TrackingDomain = None
    https: Https = None
    reputation: Reputation = None
    sending: Sending = None
    suppression: Suppression = None
    suppression_scope: Scope = None
    validation: Validation = None
    engagement: Engagement = None
    optimized_delivery: Optimized = None
    archive: Archive = None
    signing: Signing = None

    def changes(self) -> ConfigSetChanges:
        """The options in the form of the service. Raises `UsageError` for an invalid duration."""
        from sescli.groups.config_set.service.options import ConfigSetChanges

        return ConfigSetChanges(**asdict(self) | {"max_delivery": delivery_seconds(self.max_delivery)})


def delivery_seconds(text: str | None) -> int | str | None:
    """The value of --max-delivery in seconds; `none` stays. Raises `UsageError`."""
    from sescli.groups.config_set.service.options import NONE

    if text is None or text == NONE:
        return text
    return int(parse_duration(text, "--max-delivery").total_seconds())
