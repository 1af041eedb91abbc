"""Receipt rules (v1 only)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator import moto_services
from sescli.emulator.ses.receiving import rule_sets
from sescli.emulator.ses.registry import V1, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

# SES writes this object to the bucket of a rule to test its permissions. The text is the emulator's.
_SETUP_OBJECT = "AMAZON_SES_SETUP_NOTIFICATION"
_SETUP_TEXT = (
    b"This object shows that SES may write to the bucket of a receipt rule. It is not a message.\r\n"
)


@V1
def CreateReceiptRule(region: Region, params: Params) -> dict[str, Any]:
    name = params["RuleSetName"]
    record = rule_sets.load_set(region, name)
    rule_sets.add_rule(record, name, rule_sets.check_rule(params["Rule"]), params.get("After"))
    region.put(rule_sets.KIND, name, record)
    _write_setup_objects(params["Rule"])
    return {}


@V1
def UpdateReceiptRule(region: Region, params: Params) -> dict[str, Any]:
    """Replace the rule. Omitted members get their defaults.

    docs/ses-behavior.md#receipt-rule-updates
    """
    name = params["RuleSetName"]
    record = rule_sets.load_set(region, name)
    place = rule_sets.index(record, name, params["Rule"]["Name"])
    record["rules"][place] = rule_sets.check_rule(params["Rule"])
    region.put(rule_sets.KIND, name, record)
    _write_setup_objects(params["Rule"])
    return {}


@V1
def DeleteReceiptRule(region: Region, params: Params) -> dict[str, Any]:
    """No error if the rule does not exist."""
    name = params["RuleSetName"]
    record = rule_sets.load_set(region, name)
    record["rules"] = [rule for rule in record["rules"] if rule["Name"] != params["RuleName"]]
    region.put(rule_sets.KIND, name, record)
    return {}


@V1
def DescribeReceiptRule(region: Region, params: Params) -> dict[str, Any]:
    name = params["RuleSetName"]
    record = rule_sets.load_set(region, name)
    return {"Rule": record["rules"][rule_sets.index(record, name, params["RuleName"])]}


@V1
def SetReceiptRulePosition(region: Region, params: Params) -> dict[str, Any]:
    name = params["RuleSetName"]
    record = rule_sets.load_set(region, name)
    rule = record["rules"].pop(rule_sets.index(record, name, params["RuleName"]))
    rule_sets.add_rule(record, name, rule, params.get("After"))
    region.put(rule_sets.KIND, name, record)
    return {}


def _write_setup_objects(rule: Record) -> None:
    """Write SES's setup object to existing buckets.

    SES refuses a rule if it cannot write to its bucket. Here the bucket may also be created after the rule.
    """
    for action in rule.get("Actions", ()):
        if "S3Action" in action:
            wanted = action["S3Action"]
            key = f"{wanted.get('ObjectKeyPrefix', '')}{_SETUP_OBJECT}"
            moto_services.put_object_if_bucket_exists(wanted["BucketName"], key, _SETUP_TEXT)
