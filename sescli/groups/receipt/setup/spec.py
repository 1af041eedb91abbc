"""Receiving email for a domain: the spec, the current state, and the plan with its steps in order.

The MX record comes last, because it redirects the email of the domain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.advice import NextCommand
from sescli.dns.records import RECEIVING_MAIL, WantedRecords
from sescli.errors import UsageError
from sescli.groups.receipt.service import matching, rule_sets, rules
from sescli.groups.receipt.service.names import require_receiving
from sescli.mail.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sescli.aws.gateway import Gateway
    from sescli.dns.records import Record
    from sescli.groups.receipt.service.rule_sets import RuleSet
    from sescli.groups.receipt.service.rules import Rule
    from sescli.mail.addresses import Address

DEFAULT_SET = "inbound"
_LONGEST_RULE_NAME = 64


@dataclass(frozen=True)
class ReceivingSpec:
    """What the user wants. `recipients` as in a rule; object keys in the bucket start with `prefix`.

    `create_bucket` allows creating the bucket; `activate` activates the rule set.
    """

    domain: str
    recipients: tuple[str, ...]
    bucket: str
    prefix: str
    rule_set: str
    rule: str
    activate: bool
    create_bucket: bool = False
    topic: str | None = None
    function: str | None = None
    scan: bool = True

    @property
    def bucket_path(self) -> str:
        """`BUCKET/PREFIX`, the argument of `receipt inbox`."""
        return f"{self.bucket}/{self.prefix}" if self.prefix else self.bucket

    def members(self, region: str) -> dict[str, Any]:
        """The rule in the form of CreateReceiptRule. Raises `UsageError`."""
        members = {"BucketName": self.bucket, "ObjectKeyPrefix": self.prefix, "TopicArn": self.topic}
        actions: list[dict[str, Any]] = [
            {"S3Action": {name: value for name, value in members.items() if value}}
        ]
        if self.function:
            actions.append({"LambdaAction": {"FunctionArn": self.function, "InvocationType": "Event"}})
        rule = {
            "Name": self.rule,
            "Recipients": list(self.recipients),
            "Actions": actions,
            "ScanEnabled": self.scan,
        }
        return rules.complete_rule(rule, region)

    def command(self) -> NextCommand:
        """The command that does the same without questions."""
        words = ["receipt", "setup", self.domain]
        for recipient in self.recipients:
            words += ["--recipient", recipient]
        words += ["--s3", self.bucket_path]
        words += ["--create-bucket"] if self.create_bucket else []
        words += ["--s3-topic", self.topic] if self.topic else []
        words += ["--lambda", self.function] if self.function else []
        words += ["--rule-set", self.rule_set, "--rule", self.rule]
        words += ["--activate" if self.activate else "--no-activate"]
        words += [] if self.scan else ["--no-scan"]
        return NextCommand(*words, "--yes")


@dataclass(frozen=True)
class ReceivingState:
    """What exists before setup.

    `verified` is None if the look-up is denied; `verified_by` is the verified domain: this one or a parent.
    """

    domain: str
    region: str
    account_id: str
    verified_by: str | None
    verified: bool | None
    active: RuleSet | None
    sets: tuple[str, ...]

    def rules_of(self, aws: Gateway, name: str) -> list[Rule] | None:
        """The rules of a rule set; None if it does not exist (DescribeReceiptRuleSet)."""
        if self.active is not None and name == self.active.name:
            return list(self.active.rules)
        return rules.rules(aws, name) if name in self.sets else None


@dataclass(frozen=True)
class ReceivingStep:
    """One change, described in one line; `done` if it is in place already."""

    what: str
    done: bool
    run: Callable[[], None] = field(metadata={"json": False}, repr=False)


@dataclass(frozen=True)
class ReceivingPlan:
    """The steps in order, the warnings, the bucket policy after setup, and the MX records."""

    spec: ReceivingSpec
    state: ReceivingState
    steps: tuple[ReceivingStep, ...]
    warnings: tuple[str, ...]
    policy: dict[str, Any]
    policy_changes: bool
    mx_records: tuple[Record, ...]

    @property
    def changes(self) -> list[ReceivingStep]:
        """The steps that are not done."""
        return [step for step in self.steps if not step.done]

    @property
    def stops(self) -> str | None:
        """The rule set that setup deactivates, or None."""
        active = self.state.active
        return active.name if active and self.spec.activate and active.name != self.spec.rule_set else None

    @property
    def becomes_active(self) -> bool:
        """Whether the rule set is active after setup."""
        active = self.state.active
        return self.spec.activate or (active is not None and active.name == self.spec.rule_set)


def read_state(aws: Gateway, domain: str) -> ReceivingState:
    """Read the identity, rule sets and account (GetEmailIdentity, ListReceiptRuleSets, GetCallerIdentity).

    Raises `UsageError` without a region, or for a region in which SES does not receive email.
    """
    aws.require_region()
    require_receiving(aws)
    verified_by, verified = matching.find_verified_domain(aws, domain)
    sets = rule_sets.names(aws)
    active = next((one.name for one in sets if one.active), None)
    return ReceivingState(
        domain,
        aws.region,
        str(aws.read("sts", "GetCallerIdentity")["Account"]),
        verified_by,
        verified,
        rule_sets.show(aws, active) if active else None,
        tuple(one.name for one in sets),
    )


def default_rule_name(domain: str) -> str:
    """The default name of the rule of a domain."""
    return f"receive-{domain}"[:_LONGEST_RULE_NAME].rstrip("-.")


def parse_recipients(texts: Iterable[str], domain: str) -> tuple[str, ...]:
    """Recipients of a rule, all in this domain or its subdomains. Raises `UsageError`."""
    recipients = rules.checked_recipients(list(texts))
    outside = [one for one in recipients if not _is_within(one, domain)]
    if outside:
        raise UsageError(
            f"{', '.join(outside)} is not in {domain}"
            if len(outside) == 1
            else f"{', '.join(outside)} are not in {domain}",
            hint=f"use {domain}, .{domain} for its subdomains, or someone@{domain}",
            code="OtherDomain",
        )
    return tuple(recipients)


def _is_within(recipient: str, domain: str) -> bool:
    return f".{host_of(recipient)}".endswith(f".{domain}")


def host_of(recipient: str) -> str:
    """The domain of a recipient, without the leading dot of `.domain`."""
    return recipient.rpartition("@")[2].removeprefix(".")


def example_address(recipient: str) -> str:
    """An address that a recipient of a rule matches."""
    if "@" in recipient:
        return recipient
    return f"postmaster@{'any' if recipient.startswith('.') else ''}{recipient}"


def mx_records(spec: ReceivingSpec, region: str) -> tuple[Record, ...]:
    """The MX record of each domain in the recipients. `.domain` has none: the names of its subdomains are unknown."""
    hosts = dict.fromkeys(host_of(one) for one in spec.recipients if not one.startswith("."))
    return tuple(
        record for host in hosts for record in WantedRecords(host, {}, region).for_purpose(RECEIVING_MAIL)
    )


def differences(present: Rule, wanted: dict[str, Any]) -> list[str]:
    """The properties in which an existing rule differs from the wanted one."""
    pairs: dict[str, tuple[object, object]] = {
        "recipients": (set(present.recipients), set(wanted["Recipients"])),
        "actions": (present.source["Actions"], wanted["Actions"]),
        "TLS policy": (present.tls_policy, wanted["TlsPolicy"]),
        "scanning": (present.scan_enabled, wanted["ScanEnabled"]),
        "enabled state": (present.enabled, wanted["Enabled"]),
    }
    return [name for name, (here, there) in pairs.items() if here != there]


def unreachable_warnings(present: list[Rule], new: Rule, addresses: Iterable[Address]) -> Iterator[str]:
    """One line for each address whose messages would not reach a rule placed after the existing ones."""
    for address in addresses:
        matches = list(matching.match_rules([*present, new], address))
        if matches[-1].verdict == matching.NOT_REACHED:
            yield f"messages to {address.addr_spec} do not reach the rule: {matches[-1].reason}"


def example_addresses(spec: ReceivingSpec) -> list[Address]:
    """An address that each recipient matches."""
    return [parse_address(example_address(one)) for one in spec.recipients]
