"""`sescli reputation ip`: dedicated IP addresses and their warm-up."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, group
from sescli.errors import UsageError
from sescli.groups.reputation.views.dedicated_ips import IP_COLUMNS, ip_details
from sescli.output.results import Details, Done, Listing
from sescli.runtime import Runtime

app = group("ip", "Manage dedicated IP addresses and their warm-up.")


@command(app, "list", examples=["sescli reputation ip list", "sescli reputation ip list --pool my-ip-pool"])
def list_ips(
    rt: Runtime,
    pool: Annotated[str | None, typer.Option(help="List only the IPs in this pool.", metavar="NAME")] = None,
) -> Listing:
    """List dedicated IPs with their pool and warm-up.

    A new IP has no reputation, so mailbox providers accept little from it at first. In a managed pool SES manages the
    warm-up and shows no percentage.
    """
    from sescli.groups.reputation.service import dedicated_ips

    empty = f"No dedicated IPs {f'in pool {pool}' if pool else f'in {rt.aws.region}'}."
    return Listing(dedicated_ips.ips(rt.aws, pool=pool), IP_COLUMNS, empty=empty)


@command(app, "move", examples=["sescli reputation ip move 198.51.100.7 my-ip-pool"])
def move_ip(
    rt: Runtime,
    ip: Annotated[str, typer.Argument(metavar="IP", help="Dedicated IP address.")],
    pool: Annotated[str, typer.Argument(metavar="POOL", help="Pool to move it to.")],
) -> Done:
    """Move a dedicated IP to another pool."""
    from sescli.groups.reputation.service import dedicated_ips

    address = dedicated_ips.parse_ip(ip)
    dedicated_ips.move(rt.aws, address, pool)
    return Done(f"Moved {address} to pool {pool}.", {"ip": address, "pool": pool})


@command(
    app,
    "warm-up",
    examples=[
        "sescli reputation ip warm-up 198.51.100.7 --percent 40",
        "sescli reputation ip warm-up --auto",
    ],
)
def warm_up(
    rt: Runtime,
    ip: Annotated[
        str | None, typer.Argument(metavar="IP", help="Dedicated IP address; use it with --percent.")
    ] = None,
    percent: Annotated[
        int | None, typer.Option(help="Warm-up percentage of the IP, 0 to 100.", metavar="N")
    ] = None,
    auto: Annotated[
        bool | None,
        typer.Option("--auto/--no-auto", help="Enable or disable automatic warm-up of new IPs."),
    ] = None,
) -> Done | Details:
    """Show or set the warm-up of an IP, or the automatic warm-up of the account.

    SES increases the volume from a new IP over 45 days and sends the rest from other IPs. Set a percentage for an IP
    that is already warm (100), or that must start again. Without options the command shows the current state.
    """
    if auto is not None:
        if ip or percent is not None:
            raise UsageError(
                "--auto and --no-auto apply to the whole account", hint="leave out the IP and --percent"
            )
        return _set_auto_warm_up(rt, on=auto)
    if ip is not None:
        return _warm_up_ip(rt, ip, percent)
    if percent is not None:
        hint = NextCommand("reputation", "ip", "warm-up", "IP", "--percent", "40")
        raise UsageError("--percent needs an IP", hint=hint)
    return _auto_warm_up_details(rt)


def _set_auto_warm_up(rt: Runtime, *, on: bool) -> Done:
    from sescli.groups.reputation.service import dedicated_ips

    dedicated_ips.set_auto_warm_up(rt.aws, on=on)
    word = "Enabled" if on else "Disabled"
    return Done(f"{word} automatic warm-up of new dedicated IPs in {rt.aws.region}.", {"auto_warm_up": on})


def _warm_up_ip(rt: Runtime, ip: str, percent: int | None) -> Done | Details:
    from sescli.groups.reputation.service import dedicated_ips

    address = dedicated_ips.parse_ip(ip)
    if percent is None:
        return ip_details(dedicated_ips.show(rt.aws, address))
    changed = dedicated_ips.warm_up(rt.aws, address, dedicated_ips.parse_percent(percent))
    return Done(f"Set the warm-up of {address} to {percent}%.", changed)


def _auto_warm_up_details(rt: Runtime) -> Details:
    from sescli.groups.reputation.service import dedicated_ips

    on = dedicated_ips.is_auto_warm_up_on(rt.aws)
    return Details({"auto_warm_up": on}, (("automatic warm-up of new IPs", on),))
