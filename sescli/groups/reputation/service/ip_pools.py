"""Pools of dedicated IP addresses: in standard pools you manage the IPs, in managed pools SES does."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.aws.throttle_retry import retry_throttled
from sescli.errors import AccessError, AlreadyExistsError, NotFoundError, SescliError, UsageError
from sescli.groups.reputation.service.dedicated_ips import DEFAULT_POOL, DedicatedIp, ips, pool_not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sescli.aws.gateway import Gateway

STANDARD, MANAGED = "STANDARD", "MANAGED"
MODES = (STANDARD, MANAGED)
_RESERVED = (DEFAULT_POOL, "ses-shared-pool")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PAGE = 100
_SHOWN = 10


@dataclass(frozen=True)
class IpPool:
    """A pool: `scaling_mode` STANDARD or MANAGED, and the number of IPs in it."""

    name: str
    scaling_mode: str
    ips: int


@dataclass(frozen=True)
class IpPoolDetails:
    """A pool with its IPs."""

    name: str
    scaling_mode: str
    ips: tuple[DedicatedIp, ...]


def parse_name(text: str) -> str:
    """Check the name of a pool. Raises `UsageError`, also for the names that SES reserves."""
    if text in _RESERVED:
        raise UsageError(f"{text} is reserved by SES", hint="choose another name for the pool")
    if not _NAME.fullmatch(text):
        raise UsageError(
            f"{text[:80]!r} is not a valid pool name", hint="use up to 64 letters, digits, - and _"
        )
    return text


def parse_mode(text: str) -> str:
    """Parse `standard` or `managed`. Raises `UsageError`."""
    if text.upper() not in MODES:
        raise UsageError(f"--scaling: {text!r} is not valid", hint="give standard or managed")
    return text.upper()


def pools(aws: Gateway) -> Iterator[IpPool]:
    """All pools (SES API v2 ListDedicatedIpPools, GetDedicatedIpPool, GetDedicatedIps)."""
    names = list(aws.pages("sesv2", "ListDedicatedIpPools", "DedicatedIpPools", PageSize=_PAGE))
    count = Counter(ip.pool for ip in ips(aws))
    # The default pool holds the IPs that are in no other pool. SES does not list it.
    if count[DEFAULT_POOL] and DEFAULT_POOL not in names:
        yield IpPool(DEFAULT_POOL, STANDARD, count[DEFAULT_POOL])
    for name in names:
        yield IpPool(name, _get_scaling_mode(aws, name), count[name])


def show(aws: Gateway, name: str) -> IpPoolDetails:
    """Read one pool with its IPs. Raises `NotFoundError`."""
    return IpPoolDetails(name, _get_scaling_mode(aws, name), tuple(ips(aws, pool=name)))


def create(aws: Gateway, name: str, mode: str, tags: tuple[tuple[str, str], ...]) -> IpPool:
    """Create an empty pool (SES API v2 CreateDedicatedIpPool). Raises `AlreadyExistsError`."""
    tagged = {"Tags": [{"Key": key, "Value": value} for key, value in tags]} if tags else {}
    try:
        aws.write("sesv2", "CreateDedicatedIpPool", PoolName=name, ScalingMode=mode, **tagged)
    except AlreadyExistsError as error:
        error.message = f"dedicated IP pool {name} already exists in {aws.region}"
        error.hint = NextCommand("reputation", "ip-pool", "show", name)
        raise
    return IpPool(name, mode, 0)


def scale(aws: Gateway, name: str, mode: str) -> None:
    """Change the scaling mode (SES API v2 PutDedicatedIpPoolScalingAttributes).

    Raises `UsageError` for managed to standard, which SES does not support, and `NotFoundError`.
    """
    if _get_scaling_mode(aws, name) == MANAGED and mode == STANDARD:
        raise UsageError(
            f"{name} is a managed pool; SES cannot change it to a standard pool",
            hint=Advice("create a standard pool: ", NextCommand("reputation", "ip-pool", "create", "NAME")),
            code="ManagedPool",
        )
    aws.write("sesv2", "PutDedicatedIpPoolScalingAttributes", PoolName=name, ScalingMode=mode)


def delete(aws: Gateway, name: str) -> None:
    """Delete a pool (SES API v2 DeleteDedicatedIpPool)."""
    aws.write("sesv2", "DeleteDedicatedIpPool", PoolName=name)


def check_unused(
    aws: Gateway, name: str, *, note: Callable[[str], None], sleep: Callable[[float], None]
) -> None:
    """Raise `SescliError` (code InUse) that names the configuration sets which send from the pool.

    A denied look-up raises `AccessError`: without it, sescli cannot know whether something breaks.
    SES API v2 ListConfigurationSets, GetConfigurationSet: one call for each set.
    """
    try:
        users = list(_config_sets_sending_from(aws, name, note, sleep))
    except AccessError as error:
        error.hint = "to delete the pool without checking which configuration sets use it, add --no-check"
        raise
    if users:
        more = len(users) - _SHOWN
        named = ", ".join(users[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
        other_pool = NextCommand("config-set", "delivery", users[0], "--pool", "OTHER")
        raise SescliError(
            f"pool {name} is in use by configuration sets: {named}",
            hint=Advice("move each of them to another pool first: ", other_pool),
            code="InUse",
        )


def _config_sets_sending_from(
    aws: Gateway, pool: str, note: Callable[[str], None], sleep: Callable[[float], None]
) -> Iterator[str]:
    names = list(aws.pages("sesv2", "ListConfigurationSets", "ConfigurationSets"))
    if len(names) > _PAGE:
        note(f"Checking {len(names):,} configuration sets; --no-check skips this.")
    for name in names:
        options = _config_set(aws, name, sleep).get("DeliveryOptions", {})
        if options.get("SendingPoolName") == pool:
            yield name


def _config_set(aws: Gateway, name: str, sleep: Callable[[float], None]) -> dict[str, Any]:
    try:
        return retry_throttled(
            lambda: aws.read("sesv2", "GetConfigurationSet", ConfigurationSetName=name), sleep=sleep
        )
    except NotFoundError:  # deleted since the list was read
        return {}


def _get_scaling_mode(aws: Gateway, name: str) -> str:
    try:
        found = aws.read("sesv2", "GetDedicatedIpPool", PoolName=name)["DedicatedIpPool"]
    except NotFoundError as error:
        hint = NextCommand("reputation", "ip-pool", "list")
        raise pool_not_found(error, name, aws.region, hint) from None
    return str(found.get("ScalingMode", STANDARD))
