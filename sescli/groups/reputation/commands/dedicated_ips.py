"""`sescli reputation ip-pool` and `sescli reputation ip`: dedicated IP addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.tags import resource_tags
from sescli.errors import UsageError
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.reputation.service.dedicated_ips import DedicatedIp

pools = group("ip-pool", "Pools of dedicated IP addresses.")
ips = group("ip", "Dedicated IP addresses and their warm-up.")

_IP_COLUMNS = (
    Column("IP", "ip"),
    Column("pool", "pool"),
    Column("warm-up", "warm_up_status"),
    Column("percent", "warm_up_percent", "number"),
)
PoolName = Annotated[str, typer.Argument(metavar="NAME", help="The pool's name.")]
_NO_IPS = "A standard pool holds no IPs by itself: request them (AWS Support), then move them into it."
_MANAGED = "SES puts IPs into it as the volume of mail asks for them, and warms them up; each is charged for."


@command(pools, "list", examples=["sescli reputation ip-pool list"])
def list_pools(rt: Runtime) -> Listing:
    """List the pools of dedicated IPs, with their mode and how many IPs are in them.

    A pool keeps the reputation of some mail apart from that of other mail. It pays for a large and steady
    volume; other mail is better off with SES's shared IPs.
    """
    from sescli.groups.reputation.service import ip_pools

    columns = (
        Column("name", "name"),
        Column("scaling", "scaling_mode"),
        Column("IPs", "ips", "number"),
    )
    empty = f"There are no dedicated IP pools in {rt.aws.region}: mail goes out from shared IPs."
    return Listing(ip_pools.pools(rt.aws), columns, empty=empty)


@command(
    pools,
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
        typer.Option(help="standard: you put IPs in; managed: SES does, and it stays so.", metavar="MODE"),
    ] = "standard",
    tag: Annotated[
        list[str] | None, typer.Option(help="A tag; may be repeated.", metavar="KEY=VALUE")
    ] = None,
) -> Done:
    """Create a pool of dedicated IPs, empty.

    A standard pool holds no IPs by itself: they are requested from AWS Support, charged for, and then moved
    in. A managed pool gets its IPs from SES, and can never become a standard one. Mail goes out from a pool
    when its configuration set names it.
    """
    from sescli.groups.reputation.service import ip_pools

    wanted = ip_pools.parse_name(name)
    mode = ip_pools.parse_mode(scaling)
    pool = ip_pools.create(rt.aws, wanted, mode, resource_tags(tag or []))
    managed = mode == ip_pools.MANAGED
    rt.output.note(_MANAGED if managed else _NO_IPS)
    step = f"sescli config-set delivery SET --pool {wanted}" if managed else "sescli reputation ip list"
    return Done(f"Created the {mode.lower()} pool {wanted} in {rt.aws.region}.", pool, next=step)


@command(pools, "show", examples=["sescli reputation ip-pool show my-ip-pool"])
def show_pool(rt: Runtime, name: PoolName) -> Details:
    """Show a pool: its mode, and its IPs with their warm-up."""
    from sescli.groups.reputation.service import ip_pools

    pool = ip_pools.show(rt.aws, name)
    table = Listing(pool.ips, _IP_COLUMNS, empty="No IPs are in it.")
    fields = (("scaling", pool.scaling_mode), ("IPs", len(pool.ips), "number"))
    return Details(pool, fields, [table], title=f"{pool.name}, in {rt.aws.region}")


@command(pools, "scale", examples=["sescli reputation ip-pool scale my-ip-pool --scaling managed --yes"])
def scale_pool(
    rt: Runtime,
    name: PoolName,
    scaling: Annotated[str, typer.Option(help="managed.", metavar="MODE")] = "managed",
) -> Done:
    """Make a standard pool a managed one, for good: SES then sees to its IPs and their warm-up."""
    from sescli.groups.reputation.service import ip_pools

    mode = ip_pools.parse_mode(scaling)
    rt.confirm(
        f"Make {name} {mode.lower()}?", consequence="A managed pool never becomes a standard one again"
    )
    ip_pools.scale(rt.aws, name, mode)
    return Done(f"The pool {name} is {mode.lower()} now.", {"name": name, "scaling_mode": mode})


@command(pools, "delete", examples=["sescli reputation ip-pool delete my-ip-pool --yes"])
def delete_pool(
    rt: Runtime,
    name: PoolName,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Do not look which configuration sets send from it.")
    ] = False,
) -> Done:
    """Delete a pool. Refused while configuration sets send from it, naming them: their mail would fail.

    The IPs in it stay yours, and charged for, until AWS Support takes them back.
    """
    from sescli.groups.reputation.service import ip_pools

    pool = ip_pools.show(rt.aws, ip_pools.parse_name(name))
    if not no_check:
        ip_pools.check_unused(rt.aws, name, note=rt.output.note, sleep=rt.world.sleep)
    number = len(pool.ips)
    held = f", with {number:,} {'IP' if number == 1 else 'IPs'} in it" if number else ""
    rt.confirm(f"Delete {name}?", consequence=f"The pool {name} goes{held}")
    ip_pools.delete(rt.aws, name)
    return Done(f"The pool {name} in {rt.aws.region} is deleted.", {"name": name, "deleted": True})


@command(ips, "list", examples=["sescli reputation ip list", "sescli reputation ip list --pool my-ip-pool"])
def list_ips(
    rt: Runtime, pool: Annotated[str | None, typer.Option(help="Those of this pool.", metavar="NAME")] = None
) -> Listing:
    """List the dedicated IPs, with their pool and how far they are warmed up.

    A new IP has no reputation: mailbox hosts take little from it at first. In a managed pool SES sees to that,
    and there is no percentage.
    """
    from sescli.groups.reputation.service import dedicated_ips

    empty = f"There are no dedicated IPs {f'in {pool}' if pool else f'in {rt.aws.region}'}."
    return Listing(dedicated_ips.ips(rt.aws, pool=pool), _IP_COLUMNS, empty=empty)


@command(ips, "move", examples=["sescli reputation ip move 198.51.100.7 my-ip-pool"])
def move_ip(
    rt: Runtime,
    ip: Annotated[str, typer.Argument(metavar="IP", help="A dedicated IP.")],
    pool: Annotated[str, typer.Argument(metavar="POOL", help="The pool it goes to.")],
) -> Done:
    """Put a dedicated IP into a pool. Mail of the pool it leaves no longer goes out from it."""
    from sescli.groups.reputation.service import dedicated_ips

    address = dedicated_ips.parse_ip(ip)
    dedicated_ips.move(rt.aws, address, pool)
    return Done(f"{address} is in {pool} now.", {"ip": address, "pool": pool})


@command(
    ips,
    "warm-up",
    examples=[
        "sescli reputation ip warm-up 198.51.100.7 --percent 40",
        "sescli reputation ip warm-up --auto",
    ],
)
def warm_up(
    rt: Runtime,
    ip: Annotated[str | None, typer.Argument(metavar="IP", help="A dedicated IP; with --percent.")] = None,
    percent: Annotated[
        int | None, typer.Option(help="How far it is warmed up, 0 to 100.", metavar="N")
    ] = None,
    auto: Annotated[
        bool | None, typer.Option("--auto/--no-auto", help="For the account: warm new IPs up over 45 days.")
    ] = None,
) -> Done | Details:
    """Set how far an IP is warmed up, or whether SES warms up new ones by itself; without options show it.

    SES sends more and more from a new IP over 45 days, and the rest from others. Set a percentage for an IP
    that is warm already, 100, or that must begin again.
    """
    from sescli.groups.reputation.service import dedicated_ips

    if auto is not None:
        if ip or percent is not None:
            raise UsageError("--auto is for the whole account, and goes without an IP and --percent")
        dedicated_ips.set_auto_warm_up(rt.aws, on=auto)
        words = "warms up new dedicated IPs by itself" if auto else "leaves the warm-up of new IPs to you"
        return Done(f"SES in {rt.aws.region} {words}.", {"auto_warm_up": auto})
    if ip is None:
        return _auto_warm_up_details(rt, percent)
    address = dedicated_ips.parse_ip(ip)
    if percent is None:
        return _ip_details(dedicated_ips.show(rt.aws, address))
    done = dedicated_ips.warm_up(rt.aws, address, dedicated_ips.parse_percent(percent))
    return Done(f"{address} counts as warmed up to {percent} %.", done)


def _ip_details(ip: DedicatedIp) -> Details:
    percent = "n/a" if ip.warm_up_percent is None else f"{ip.warm_up_percent} %"
    return Details(ip, (("IP", ip.ip), ("pool", ip.pool), ("warm-up", ip.warm_up_status), ("done", percent)))


def _auto_warm_up_details(rt: Runtime, percent: int | None) -> Details:
    from sescli.groups.reputation.service import dedicated_ips

    if percent is not None:
        raise UsageError("--percent is for one IP", hint="sescli reputation ip warm-up IP --percent 40")
    on = dedicated_ips.is_auto_warm_up_on(rt.aws)
    return Details({"auto_warm_up": on}, (("new IPs are warmed up by SES", on),))
