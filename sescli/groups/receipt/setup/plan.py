"""The steps to set up a domain to receive email. Steps that are done already are skipped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.errors import AlreadyExistsError, ApiError, NotFoundError
from sescli.groups.receipt.service import permissions, rule_sets, rules
from sescli.groups.receipt.service.rules import RulePosition
from sescli.groups.receipt.setup import bucket as receiving_bucket
from sescli.groups.receipt.setup import targets
from sescli.groups.receipt.setup.spec import (
    ReceivingPlan,
    ReceivingSpec,
    ReceivingState,
    ReceivingStep,
    differences,
    example_addresses,
    mx_records,
    unreachable_warnings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sescli.aws.gateway import Gateway
    from sescli.groups.receipt.service.rules import Rule
    from sescli.groups.receipt.setup.bucket import Bucket

# Seconds. SES rejects the rule until it sees the new policy, which takes a moment.
_POLICY_PAUSES = (1.0, 2.0, 4.0)
_RETRYABLE = ("InvalidS3Configuration", "InvalidLambdaFunction")


def build_plan(
    aws: Gateway, state: ReceivingState, spec: ReceivingSpec, *, sleep: Callable[[float], None]
) -> ReceivingPlan:
    """The steps from the current state to the spec. Only reads.

    Raises `UsageError` for a rule that is not valid, `NotFoundError` for a missing bucket, topic or function,
    `AccessError` for a bucket of another account, and `AlreadyExistsError` for a different rule or policy statement
    of the same name.
    """
    builder = _PlanBuilder(aws, state, spec, spec.members(state.region), sleep)
    policy = builder.bucket.policy or {}
    if not builder.has_access:
        policy = receiving_bucket.merged(builder.bucket.policy, builder.statement)
    return ReceivingPlan(
        spec=spec,
        state=state,
        steps=tuple(builder.steps()),
        warnings=tuple(builder.warnings()),
        policy=policy,
        policy_changes=not builder.has_access,
        mx_records=mx_records(spec, state.region),
    )


@dataclass(frozen=True)
class _PlanBuilder:
    aws: Gateway
    state: ReceivingState
    spec: ReceivingSpec
    members: dict[str, Any]
    sleep: Callable[[float], None]

    @cached_property
    def bucket(self) -> Bucket:
        found = receiving_bucket.find_bucket(self.aws, self.spec.bucket, self.state.account_id)
        if not found.exists and not self.spec.create_bucket:
            raise NotFoundError(
                f"bucket {self.spec.bucket} not found",
                hint=f"add --create-bucket to create it in {self.state.region}, or use an existing bucket",
                code="NoSuchBucket",
            )
        return found

    @cached_property
    def source(self) -> str:
        spec, state = self.spec, self.state
        return permissions.rule_arn(state.region, state.account_id, spec.rule_set, spec.rule)

    @cached_property
    def statement(self) -> dict[str, Any]:
        spec = self.spec
        return receiving_bucket.statement(
            spec.bucket, self.state.account_id, spec.rule_set, spec.rule, self.source
        )

    @cached_property
    def has_access(self) -> bool:
        return receiving_bucket.allows(self.bucket.policy, self.statement)

    @cached_property
    def present(self) -> list[Rule] | None:
        return self.state.rules_of(self.aws, self.spec.rule_set)

    @cached_property
    def rule(self) -> Rule | None:
        """The existing rule of this name; None if there is none. Raises `AlreadyExistsError` if it is different."""
        for rule in self.present or ():
            if rule.name == self.spec.rule:
                self._require_equal(rule)
                return rule
        return None

    def _require_equal(self, rule: Rule) -> None:
        other = differences(rule, self.members)
        if other:
            spec = self.spec
            raise AlreadyExistsError(
                f"the rule set {spec.rule_set} already has a rule {spec.rule} with different {' and '.join(other)}",
                hint=Advice(
                    "add a second rule with --rule NAME; to see this one: ",
                    NextCommand("receipt", "rule", "show", spec.rule_set, spec.rule),
                ),
                code="RuleDiffers",
            )

    def steps(self) -> Iterator[ReceivingStep]:
        yield from self._bucket_steps()
        yield from self._target_steps()
        yield from self._rule_steps()

    def _bucket_steps(self) -> Iterator[ReceivingStep]:
        aws, name, exists = self.aws, self.spec.bucket, self.bucket.exists
        yield ReceivingStep(
            f"create the bucket {name} in {self.state.region}" if not exists else f"bucket {name} exists",
            exists,
            lambda: receiving_bucket.create(aws, name),
        )
        yield ReceivingStep(
            f"allow SES to write to {name}, for this rule only"
            if not self.has_access
            else f"SES can write to {name}",
            self.has_access,
            lambda: receiving_bucket.allow(aws, name, self.state.account_id, self.statement, new=not exists),
        )

    def _target_steps(self) -> Iterator[ReceivingStep]:
        topic, function, account_id = self.spec.topic, self.spec.function, self.state.account_id
        if topic and targets.account_of(topic) == account_id:
            targets.require_topic(self.aws, topic)
        if function and targets.account_of(function) == account_id:
            allowed = targets.is_allowed(self.aws, function, account_id, self.source)
            yield ReceivingStep(
                f"SES can invoke {function}"
                if allowed
                else f"allow SES to invoke {function}, for this rule only",
                allowed,
                lambda: targets.allow(self.aws, function, account_id, self.source),
            )

    def _rule_steps(self) -> Iterator[ReceivingStep]:
        aws, spec, active = self.aws, self.spec, self.state.active
        exists = self.present is not None
        yield ReceivingStep(
            f"rule set {spec.rule_set} exists" if exists else f"create the rule set {spec.rule_set}",
            exists,
            lambda: _nothing(rule_sets.create(aws, spec.rule_set)),
        )
        actions = ", ".join(rules.from_api(self.members, 1).action_summaries)
        yield ReceivingStep(
            f"rule {spec.rule} exists, for {', '.join(spec.recipients)}"
            if self.rule
            else f"add the rule {spec.rule} to {spec.rule_set}, for {', '.join(spec.recipients)}: {actions}",
            self.rule is not None,
            self._add_rule,
        )
        if active is not None and active.name == spec.rule_set:
            yield ReceivingStep(f"rule set {spec.rule_set} is active", done=True, run=_nothing)
        elif spec.activate:
            instead = f" instead of {active.name}" if active else ""
            yield ReceivingStep(
                f"activate the rule set {spec.rule_set}{instead}",
                done=False,
                run=lambda: rule_sets.activate(aws, spec.rule_set),
            )

    def _add_rule(self) -> None:
        """Add the rule; try again while SES does not see the new policy yet, because SES writes to the bucket at once."""
        for pause in _POLICY_PAUSES:
            try:
                return self._add_rule_once()
            except ApiError as error:
                if self.has_access or not str(error.code).startswith(_RETRYABLE):
                    raise
                self.sleep(pause)
        return self._add_rule_once()

    def _add_rule_once(self) -> None:
        rules.create(self.aws, self.spec.rule_set, self.members, RulePosition(), present=self.present or [])

    def warnings(self) -> Iterator[str]:
        state, spec = self.state, self.spec
        if state.verified is False:
            yield (
                f"{state.domain} is not verified in {state.region}: SES rejects its email until it is, regardless of the "
                "rules"
            )
        yield from self._rule_set_warnings()
        if self.rule is None:
            new = rules.from_api(self.members, len(self.present or ()) + 1)
            yield from unreachable_warnings(self.present or [], new, example_addresses(spec))
        if spec.prefix and not spec.prefix.endswith("/"):
            yield f"the prefix {spec.prefix} does not end with /: object keys will look like {spec.prefix}o3vrnil0e2ic…"
        if any(one.startswith(".") for one in spec.recipients):
            host = f"inbound-smtp.{state.region}.amazonaws.com"
            yield f"each subdomain that receives email needs its own MX record: priority 10, {host}"
        foreign = (
            one
            for one in permissions.required_permissions(self.aws, spec.rule_set, self.members)
            if one.kind in {"topic_policy", "lambda_permission"}
            and targets.account_of(one.resource) != state.account_id
        )
        advice = permissions.instructions(tuple(foreign))
        if advice:
            yield f"the other account must add this before SES accepts the rule: {advice}"

    def _rule_set_warnings(self) -> Iterator[str]:
        active, spec = self.state.active, self.spec
        if active is not None and active.name != spec.rule_set:
            names = ", ".join(rule.name for rule in active.rules if rule.enabled) or "none enabled"
            yield (
                f"the rule set {active.name} stops: its rules ({names}) no longer run"
                if spec.activate
                else f"the rule set {active.name} is active: this rule does not run until {spec.rule_set} is active"
            )
        elif active is None and not spec.activate:
            yield f"no rule set is active: SES rejects all incoming email until {spec.rule_set} is active"
        others = [rule.name for rule in self.present or () if rule.enabled and rule.name != spec.rule]
        if spec.activate and others and (active is None or active.name != spec.rule_set):
            yield f"the rule set {spec.rule_set} has other rules, which then run too: {', '.join(others)}"


def _nothing(_: object = None) -> None:
    """Do nothing: for a step that is done, or whose result is not needed."""
