"""All that receiving mail for a domain takes: what is there, what is wanted, the steps between them, in order.

Bucket, its policy, rule set, rule, activation: the MX record comes last, for it is what moves the mail.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
    """What is wanted. `recipients` as in a rule; `prefix` begins the keys of the mails in the bucket.

    `create_bucket` lets a bucket be made that is not there; `activate` makes SES follow the rule set.
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
    def place(self) -> str:
        """`BUCKET/PREFIX`, as `receipt inbox` takes it."""
        return f"{self.bucket}/{self.prefix}" if self.prefix else self.bucket

    def members(self, region: str) -> dict[str, Any]:
        """The rule as CreateReceiptRule takes it. Raises `UsageError`."""
        storing = {"BucketName": self.bucket, "ObjectKeyPrefix": self.prefix, "TopicArn": self.topic}
        actions: list[dict[str, Any]] = [
            {"S3Action": {name: value for name, value in storing.items() if value}}
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

    def command(self) -> str:
        """The one command that does the same."""
        words = [self.domain]
        for recipient in self.recipients:
            words += ["--recipient", recipient]
        words += ["--s3", self.place]
        words += ["--create-bucket"] if self.create_bucket else []
        words += ["--s3-topic", self.topic] if self.topic else []
        words += ["--lambda", self.function] if self.function else []
        words += ["--rule-set", self.rule_set, "--rule", self.rule]
        words += ["--activate" if self.activate else "--no-activate"]
        words += [] if self.scan else ["--no-scan"]
        return f"sescli receipt setup {shlex.join(words)} --yes"


@dataclass(frozen=True)
class ReceivingState:
    """What is there before anything is asked.

    `verified` is None where it may not be asked; `verified_by` the domain that is verified, itself or one above.
    """

    domain: str
    region: str
    account_id: str
    verified_by: str | None
    verified: bool | None
    active: RuleSet | None
    sets: tuple[str, ...]

    def rules_of(self, aws: Gateway, name: str) -> list[Rule] | None:
        """The rules of a set; None for one that is not there yet (DescribeReceiptRuleSet)."""
        if self.active is not None and name == self.active.name:
            return list(self.active.rules)
        return rules.rules(aws, name) if name in self.sets else None


@dataclass(frozen=True)
class ReceivingStep:
    """One change, in a line; `done` when it holds already."""

    what: str
    done: bool
    run: Callable[[], None] = field(metadata={"json": False}, repr=False)


@dataclass(frozen=True)
class ReceivingPlan:
    """The steps in their order, what to think of beforehand, the bucket's policy afterwards, and the MX records."""

    spec: ReceivingSpec
    state: ReceivingState
    steps: tuple[ReceivingStep, ...]
    warnings: tuple[str, ...]
    policy: dict[str, Any]
    policy_changes: bool
    mx_records: tuple[Record, ...]

    @property
    def changes(self) -> list[ReceivingStep]:
        """The steps that are still to be made."""
        return [step for step in self.steps if not step.done]

    @property
    def stops(self) -> str | None:
        """The rule set that SES would follow no more."""
        active = self.state.active
        return active.name if active and self.spec.activate and active.name != self.spec.rule_set else None

    @property
    def becomes_active(self) -> bool:
        """Whether SES follows the rule set in the end."""
        active = self.state.active
        return self.spec.activate or (active is not None and active.name == self.spec.rule_set)


def read_state(aws: Gateway, domain: str) -> ReceivingState:
    """Look at the region: identity, rule sets, account (GetEmailIdentity, ListReceiptRuleSets, GetCallerIdentity).

    Raises `UsageError` for a region that cannot receive, or where none is named.
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
    """A name for the rule of a domain."""
    return f"receive-{domain}"[:_LONGEST_RULE_NAME].rstrip("-.")


def parse_recipients(texts: Iterable[str], domain: str) -> tuple[str, ...]:
    """Recipients of a rule, all of this domain or below it. Raises `UsageError`."""
    recipients = rules.checked_recipients(list(texts))
    outside = [one for one in recipients if not _is_within(one, domain)]
    if outside:
        raise UsageError(
            f"{', '.join(outside)}: not in {domain}",
            hint=f"as {domain}, .{domain} for its subdomains, or someone@{domain}",
            code="OtherDomain",
        )
    return tuple(recipients)


def _is_within(recipient: str, domain: str) -> bool:
    return f".{host_of(recipient)}".endswith(f".{domain}")


def host_of(recipient: str) -> str:
    """The domain of a recipient, or the one whose subdomains it means."""
    return recipient.rpartition("@")[2].removeprefix(".")


def example_address(recipient: str) -> str:
    """An address that a recipient of a rule covers."""
    if "@" in recipient:
        return recipient
    return f"postmaster@{'any' if recipient.startswith('.') else ''}{recipient}"


def mx_records(spec: ReceivingSpec, region: str) -> tuple[Record, ...]:
    """The MX record of each name that is to receive. Subdomains as such have none: their names are not known."""
    hosts = dict.fromkeys(host_of(one) for one in spec.recipients if not one.startswith("."))
    return tuple(
        record for host in hosts for record in WantedRecords(host, {}, region).for_purpose(RECEIVING_MAIL)
    )


def differences(present: Rule, wanted: dict[str, Any]) -> list[str]:
    """In what a rule that is there is another than the wanted one."""
    pairs: dict[str, tuple[object, object]] = {
        "recipients": (set(present.recipients), set(wanted["Recipients"])),
        "actions": (present.source["Actions"], wanted["Actions"]),
        "TLS policy": (present.tls_policy, wanted["TlsPolicy"]),
        "scanning": (present.scan_enabled, wanted["ScanEnabled"]),
        "being enabled": (present.enabled, wanted["Enabled"]),
    }
    return [name for name, (here, there) in pairs.items() if here != there]


def unreachable_warnings(present: list[Rule], new: Rule, addresses: Iterable[Address]) -> Iterator[str]:
    """Why mail to these would not reach a rule behind those that are there, one line each."""
    for address in addresses:
        verdicts = list(matching.match_rules([*present, new], address))
        if verdicts[-1].verdict == matching.NOT_REACHED:
            yield f"mail to {address.addr_spec} does not reach the rule: {verdicts[-1].reason}"


def example_addresses(spec: ReceivingSpec) -> list[Address]:
    """An address for each recipient."""
    return [parse_address(example_address(one)) for one in spec.recipients]
