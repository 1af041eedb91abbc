"""Dedicated IP addresses and their warm-up."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.aws.gateway import Gateway

DEFAULT_POOL = "ses-default-dedicated-pool"
_PAGE = 100
_FULL = 100


@dataclass(frozen=True)
class DedicatedIp:
    """A dedicated IPv4 address.

    `warm_up_percent` is None in a managed pool, where SES sees to the warm-up (status NOT_APPLICABLE); else
    `warm_up_status` is IN_PROGRESS or DONE.
    """

    ip: str
    pool: str
    warm_up_status: str
    warm_up_percent: int | None


def parse_ip(text: str) -> str:
    """An IPv4 address. Raises `UsageError`."""
    try:
        return str(ipaddress.IPv4Address(text.strip()))
    except ValueError as error:
        raise UsageError(f"{text!r} is no IPv4 address", hint="sescli reputation ip list") from error


def parse_percent(value: int) -> int:
    """0 to 100. Raises `UsageError`."""
    if not 0 <= value <= _FULL:
        raise UsageError(f"--percent is {value}", hint="it takes 0 to 100; 100 is warmed up")
    return value


def ips(aws: Gateway, *, pool: str | None = None) -> Iterator[DedicatedIp]:
    """All dedicated IPs, or those of a pool (SES API v2 GetDedicatedIps). Raises `NotFoundError`."""
    wanted = {"PoolName": pool} if pool else {}
    try:
        for found in aws.pages("sesv2", "GetDedicatedIps", "DedicatedIps", PageSize=_PAGE, **wanted):
            yield _ip(found)
    except NotFoundError as error:
        error.message = f"there is no dedicated IP pool {pool} in {aws.region}"
        error.hint = "sescli reputation ip-pool list"
        raise


def show(aws: Gateway, ip: str) -> DedicatedIp:
    """One of them (SES API v2 GetDedicatedIp). Raises `NotFoundError`."""
    try:
        return _ip(aws.read("sesv2", "GetDedicatedIp", Ip=ip)["DedicatedIp"])
    except NotFoundError as error:
        error.message = f"{ip} is no dedicated IP of this account in {aws.region}"
        error.hint = "sescli reputation ip list"
        raise


def warm_up(aws: Gateway, ip: str, percent: int) -> DedicatedIp:
    """Set how far an IP is warmed up (SES API v2 PutDedicatedIpWarmupAttributes).

    Raises `UsageError` for one of a managed pool, and `NotFoundError`.
    """
    now = show(aws, ip)
    if now.warm_up_percent is None:
        raise UsageError(
            f"{ip} is in the managed pool {now.pool}: SES warms it up by itself, and nothing can be set",
            code="ManagedPool",
        )
    aws.write("sesv2", "PutDedicatedIpWarmupAttributes", Ip=ip, WarmupPercentage=percent)
    return DedicatedIp(ip, now.pool, "DONE" if percent == _FULL else "IN_PROGRESS", percent)


def is_auto_warm_up_on(aws: Gateway) -> bool:
    """Whether new standard IPs are warmed up by SES, over 45 days (SES API v2 GetAccount)."""
    return bool(aws.read("sesv2", "GetAccount").get("DedicatedIpAutoWarmupEnabled"))


def set_auto_warm_up(aws: Gateway, *, on: bool) -> None:
    """Turn that on or off for the account (SES API v2 PutAccountDedicatedIpWarmupAttributes)."""
    aws.write("sesv2", "PutAccountDedicatedIpWarmupAttributes", AutoWarmupEnabled=on)


def move(aws: Gateway, ip: str, pool: str) -> None:
    """Put an IP into a pool (SES API v2 PutDedicatedIpInPool). Raises `NotFoundError` for either."""
    show(aws, ip)
    try:
        aws.write("sesv2", "PutDedicatedIpInPool", Ip=ip, DestinationPoolName=pool)
    except NotFoundError as error:
        error.message = f"there is no dedicated IP pool {pool} in {aws.region}"
        error.hint = f"sescli reputation ip-pool create {pool}"
        raise


def _ip(found: dict[str, Any]) -> DedicatedIp:
    percent = int(found.get("WarmupPercentage", 0))
    return DedicatedIp(
        ip=found["Ip"],
        pool=found.get("PoolName") or DEFAULT_POOL,
        warm_up_status=found.get("WarmupStatus", ""),
        warm_up_percent=None if percent < 0 else percent,
    )
