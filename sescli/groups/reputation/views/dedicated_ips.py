"""How dedicated IPs look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.output.results import Column, Details

if TYPE_CHECKING:
    from sescli.groups.reputation.service.dedicated_ips import DedicatedIp

IP_COLUMNS = (
    Column("IP", "ip"),
    Column("pool", "pool"),
    Column("warm-up status", "warm_up_status"),
    Column("warm-up %", "warm_up_percent", "number"),
)


def ip_details(ip: DedicatedIp) -> Details:
    """One IP with its pool and warm-up."""
    percent = "not applicable" if ip.warm_up_percent is None else f"{ip.warm_up_percent}%"
    return Details(
        ip, (("IP", ip.ip), ("pool", ip.pool), ("warm-up status", ip.warm_up_status), ("warmed up", percent))
    )
