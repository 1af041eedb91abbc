"""Dedicated IP addresses and their warm-up."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import NextCommand
from sescli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway

DEFAULT_POOL = "ses-default-dedicated-pool"
_PAGE = 100
_FULL = 100
_LIST_IPS = NextCommand("reputation", "ip", "list")


@dataclass(frozen=True)
class DedicatedIp:
    """A dedicated IPv4 address.

    `warm_up_percent` is None in a managed pool, where SES manages the warm-up (status NOT_APPLICABLE); otherwise
    `warm_up_status` is IN_PROGRESS or DONE.
    """

    ip: str
    pool: str
    warm_up_status: str
    warm_up_percent: int | None


def parse_ip(text: str) -> str:
    """Parse an IPv4 address. Raises `UsageError`."""
    try:
        return str(ipaddress.IPv4Address(text.strip()))
    except ValueError as error:
        raise UsageError(f"{text!r} is not a valid IPv4 address", hint=_LIST_IPS) from error


def parse_percent(value: int) -> int:
    """Check a percentage from 0 to 100. Raises `UsageError`."""
    if not 0 <= value <= _FULL:
        raise UsageError(f"--percent: {value} is out of range", hint="give 0 to 100; 100 is fully warmed up")
    return value


def pool_not_found(error: NotFoundError, pool: str, region: str, hint: Hint) -> NotFoundError:
    """The error of AWS, with a message that names the pool and the region."""
    error.message = f"dedicated IP pool {pool} not found in {region}"
    error.hint = hint
    return error


def ips(aws: Gateway, *, pool: str | None = None) -> Iterator[DedicatedIp]:
    """All dedicated IPs, or those of a pool (SES API v2 GetDedicatedIps). Raises `NotFoundError`."""
    wanted = {"PoolName": pool} if pool else {}
    try:
        for found in aws.pages("sesv2", "GetDedicatedIps", "DedicatedIps", PageSize=_PAGE, **wanted):
            yield _ip(found)
    except NotFoundError as error:
        hint = NextCommand("reputation", "ip-pool", "list")
        raise pool_not_found(error, str(pool), aws.region, hint) from None


def show(aws: Gateway, ip: str) -> DedicatedIp:
    """Read one dedicated IP (SES API v2 GetDedicatedIp). Raises `NotFoundError`."""
    try:
        return _ip(aws.read("sesv2", "GetDedicatedIp", Ip=ip)["DedicatedIp"])
    except NotFoundError as error:
        error.message = f"dedicated IP {ip} not found in {aws.region}"
        error.hint = _LIST_IPS
        raise


def warm_up(aws: Gateway, ip: str, percent: int) -> DedicatedIp:
    """Set the warm-up percentage of an IP (SES API v2 PutDedicatedIpWarmupAttributes).

    Raises `UsageError` for an IP in a managed pool, and `NotFoundError`.
    """
    now = show(aws, ip)
    if now.warm_up_percent is None:
        raise UsageError(
            f"{ip} is in the managed pool {now.pool}: SES manages its warm-up",
            hint="set a percentage only for IPs in standard pools",
            code="ManagedPool",
        )
    aws.write("sesv2", "PutDedicatedIpWarmupAttributes", Ip=ip, WarmupPercentage=percent)
    return DedicatedIp(ip, now.pool, "DONE" if percent == _FULL else "IN_PROGRESS", percent)


def is_auto_warm_up_on(aws: Gateway) -> bool:
    """Whether SES warms up new standard IPs automatically, over 45 days (SES API v2 GetAccount)."""
    return bool(aws.read("sesv2", "GetAccount").get("DedicatedIpAutoWarmupEnabled"))


def set_auto_warm_up(aws: Gateway, *, on: bool) -> None:
    """Turn automatic warm-up on or off for the account (SES API v2 PutAccountDedicatedIpWarmupAttributes)."""
    aws.write("sesv2", "PutAccountDedicatedIpWarmupAttributes", AutoWarmupEnabled=on)


def move(aws: Gateway, ip: str, pool: str) -> None:
    """Move an IP to a pool (SES API v2 PutDedicatedIpInPool). Raises `NotFoundError` for either."""
    show(aws, ip)
    try:
        aws.write("sesv2", "PutDedicatedIpInPool", Ip=ip, DestinationPoolName=pool)
    except NotFoundError as error:
        hint = NextCommand("reputation", "ip-pool", "create", pool)
        raise pool_not_found(error, pool, aws.region, hint) from None


def _ip(found: dict[str, Any]) -> DedicatedIp:
    percent = int(found.get("WarmupPercentage", 0))
    return DedicatedIp(
        ip=found["Ip"],
        pool=found.get("PoolName") or DEFAULT_POOL,
        warm_up_status=found.get("WarmupStatus", ""),
        warm_up_percent=None if percent < 0 else percent,
    )
