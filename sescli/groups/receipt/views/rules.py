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
    Column("recipients", lambda rule: rule.recipients or "everybody"),
    Column("actions", "action_summaries"),
    Column("TLS", "tls_policy"),
    Column("scan", "scan_enabled"),
)


def rule_fields(rule_set: str, rule: Rule) -> tuple[Field, ...]:
    """The labels and values of one rule."""
    return (
        ("rule", rule.name),
        ("rule set", rule_set),
        ("position", rule.position),
        ("enabled", rule.enabled, "status"),
        ("recipients", rule.recipients or "everybody at every verified domain"),
        ("TLS", rule.tls_policy),
        ("scanned for spam and viruses", rule.scan_enabled),
        *((f"action {number}", doing) for number, doing in enumerate(rule.action_summaries, 1)),
    )
