"""The steps from what is there to a domain that receives: each is made once, and what holds already is left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

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

# Seconds. A policy takes a moment to reach SES, which refuses the rule until then.
_POLICY_PAUSES = (1.0, 2.0, 4.0)
_NOT_YET = ("InvalidS3Configuration", "InvalidLambdaFunction")


def build_plan(
    aws: Gateway, state: ReceivingState, spec: ReceivingSpec, *, sleep: Callable[[float], None]
) -> ReceivingPlan:
    """The way to what is wanted. Only reads.

    Raises `UsageError` for what no rule takes, `NotFoundError` for a bucket, topic or function that is not there, `AccessError` for a bucket of another
    account, `AlreadyExistsError` for a rule or a statement of that name that is something else.
    """
    draft = _PlanBuilder(aws, state, spec, spec.members(state.region), sleep)
    policy = draft.bucket.policy or {}
    if not draft.has_access:
        policy = receiving_bucket.merged(draft.bucket.policy, draft.statement)
    return ReceivingPlan(
        spec=spec,
        state=state,
        steps=tuple(draft.steps()),
        warnings=tuple(draft.warnings()),
        policy=policy,
        policy_changes=not draft.has_access,
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
                f"there is no bucket {self.spec.bucket}",
                hint=f"add --create-bucket, and it is made in {self.state.region}; or name one that is there",
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
        """The rule of this name, where it is there and is what is wanted."""
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
                f"the rule set {spec.rule_set} has a rule {spec.rule} already, of other {' and '.join(other)}",
                hint=f"--rule NAME adds a second one; sescli receipt rule show {spec.rule_set} {spec.rule} shows it",
                code="RuleDiffers",
            )

    def steps(self) -> Iterator[ReceivingStep]:
        yield from self._bucket_steps()
        yield from self._target_steps()
        yield from self._rule_steps()

    def _bucket_steps(self) -> Iterator[ReceivingStep]:
        aws, name, exists = self.aws, self.spec.bucket, self.bucket.exists
        yield ReceivingStep(
            f"create the bucket {name} in {self.state.region}"
            if not exists
            else f"the bucket {name} is there",
            exists,
            lambda: receiving_bucket.create(aws, name),
        )
        yield ReceivingStep(
            f"let SES write to {name}, for this rule alone"
            if not self.has_access
            else f"SES may write to {name}",
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
                f"SES may invoke {function}" if allowed else f"let SES invoke {function} for this rule",
                allowed,
                lambda: targets.allow(self.aws, function, account_id, self.source),
            )

    def _rule_steps(self) -> Iterator[ReceivingStep]:
        aws, spec, active = self.aws, self.spec, self.state.active
        there = self.present is not None
        yield ReceivingStep(
            f"the rule set {spec.rule_set} is there" if there else f"create the rule set {spec.rule_set}",
            there,
            lambda: _nothing(rule_sets.create(aws, spec.rule_set)),
        )
        doing = ", ".join(rules.from_api(self.members, 1).action_summaries)
        yield ReceivingStep(
            f"the rule {spec.rule} is there, for {', '.join(spec.recipients)}"
            if self.rule
            else f"add the rule {spec.rule} to {spec.rule_set}, for {', '.join(spec.recipients)}: {doing}",
            self.rule is not None,
            self._add_rule,
        )
        if active is not None and active.name == spec.rule_set:
            yield ReceivingStep(f"the rule set {spec.rule_set} is active", done=True, run=_nothing)
        elif spec.activate:
            place = f" in place of {active.name}" if active else ""
            yield ReceivingStep(
                f"activate the rule set {spec.rule_set}{place}",
                done=False,
                run=lambda: rule_sets.activate(aws, spec.rule_set),
            )

    def _add_rule(self) -> None:
        """SES tries the bucket at once, and a policy that is new may not have reached it."""
        for pause in _POLICY_PAUSES:
            try:
                return self._add_rule_once()
            except ApiError as error:
                if self.has_access or not str(error.code).startswith(_NOT_YET):
                    raise
                self.sleep(pause)
        return self._add_rule_once()

    def _add_rule_once(self) -> None:
        rules.create(self.aws, self.spec.rule_set, self.members, RulePosition(), present=self.present or [])

    def warnings(self) -> Iterator[str]:
        state, spec = self.state, self.spec
        if state.verified is False:
            yield (
                f"{state.domain} is not verified in {state.region}: until it is, SES rejects its mail whatever the "
                "rules say"
            )
        yield from self._about_sets()
        if self.rule is None:
            new = rules.from_api(self.members, len(self.present or ()) + 1)
            yield from unreachable_warnings(self.present or [], new, example_addresses(spec))
        if spec.prefix and not spec.prefix.endswith("/"):
            yield f"the prefix {spec.prefix} does not end with /: the keys will be {spec.prefix}o3vrnil0e2ic…"
        if any(one.startswith(".") for one in spec.recipients):
            host = f"inbound-smtp.{state.region}.amazonaws.com"
            yield f"each subdomain that is to receive wants an MX record of its own: priority 10, {host}"
        foreign = (
            one
            for one in permissions.required_permissions(self.aws, spec.rule_set, self.members)
            if one.kind in {"topic_policy", "lambda_permission"}
            and targets.account_of(one.resource) != state.account_id
        )
        advice = permissions.instructions(tuple(foreign))
        if advice:
            yield f"another account must act before SES takes the rule: {advice}"

    def _about_sets(self) -> Iterator[str]:
        active, spec = self.state.active, self.spec
        if active is not None and active.name != spec.rule_set:
            names = (
                ", ".join(rule.name for rule in active.rules if rule.enabled) or "none of which is enabled"
            )
            yield (
                f"the rule set {active.name} stops: its rules ({names}) take no mail any more"
                if spec.activate
                else f"SES follows the rule set {active.name}, so this rule takes no mail until {spec.rule_set} is active"
            )
        elif active is None and not spec.activate:
            yield f"no rule set is active: SES rejects all mail until {spec.rule_set} is"
        others = [rule.name for rule in self.present or () if rule.enabled and rule.name != spec.rule]
        if spec.activate and others and (active is None or active.name != spec.rule_set):
            yield f"the rule set {spec.rule_set} has other rules, which act from then on too: {', '.join(others)}"


def _nothing(_: object = None) -> None:
    """A step whose answer nobody wants, or that is done."""
