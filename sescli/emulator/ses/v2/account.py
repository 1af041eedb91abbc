"""GetAccount and the account's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.account import account
from sescli.emulator.ses.faults import BadRequest, Conflict
from sescli.emulator.ses.registry import V2, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region

_PLANS = ("NONE", "ESSENTIALS", "PRO", "ENTERPRISE")


@V2
def GetAccount(region: Region, _params: Params) -> dict[str, Any]:
    record = account.load(region)
    suppression: dict[str, Any] = {"SuppressedReasons": record["suppressed_reasons"]}
    if "validation" in record:
        suppression["ValidationAttributes"] = record["validation"]
    result = {
        "DedicatedIpAutoWarmupEnabled": record.get("auto_warmup", False),
        "EnforcementStatus": record["enforcement"],
        "ProductionAccessEnabled": record["production"],
        "SendQuota": account.quota(region, record),
        "SendingEnabled": record["sending"],
        "SuppressionAttributes": suppression,
        "VdmAttributes": record.get("vdm", {"VdmEnabled": "DISABLED"}),
        "PricingAttributes": record.get("pricing", {"CurrentPlan": "NONE"}),
    }
    if "details" in record:
        result["Details"] = record["details"]
    return result


@V2
def PutAccountDetails(region: Region, params: Params) -> dict[str, Any]:
    """Grant production access immediately. `ProductionAccessEnabled: false` returns to the sandbox.

    Raises Conflict while a review is pending, which the setting `review` can cause.
    """
    if not params["WebsiteURL"].startswith(("http://", "https://")):
        raise BadRequest("Website URL is not valid.")
    earlier = account.load(region).get("details", {}).get("ReviewDetails", {})
    if earlier.get("Status") == "PENDING":
        raise Conflict("A request for production access is being reviewed.")
    production = params.pop("ProductionAccessEnabled", None)
    review = {"Status": "GRANTED", "CaseId": account.CASE}
    account.change(region, details=params | {"ReviewDetails": review})
    if production is not None:
        account.set_production(region, production)
    return {}


@V2
def PutAccountSendingAttributes(region: Region, params: Params) -> dict[str, Any]:
    account.change(region, sending=params.get("SendingEnabled", False))
    return {}


@V2
def PutAccountSuppressionAttributes(region: Region, params: Params) -> dict[str, Any]:
    account.change(region, suppressed_reasons=params.get("SuppressedReasons", []))
    if "ValidationAttributes" in params:
        account.change(region, validation=params["ValidationAttributes"])
    return {}


@V2
def PutAccountVdmAttributes(region: Region, params: Params) -> dict[str, Any]:
    account.change(region, vdm=params["VdmAttributes"])
    return {}


@V2
def PutAccountDedicatedIpWarmupAttributes(region: Region, params: Params) -> dict[str, Any]:
    account.change(region, auto_warmup=params.get("AutoWarmupEnabled", False))
    return {}


@V2
def PutAccountPricingAttributes(region: Region, params: Params) -> dict[str, Any]:
    """An upgrade applies immediately, a downgrade from the next month (docs/ses-behavior.md#pricing-plans)."""
    current = account.load(region).get("pricing", {"CurrentPlan": "NONE"})["CurrentPlan"]
    wanted = params["Plan"]
    if _PLANS.index(wanted) >= _PLANS.index(current):
        account.change(region, pricing={"CurrentPlan": wanted})
    else:
        account.change(region, pricing={"CurrentPlan": current, "NextPlan": wanted})
    return {}
