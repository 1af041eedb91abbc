"""The operations of SES v1, on the same state as v2. Importing this package registers them."""

from sescli.emulator.ses.v1 import (
    account,
    bounces,
    configuration_sets,
    custom_verification,
    identities,
    notifications,
    policies,
    receipt_filters,
    receipt_rule_sets,
    receipt_rules,
    sending,
    templates,
)

__all__ = [
    "account",
    "bounces",
    "configuration_sets",
    "custom_verification",
    "identities",
    "notifications",
    "policies",
    "receipt_filters",
    "receipt_rule_sets",
    "receipt_rules",
    "sending",
    "templates",
]
