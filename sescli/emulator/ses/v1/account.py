"""The account in v1: quota, statistics, sending enabled or paused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.account import account, statistics
from sescli.emulator.ses.registry import V1, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region


@V1
def GetSendQuota(region: Region, _params: Params) -> dict[str, Any]:
    return account.quota(region, account.load(region))


@V1
def GetSendStatistics(region: Region, _params: Params) -> dict[str, Any]:
    return {"SendDataPoints": statistics.points(region)}


@V1
def GetAccountSendingEnabled(region: Region, _params: Params) -> dict[str, Any]:
    return {"Enabled": account.load(region)["sending"]}


@V1
def UpdateAccountSendingEnabled(region: Region, params: Params) -> dict[str, Any]:
    account.change(region, sending=params.get("Enabled", False))
    return {}
