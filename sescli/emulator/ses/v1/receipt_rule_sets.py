"""Receipt rule sets (v1 only)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import BadRequest
from sescli.emulator.ses.receiving import rule_sets
from sescli.emulator.ses.registry import V1, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 100


@V1
def CreateReceiptRuleSet(region: Region, params: Params) -> dict[str, Any]:
    rule_sets.create_set(region, params["RuleSetName"], [])
    return {}


@V1
def CloneReceiptRuleSet(region: Region, params: Params) -> dict[str, Any]:
    original = rule_sets.load_set(region, params["OriginalRuleSetName"])
    rule_sets.create_set(region, params["RuleSetName"], original["rules"])
    return {}


@V1
def DeleteReceiptRuleSet(region: Region, params: Params) -> dict[str, Any]:
    """No error if the set does not exist. The active set cannot be deleted."""
    name = params["RuleSetName"]
    if rule_sets.active(region) == name:
        raise BadRequest(f"Cannot delete active rule set: {name}.", v1_code="CannotDelete")
    region.delete(rule_sets.KIND, name)
    return {}


@V1
def ListReceiptRuleSets(region: Region, params: Params) -> dict[str, Any]:
    found, following = region.page(rule_sets.KIND, size=_PAGE, token=params.get("NextToken"))
    return {"RuleSets": [_metadata(name, record) for name, record in found], **following}


@V1
def DescribeReceiptRuleSet(region: Region, params: Params) -> dict[str, Any]:
    record = rule_sets.load_set(region, params["RuleSetName"])
    return {"Metadata": _metadata(params["RuleSetName"], record), "Rules": record["rules"]}


@V1
def DescribeActiveReceiptRuleSet(region: Region, _params: Params) -> dict[str, Any]:
    """The response is empty if no set is active."""
    name = rule_sets.active(region)
    return DescribeReceiptRuleSet(region, {"RuleSetName": name}) if name else {}


@V1
def SetActiveReceiptRuleSet(region: Region, params: Params) -> dict[str, Any]:
    rule_sets.activate(region, params.get("RuleSetName"))
    return {}


@V1
def ReorderReceiptRuleSet(region: Region, params: Params) -> dict[str, Any]:
    """All rules must be named (docs/ses-behavior.md#receipt-rule-updates)."""
    name = params["RuleSetName"]
    record = rule_sets.load_set(region, name)
    rules = [record["rules"][rule_sets.index(record, name, rule)] for rule in params["RuleNames"]]
    if len(params["RuleNames"]) != len(record["rules"]) or len(set(params["RuleNames"])) != len(rules):
        raise BadRequest("The rules of the set must all be named, each once.")
    region.put(rule_sets.KIND, name, record | {"rules": rules})
    return {}


def _metadata(name: str, record: Record) -> dict[str, Any]:
    return {"Name": name, "CreatedTimestamp": record["created"]}
