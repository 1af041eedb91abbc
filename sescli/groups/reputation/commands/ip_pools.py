"""`sescli reputation ip-pool`: pools of dedicated IP addresses."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, group
from sescli.cli.params import parse_tags
from sescli.groups.reputation.views.dedicated_ips import IP_COLUMNS
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

app = group("ip-pool", "Manage pools of dedicated IP addresses.")

PoolName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the pool.")]
_STANDARD_NOTE = "A standard pool starts empty: request IPs from AWS Support, then move them into the pool."
_MANAGED_NOTE = (
    "SES adds IPs to a managed pool as your volume grows, and warms them up. AWS charges for each IP."
)


@command(app, "list", examples=["sescli reputation ip-pool list"])
def list_pools(rt: Runtime) -> Listing:
    """List pools of dedicated IPs with their scaling mode and number of IPs.

    A pool keeps the reputation of some of your email separate from the rest. It pays off for a large and steady
    volume. For less email, SES's shared IPs are better.
    """
    from sescli.groups.reputation.service import ip_pools

    columns = (
        Column("pool", "name"),
        Column("scaling mode", "scaling_mode"),
        Column("IPs", "ips", "number"),
    )
    empty = f"No dedicated IP pools in {rt.aws.region}: email is sent from shared IPs."
    return Listing(ip_pools.pools(rt.aws), columns, empty=empty)


@command(
    app,
    "create",
    examples=[
        "sescli reputation ip-pool create my-ip-pool",
        "sescli reputation ip-pool create marketing --scaling managed --tag team=news",
    ],
)
def create_pool(
    rt: Runtime,
    name: PoolName,
    scaling: Annotated[
        str,
        typer.Option(
            help="Scaling mode: standard (you add IPs) or managed (SES adds IPs, permanently).",
            metavar="MODE",
        ),
    ] = "standard",
    tag: Annotated[list[str] | None, typer.Option(help="Tag. Repeatable.", metavar="KEY=VALUE")] = None,
) -> Done:
    """Create an empty pool of dedicated IPs.

    For a standard pool, request IPs from AWS Support, which charges for them, and then move them into the pool. SES
    fills a managed pool itself; it cannot become a standard pool later. To send from a pool, name it in a
    configuration set.
    """
    from sescli.groups.reputation.service import ip_pools

    wanted = ip_pools.parse_name(name)
    mode = ip_pools.parse_mode(scaling)
    pool = ip_pools.create(rt.aws, wanted, mode, parse_tags(tag or []))
    managed = mode == ip_pools.MANAGED
    rt.output.note(_MANAGED_NOTE if managed else _STANDARD_NOTE)
    use = NextCommand("config-set", "delivery", "SET", "--pool", wanted)
    step = use if managed else NextCommand("reputation", "ip", "list")
    return Done(f"Created the {mode.lower()} pool {wanted} in {rt.aws.region}.", pool, next=step)


@command(app, "show", examples=["sescli reputation ip-pool show my-ip-pool"])
def show_pool(rt: Runtime, name: PoolName) -> Details:
    """Show a pool: its scaling mode, and its IPs with their warm-up."""
    from sescli.groups.reputation.service import ip_pools

    pool = ip_pools.show(rt.aws, name)
    table = Listing(pool.ips, IP_COLUMNS, empty="The pool has no IPs.")
    fields = (("scaling mode", pool.scaling_mode), ("IPs", len(pool.ips), "number"))
    return Details(pool, fields, [table], title=f"{pool.name} in {rt.aws.region}")


@command(app, "scale", examples=["sescli reputation ip-pool scale my-ip-pool --scaling managed --yes"])
def scale_pool(
    rt: Runtime,
    name: PoolName,
    scaling: Annotated[str, typer.Option(help="New scaling mode: managed.", metavar="MODE")] = "managed",
) -> Done:
    """Convert a standard pool to a managed pool, permanently.

    SES then manages the pool's IPs and their warm-up.
    """
    from sescli.groups.reputation.service import ip_pools

    mode = ip_pools.parse_mode(scaling)
    rt.confirm(
        f"Convert {name} to a {mode.lower()} pool?",
        consequence="A managed pool cannot become a standard pool again",
    )
    ip_pools.scale(rt.aws, name, mode)
    return Done(f"Converted {name} to a {mode.lower()} pool.", {"name": name, "scaling_mode": mode})


@command(app, "delete", examples=["sescli reputation ip-pool delete my-ip-pool --yes"])
def delete_pool(
    rt: Runtime,
    name: PoolName,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Skip the check for configuration sets that use the pool.")
    ] = False,
) -> Done:
    """Delete a pool that no configuration set uses.

    Configuration sets that send from the pool would fail, so the command names them and stops. The pool's IPs stay in
    your account, and you pay for them until AWS Support releases them.
    """
    from sescli.groups.reputation.service import ip_pools

    pool = ip_pools.show(rt.aws, ip_pools.parse_name(name))
    if not no_check:
        ip_pools.check_unused(rt.aws, name, note=rt.output.note, sleep=rt.world.sleep)
    number = len(pool.ips)
    held = f" with {number:,} {'IP' if number == 1 else 'IPs'} in it" if number else ""
    rt.confirm(f"Delete {name}?", consequence=f"This deletes the pool {name}{held}")
    ip_pools.delete(rt.aws, name)
    return Done(f"Deleted the pool {name} in {rt.aws.region}.", {"name": name, "deleted": True})
