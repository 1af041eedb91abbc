"""Decides whether SES accepts an incoming message: by region, size, IP filter, rule set, domain and recipient.

docs/ses-behavior.md#receiving-refusals
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns.regions import RECEIVING
from sescli.emulator.ses.identities import identities
from sescli.emulator.ses.receiving import rule_sets
from sescli.mail.recipient_conditions import condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.emulator.receiving.incoming_message import IncomingMessage
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record
    from sescli.mail.addresses import Address

MAX_BYTES = 40 * 1024 * 1024
MAX_BYTES_FOR_SNS = 150 * 1024


@dataclass(frozen=True)
class AcceptanceRefusal:
    """Why SES refuses the message, or one recipient `address`. `fix` is the command to run, without `sescli`."""

    code: str
    reason: str
    fix: str
    address: str | None = None


@dataclass(frozen=True)
class AcceptedDelivery:
    """The rule set and its enabled rules, the accepted recipients, and the refused ones."""

    rule_set: str
    rules: Sequence[Record]
    recipients: Sequence[Address]
    refused: Sequence[AcceptanceRefusal]


def check_acceptance(region: Region, mail: IncomingMessage) -> AcceptedDelivery | AcceptanceRefusal:
    """Accept the message or return the reason for refusing it. The caller holds the store's lock."""
    refusal = _check_region(region) or _check_size(mail) or _check_filters(region, mail.source_ip)
    if refusal is not None:
        return refusal
    name = rule_sets.active(region)
    if name is None:
        return _no_active_set(region)
    rules = [rule for rule in rule_sets.load_set(region, name)["rules"] if rule["Enabled"]]
    refused = [found for each in mail.recipients if (found := _check_recipient(region, name, rules, each))]
    names = {refusal.address for refusal in refused}
    accepted = [each for each in mail.recipients if each.addr_spec not in names]
    if not accepted:
        return refused[0]
    return _check_topics(rules, accepted, mail) or AcceptedDelivery(name, rules, accepted, refused)


def matching_recipients(rule: Record, recipients: Sequence[Address]) -> list[Address]:
    """The recipients that match the conditions of a rule."""
    return [each for each in recipients if condition(rule["Recipients"], each)[0]]


def _check_region(region: Region) -> AcceptanceRefusal | None:
    if region.name in RECEIVING:
        return None
    return AcceptanceRefusal(
        "RegionCannotReceive",
        f"SES does not receive email in {region.name}",
        "receipt test --region us-east-1",
    )


def _check_size(mail: IncomingMessage) -> AcceptanceRefusal | None:
    if len(mail.raw) <= MAX_BYTES:
        return None
    return AcceptanceRefusal(
        "TooLarge",
        f"the message has {len(mail.raw):,} bytes, and SES accepts at most 40 MB",
        "receipt test --help",
    )


def _check_filters(region: Region, source_ip: str) -> AcceptanceRefusal | None:
    """Refuse a blocked IP address. A filter that allows the address overrides one that blocks it."""
    address = ipaddress.ip_address(source_ip)
    hits: dict[str, Record] = {}
    for _, record in region.store.iter_records(region.name, rule_sets.FILTER_KIND):
        if address in ipaddress.ip_network(record["IpFilter"]["Cidr"], strict=False):
            hits.setdefault(record["IpFilter"]["Policy"], record)
    block = hits.get("Block")
    if block is None or "Allow" in hits:
        return None
    name, cidr = block["Name"], block["IpFilter"]["Cidr"]
    return AcceptanceRefusal(
        "Blocked",
        f"IP filter {name} blocks {cidr}, which includes {source_ip}",
        f"receipt filter delete {name}",
    )


def _no_active_set(region: Region) -> AcceptanceRefusal:
    first = next((name for name, _ in region.store.iter_records(region.name, rule_sets.KIND)), None)
    fix = f"receipt rule-set activate {first}" if first else "receipt rule-set create NAME"
    return AcceptanceRefusal("NoActiveRuleSet", f"no receipt rule set is active in {region.name}", fix)


def _check_recipient(
    region: Region, name: str, rules: Sequence[Record], address: Address
) -> AcceptanceRefusal | None:
    spec = address.addr_spec
    domain = address.domain.lower()
    if not _is_verified(region, domain):
        reason = f"{domain} is not a verified domain in {region.name}, nor is a parent domain"
        return AcceptanceRefusal("DomainNotVerified", reason, f"identity verify {domain}", spec)
    if not any(matching_recipients(rule, [address]) for rule in rules):
        reason = f"no enabled rule of {name} matches {spec}"
        return AcceptanceRefusal("NoRuleMatches", reason, f"receipt test {spec}", spec)
    return None


def _is_verified(region: Region, domain: str) -> bool:
    """Whether the domain or a parent domain is a verified identity. A verified address does not count."""
    labels = domain.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    found = [region.get(identities.KIND, name) for name in above]
    return any(record is not None and record["status"] == "SUCCESS" for record in found)


def _check_topics(
    rules: Sequence[Record], recipients: Sequence[Address], mail: IncomingMessage
) -> AcceptanceRefusal | None:
    """Refuse a message that is too large for SNS if a rule would publish it to a topic."""
    if len(mail.raw) <= MAX_BYTES_FOR_SNS:
        return None
    for rule in rules:
        if matching_recipients(rule, recipients) and any("SNSAction" in action for action in rule["Actions"]):
            reason = (
                f"rule {rule['Name']} publishes the message to a topic, which accepts at most 150 KB, and the"
                f" message has {len(mail.raw):,} bytes"
            )
            return AcceptanceRefusal("TooLargeForSns", reason, "receipt rule update --help")
    return None
