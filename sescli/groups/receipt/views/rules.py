"""How receipt rules look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.output.results import Column

if TYPE_CHECKING:
    from sescli.groups.receipt.service.rules import Rule
    from sescli.output.results import Field

RULE_COLUMNS = (
    Column("#", "position", "number"),
    Column("rule", "name"),
    Column("enabled", "enabled", "status"),
    Column("recipients", lambda rule: rule.recipients or "all"),
    Column("actions", "action_summaries"),
    Column("TLS policy", "tls_policy"),
    Column("scanning", "scan_enabled"),
)


def rule_fields(rule_set: str, rule: Rule) -> tuple[Field, ...]:
    """The labels and values of one rule."""
    return (
        ("rule", rule.name),
        ("rule set", rule_set),
        ("position", rule.position),
        ("enabled", rule.enabled, "status"),
        ("recipients", rule.recipients or "all addresses of all verified domains"),
        ("TLS policy", rule.tls_policy),
        ("spam and virus scanning", rule.scan_enabled),
        *((f"action {number}", summary) for number, summary in enumerate(rule.action_summaries, 1)),
    )
