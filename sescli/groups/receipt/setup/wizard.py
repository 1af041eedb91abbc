"""The questions of `receipt setup`: which recipients, which bucket, which rule set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sescli.advice import NextCommand
from sescli.dns.names import parse_domain
from sescli.errors import AccessError, UsageError
from sescli.groups.receipt.service import actions
from sescli.groups.receipt.service.inbox import parse_path
from sescli.groups.receipt.service.names import checked_rule_name
from sescli.groups.receipt.service.rules import complete_rule
from sescli.groups.receipt.setup.bucket import proposed_name
from sescli.groups.receipt.setup.spec import (
    DEFAULT_SET,
    ReceivingSpec,
    default_rule_name,
    differences,
    parse_recipients,
)
from sescli.prompts.steps import run_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.groups.receipt.service.rules import Rule
    from sescli.groups.receipt.setup.bucket import Bucket
    from sescli.groups.receipt.setup.spec import ReceivingState
    from sescli.prompts.prompter import Prompter
    from sescli.prompts.steps import StepPrompter

_YES, _NO = "yes", "no"


@dataclass(frozen=True)
class ReceivingInput:
    """The options as given; None is not given. Empty recipients: the wizard asks for addresses next."""

    recipients: tuple[str, ...] | None = None
    bucket: str | None = None
    prefix: str = ""
    create_bucket: bool = False
    topic: str | None = None
    function: str | None = None
    rule_set: str | None = None
    rule: str | None = None
    activate: bool | None = None
    scan: bool = True

    @property
    def missing(self) -> list[str]:
        """The required options that are not given."""
        needed = {"--recipient": self.recipients, "--s3": self.bucket}
        return [option for option, value in needed.items() if not value]

    def set_name(self, state: ReceivingState) -> str:
        """The rule set: the given one, the active one, or a new one."""
        return self.rule_set or (state.active.name if state.active else DEFAULT_SET)

    def _activates_by_default(self, state: ReceivingState) -> bool:
        """Whether to activate the rule set without an option: yes, unless another one is active."""
        return state.active is None or state.active.name == self.set_name(state)

    def spec(self, state: ReceivingState) -> ReceivingSpec:
        """The spec. Raises `UsageError` that names all missing options."""
        if not self.recipients or not self.bucket:
            raise UsageError(
                f"missing: {', '.join(self.missing)}", hint=NextCommand("receipt", "setup", "--help")
            )
        return ReceivingSpec(
            domain=state.domain,
            recipients=self.recipients,
            bucket=self.bucket,
            prefix=self.prefix,
            rule_set=self.set_name(state),
            rule=self.rule or default_rule_name(state.domain),
            activate=self._activates_by_default(state) if self.activate is None else self.activate,
            create_bucket=self.create_bucket,
            topic=self.topic,
            function=self.function,
            scan=self.scan,
        )


def ask_domain(prompter: Prompter) -> str:
    """Ask for the domain."""
    return parse_domain(prompter.text("Domain to receive email for:", check=_refusal(parse_domain)))


@dataclass(frozen=True)
class ReceivingWizard:
    """Asks what the options do not say.

    `say` shows an explanation, `find_bucket` looks up a bucket, `rules_of` the rules of a rule set (None: it does not exist).
    """

    state: ReceivingState
    say: Callable[[str], None]
    find_bucket: Callable[[str], Bucket]
    rules_of: Callable[[str], list[Rule] | None]

    def ask(self, prompter: Prompter, given: ReceivingInput) -> ReceivingSpec:
        """Ask for what is missing and what depends on it. Raises `UsageError` for options that are not valid."""
        steps = (self.ask_recipients, self.ask_addresses, self.ask_bucket, self.ask_notification)
        asked = run_steps(
            prompter, (*steps, self.ask_rule_set, self.ask_activation, self.ask_rule_name), given
        )
        return asked.spec(self.state)

    def ask_recipients(self, asking: StepPrompter, given: ReceivingInput) -> ReceivingInput | None:
        """All addresses of the domain, or single ones."""
        if given.recipients is not None:
            return given
        domain = self.state.domain
        self.say("A rule matches messages by recipient.")
        choices = (
            (f"all addresses at {domain}", (domain,)),
            (f"all addresses at {domain} and its subdomains", (domain, f".{domain}")),
            ("single addresses", ()),
        )
        chosen = asking.select("Which recipients?", choices)
        return None if chosen is None else replace(given, recipients=chosen)

    def ask_addresses(self, asking: StepPrompter, given: ReceivingInput) -> ReceivingInput | None:
        """The single addresses."""
        if given.recipients:
            return given
        domain = self.state.domain
        self.say("An address also matches its +labels: jane@… matches jane+shop@….")
        answer = asking.text(
            f"Addresses at {domain}, separated by commas:",
            check=_refusal(lambda text: _addresses(text, domain), _message),
        )
        return None if answer is None else replace(given, recipients=_addresses(answer, domain))

    def ask_bucket(self, asking: StepPrompter, given: ReceivingInput) -> ReceivingInput | None:
        """The bucket and prefix, and whether to create a bucket that does not exist."""
        if given.bucket is not None:
            exists = given.create_bucket or self._is_usable(asking, given.bucket)
            if exists is not None:
                return given if exists else replace(given, create_bucket=True)
        self.say(
            "SES stores each message as an object in your S3 bucket. The object key starts with the prefix."
        )
        default = f"{proposed_name(self.state.domain, self.state.account_id)}/inbox/"
        while True:
            answer = asking.text(
                "Bucket and prefix (BUCKET/PREFIX):", default=default, check=_refusal(self._check_path)
            )
            if answer is None:
                return None
            place = parse_path(answer)
            exists = self._is_usable(asking, place.bucket)
            if exists is not None:
                return replace(given, bucket=place.bucket, prefix=place.key, create_bucket=not exists)
            default = answer

    def _is_usable(self, asking: StepPrompter, bucket: str) -> bool | None:
        """Whether the bucket exists; None for one that cannot or should not be used."""
        try:
            found = self.find_bucket(bucket)
        except AccessError as error:
            self.say(f"{error.message} ({error.hint})")
            return None
        if found.exists:
            return True
        choices = (("yes", _YES), ("no, use another bucket", _NO))
        self.say(f"The bucket {bucket} does not exist.")
        question = f"Create the bucket {bucket} in {self.state.region}?"
        return False if asking.select(question, choices) == _YES else None

    def _check_path(self, text: str) -> None:
        place = parse_path(text)
        members = {"BucketName": place.bucket, **({"ObjectKeyPrefix": place.key} if place.key else {})}
        actions.checked_actions([{"S3Action": members}], self.state.region)

    def ask_notification(self, asking: StepPrompter, given: ReceivingInput) -> ReceivingInput | None:
        """A topic or a function to notify (optional)."""
        if given.topic or given.function:
            return given
        self.say(f"SES can notify an SNS topic or a Lambda function in {self.state.region} of each message.")
        answer = asking.text(
            "ARN of the topic or function (optional):",
            check=_refusal(lambda text: _target(text, self.state.region)),
        )
        if answer is None:
            return None
        topic, function = _target(answer, self.state.region)
        return replace(given, topic=topic, function=function)

    def ask_rule_set(self, asking: StepPrompter, given: ReceivingInput) -> ReceivingInput | None:
        """The rule set, if none is active and some exist."""
        active, sets = self.state.active, self.state.sets
        if given.rule_set is not None:
            return given
        if active is not None:
            self.say(f"The rule set {active.name} is active and stays active. The new rule goes last in it.")
            return given
        if not sets:
            self.say(f"{self.state.region} has no rule set: sescli creates {DEFAULT_SET}.")
            return given
        new = () if DEFAULT_SET in sets else ((f"a new rule set, {DEFAULT_SET}", DEFAULT_SET),)
        self.say(f"No rule set is active in {self.state.region}.")
        chosen = asking.select("Rule set to add the rule to:", (*new, *((name, name) for name in sets)))
        return None if chosen is None else replace(given, rule_set=chosen)

    def ask_activation(self, asking: StepPrompter, given: ReceivingInput) -> ReceivingInput | None:
        """Whether to activate the rule set, with a warning if another one is active."""
        active, name = self.state.active, given.set_name(self.state)
        if given.activate is not None or (active is not None and active.name == name):
            return given
        if active is None:
            self.say(
                "SES uses the one active rule set of a region. None is active now, so SES rejects all incoming email."
            )
            question, choices = f"Activate {name}?", (("yes", _YES), ("no", _NO))
        else:
            rules = ", ".join(rule.name for rule in active.rules) or "none"
            self.say(f"SES uses the one active rule set of a region, now {active.name}.")
            self.say(f"If {name} replaces it, the rules of {active.name} stop at once: {rules}.")
            question = f"Activate {name} instead of {active.name}?"
            choices = ((f"no, keep {active.name} active", _NO), (f"yes, stop {active.name}", _YES))
        chosen = asking.select(question, choices)
        return None if chosen is None else replace(given, activate=chosen == _YES)

    def ask_rule_name(self, asking: StepPrompter, given: ReceivingInput) -> ReceivingInput | None:
        """A name for the rule, if a different rule has the default name."""
        spec = given.spec(self.state)
        present = self.rules_of(spec.rule_set) or []
        taken = {rule.name for rule in present}
        same = next((rule for rule in present if rule.name == spec.rule), None)
        if given.rule is not None or same is None:
            return given
        if not differences(same, complete_rule(spec.members(self.state.region), self.state.region)):
            return given
        self.say(f"{spec.rule_set} already has a rule {spec.rule} that is different.")
        answer = asking.text(
            "Name of the new rule:", default=_unused_name(spec.rule, taken), check=_refusal(_new_name(taken))
        )
        return None if answer is None else replace(given, rule=answer)


def _addresses(text: str, domain: str) -> tuple[str, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise UsageError(
            "enter at least one address", hint=f"enter at least one address, such as support@{domain}"
        )
    return parse_recipients((part if "@" in part else f"{part}@{domain}" for part in parts), domain)


def _target(text: str, region: str) -> tuple[str | None, str | None]:
    """A topic or a function, or neither, from an ARN."""
    arn = text.strip()
    if not arn:
        return None, None
    if arn.startswith("arn:") and arn.split(":")[2:3] == ["lambda"]:
        actions.checked_actions([{"LambdaAction": {"FunctionArn": arn}}], region)
        return None, arn
    actions.checked_actions([{"SNSAction": {"TopicArn": arn}}], region)
    return arn, None


def _unused_name(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name[:60]}-{number}" in taken:
        number += 1
    return f"{name[:60]}-{number}"


def _new_name(taken: set[str]) -> Callable[[str], object]:
    def check(text: str) -> None:
        if checked_rule_name(text) in taken:
            raise UsageError(f"{text} exists already")

    return check


def _hint_or_message(error: UsageError) -> str:
    """What to type, which is shorter than what is wrong."""
    return str(error.hint or error.message)


def _message(error: UsageError) -> str:
    return error.message


def _refusal(
    parse: Callable[[str], object], say: Callable[[UsageError], str] = _hint_or_message
) -> Callable[[str], str | None]:
    """A check of an answer from a parser; the prompt shows the reason below the question."""

    def check(text: str) -> str | None:
        try:
            parse(text)
        except UsageError as error:
            return say(error)
        return None

    return check
