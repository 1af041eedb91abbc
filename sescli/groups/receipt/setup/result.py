"""The result of `receipt setup`, checked against AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.groups.receipt.service import matching
from sescli.groups.receipt.setup import bucket as receiving_bucket
from sescli.groups.receipt.setup.spec import example_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.aws.gateway import Gateway
    from sescli.dns.records import Record
    from sescli.groups.receipt.setup.spec import ReceivingPlan


@dataclass(frozen=True)
class ReceivingResult:
    """The state after setup. `accepted` is whether SES accepts messages now, `because` the reason.

    `proven` is whether SES wrote its test object to the bucket, None if unknown. `changed` are the steps that were
    made, `command` makes them without questions.
    """

    domain: str
    region: str
    verified: bool | None
    recipients: tuple[str, ...]
    bucket: str
    prefix: str
    rule_set: str
    rule: str
    active: bool
    changed: tuple[str, ...]
    proven: bool | None
    accepted: bool
    because: str
    policy: dict[str, Any]
    records: Sequence[Record]
    command: str


def check_result(
    aws: Gateway, plan: ReceivingPlan, records: Sequence[Record], command: str
) -> ReceivingResult:
    """Match an address against the rules, and check whether SES wrote to the bucket.

    Reads DescribeActiveReceiptRuleSet, GetEmailIdentity and S3 ListObjectsV2; nothing in a dry run.
    """
    spec = plan.spec
    accepted, because, proven = False, "a dry run", None
    if not aws.dry_run:
        route = matching.route_address(aws, example_address(spec.recipients[0]), spec.rule_set)
        accepted, because = route.accepted and route.active, route.reason
        proven = receiving_bucket.has_setup_object(aws, spec.bucket, spec.prefix)
    return ReceivingResult(
        domain=spec.domain,
        region=plan.state.region,
        verified=plan.state.verified,
        recipients=spec.recipients,
        bucket=spec.bucket,
        prefix=spec.prefix,
        rule_set=spec.rule_set,
        rule=spec.rule,
        active=plan.becomes_active,
        changed=tuple(step.what for step in plan.changes),
        proven=proven,
        accepted=accepted,
        because=because,
        policy=plan.policy,
        records=records,
        command=command,
    )
