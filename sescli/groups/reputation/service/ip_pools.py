"""Pools of dedicated IP addresses: standard ones that one fills, managed ones that SES fills."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.aws.throttle_retry import retry_throttled
from sescli.errors import AccessError, AlreadyExistsError, NotFoundError, SescliError, UsageError
from sescli.groups.reputation.service.dedicated_ips import DEFAULT_POOL, DedicatedIp, ips

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
    """A pool: `scaling_mode` STANDARD or MANAGED, and how many IPs are in it."""

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
    """The name of a pool of one's own. Raises `UsageError`, also for the names that SES keeps for itself."""
    if text in _RESERVED:
        raise UsageError(f"{text} is a pool of SES's own", hint="name a pool of your own")
    if not _NAME.fullmatch(text):
        raise UsageError(
            f"{text[:80]!r} cannot be the name of a pool", hint="at most 64 letters, digits, - and _"
        )
    return text


def parse_mode(text: str) -> str:
    """`standard` or `managed`. Raises `UsageError`."""
    if text.upper() not in MODES:
        raise UsageError(f"--scaling is {text!r}", hint="it takes standard or managed")
    return text.upper()


def pools(aws: Gateway) -> Iterator[IpPool]:
    """All pools (SES API v2 ListDedicatedIpPools, GetDedicatedIpPool, GetDedicatedIps)."""
    names = list(aws.pages("sesv2", "ListDedicatedIpPools", "DedicatedIpPools", PageSize=_PAGE))
    count = Counter(ip.pool for ip in ips(aws))
    # The default pool holds IPs that were put in no other, and is not among the pools that SES lists.
    if count[DEFAULT_POOL] and DEFAULT_POOL not in names:
        yield IpPool(DEFAULT_POOL, STANDARD, count[DEFAULT_POOL])
    for name in names:
        yield IpPool(name, _get_scaling_mode(aws, name), count[name])


def show(aws: Gateway, name: str) -> IpPoolDetails:
    """One pool, whole. Raises `NotFoundError`."""
    return IpPoolDetails(name, _get_scaling_mode(aws, name), tuple(ips(aws, pool=name)))


def create(aws: Gateway, name: str, mode: str, tags: tuple[tuple[str, str], ...]) -> IpPool:
    """Make an empty pool (SES API v2 CreateDedicatedIpPool). Raises `AlreadyExistsError`."""
    tagged = {"Tags": [{"Key": key, "Value": value} for key, value in tags]} if tags else {}
    try:
        aws.write("sesv2", "CreateDedicatedIpPool", PoolName=name, ScalingMode=mode, **tagged)
    except AlreadyExistsError as error:
        error.message = f"the pool {name} exists already in {aws.region}"
        error.hint = f"sescli reputation ip-pool show {name} shows it"
        raise
    return IpPool(name, mode, 0)


def scale(aws: Gateway, name: str, mode: str) -> None:
    """Change the scaling mode (SES API v2 PutDedicatedIpPoolScalingAttributes).

    Raises `UsageError` for managed to standard, which SES does not do, and `NotFoundError`.
    """
    if _get_scaling_mode(aws, name) == MANAGED and mode == STANDARD:
        raise UsageError(
            f"{name} is a managed pool, and SES makes none of them standard again",
            hint="make a standard pool beside it: sescli reputation ip-pool create NAME",
            code="ManagedPool",
        )
    aws.write("sesv2", "PutDedicatedIpPoolScalingAttributes", PoolName=name, ScalingMode=mode)


def delete(aws: Gateway, name: str) -> None:
    """Delete a pool (SES API v2 DeleteDedicatedIpPool)."""
    aws.write("sesv2", "DeleteDedicatedIpPool", PoolName=name)


def check_unused(
    aws: Gateway, name: str, *, note: Callable[[str], None], sleep: Callable[[float], None]
) -> None:
    """Raises `SescliError` (code InUse) that names the configuration sets which send from the pool.

    A look-up that is denied is refused too: whoever may not look cannot know that nothing breaks.
    SES API v2 ListConfigurationSets, GetConfigurationSet: one call a set.
    """
    try:
        users = list(_config_sets_sending_from(aws, name, note, sleep))
    except AccessError as error:
        error.hint = "to delete it without looking at what leans on it: --no-check"
        raise
    if users:
        more = len(users) - _SHOWN
        named = ", ".join(users[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
        raise SescliError(
            f"{name} is in use: configuration sets send from it: {named}",
            hint=f"sescli config-set delivery {users[0]} --pool OTHER, then again",
            code="InUse",
        )


def _config_sets_sending_from(
    aws: Gateway, pool: str, note: Callable[[str], None], sleep: Callable[[float], None]
) -> Iterator[str]:
    names = list(aws.pages("sesv2", "ListConfigurationSets", "ConfigurationSets"))
    if len(names) > _PAGE:
        note(f"looking which of {len(names):,} configuration sets send from it; --no-check leaves that out")
    for name in names:
        options = _config_set(aws, name, sleep).get("DeliveryOptions", {})
        if options.get("SendingPoolName") == pool:
            yield name


def _config_set(aws: Gateway, name: str, sleep: Callable[[float], None]) -> dict[str, Any]:
    try:
        return retry_throttled(
            lambda: aws.read("sesv2", "GetConfigurationSet", ConfigurationSetName=name), sleep=sleep
        )
    except NotFoundError:  # deleted since the list was made
        return {}


def _get_scaling_mode(aws: Gateway, name: str) -> str:
    try:
        found = aws.read("sesv2", "GetDedicatedIpPool", PoolName=name)["DedicatedIpPool"]
    except NotFoundError as error:
        error.message = f"there is no dedicated IP pool {name} in {aws.region}"
        error.hint = "sescli reputation ip-pool list"
        raise
    return str(found.get("ScalingMode", STANDARD))
