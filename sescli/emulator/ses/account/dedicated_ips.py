"""Dedicated IPs and their pools. The setting `dedicated_ip` leases an IP.

docs/ses-behavior.md#dedicated-ip-pools
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from sescli.emulator.ses.account import account
from sescli.emulator.ses.faults import AlreadyExists, BadRequest, LimitExceeded, NotFound

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

POOL = "dedicated-ip-pool"
IP = "dedicated-ip"
DEFAULT_POOL = "ses-default-dedicated-pool"
RESERVED = frozenset({DEFAULT_POOL, "ses-shared-pool"})
MANAGED, STANDARD = "MANAGED", "STANDARD"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_COUNT = 50
_WARM = 100


def create_pool(region: Region, name: str, mode: str, tags: list[dict[str, str]]) -> None:
    """Raises AlreadyExists, BadRequest, LimitExceeded."""
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise BadRequest(f"Invalid dedicated IP pool name <{name}>.")
    _check_mode(mode)
    if region.get(POOL, name) is not None:
        raise AlreadyExists(f"Dedicated IP pool <{name}> already exists.")
    if region.count(POOL) >= _MAX_COUNT:
        raise LimitExceeded(f"Cannot create more than {_MAX_COUNT} dedicated IP pools.")
    region.put(POOL, name, {"mode": mode, "tags": tags})


def load_pool(region: Region, name: str) -> Record:
    """Raises NotFound. The default pool exists while it contains an IP."""
    record = region.get(POOL, name)
    if record is None and name == DEFAULT_POOL and any(_in_pool(region, name)):
        record = {"mode": STANDARD, "tags": []}
    if record is None:
        raise NotFound(f"Dedicated IP pool <{name}> does not exist.")
    return record


def delete_pool(region: Region, name: str) -> None:
    """Delete a pool and move its IPs to the default pool. Raises NotFound."""
    load_pool(region, name)
    region.delete(POOL, name)
    for ip in _in_pool(region, name):
        _assign(region, ip, DEFAULT_POOL, STANDARD)


def scale_pool(region: Region, name: str, mode: str) -> None:
    """Change the scaling mode. Raises BadRequest for MANAGED to STANDARD, NotFound."""
    record = load_pool(region, name)
    _check_mode(mode)
    if record["mode"] == MANAGED and mode == STANDARD:
        raise BadRequest("A MANAGED pool cannot be converted to STANDARD scaling mode.")
    region.put(POOL, name, record | {"mode": mode})
    for ip in _in_pool(region, name):
        _assign(region, ip, name, mode)


def lease(region: Region, ip: str) -> None:
    """Lease an IPv4 address to the account. It starts at 1% warm-up if automatic warm-up is on, else at 100%.

    Raises ValueError.
    """
    address = str(ipaddress.IPv4Address(ip))
    warming = account.load(region).get("auto_warmup", False)
    region.put(IP, address, {"pool": DEFAULT_POOL, "percent": 1 if warming else _WARM})


def load_ip(region: Region, ip: str) -> Record:
    """Raises NotFound."""
    record = region.get(IP, ip)
    if record is None:
        raise NotFound(f"Dedicated IP <{ip}> does not exist.")
    return record


def move(region: Region, ip: str, pool: str) -> None:
    """Raises NotFound."""
    load_ip(region, ip)
    mode = STANDARD if pool == DEFAULT_POOL else load_pool(region, pool)["mode"]
    _assign(region, ip, pool, mode)


def warm_up(region: Region, ip: str, percent: int) -> None:
    """Raises BadRequest, NotFound."""
    record = load_ip(region, ip)
    if not 0 <= percent <= _WARM:
        raise BadRequest("WarmupPercentage must be between 0 and 100.")
    if record["percent"] < 0:
        raise BadRequest("The warm-up of an IP in a MANAGED pool cannot be changed.")
    region.put(IP, ip, record | {"percent": percent})


def warm_up_status(percent: int) -> str:
    """The `WarmupStatus` for a percentage. -1 means an IP in a managed pool."""
    if percent < 0:
        return "NOT_APPLICABLE"
    return "DONE" if percent == _WARM else "IN_PROGRESS"


def _assign(region: Region, ip: str, pool: str, mode: str) -> None:
    percent = load_ip(region, ip)["percent"]
    if mode == MANAGED:
        percent = -1
    region.put(IP, ip, {"pool": pool, "percent": _WARM if mode == STANDARD and percent < 0 else percent})


def _in_pool(region: Region, pool: str) -> list[str]:
    return [ip for ip, record in region.store.iter_records(region.name, IP) if record["pool"] == pool]


def _check_mode(mode: str) -> None:
    if mode not in {STANDARD, MANAGED}:
        raise BadRequest(f"Invalid ScalingMode {mode}.")
