"""The conversation of `receipt setup`: whose mail, where to, and which rule set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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
from sescli.prompts.steps import walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.groups.receipt.service.rules import Rule
    from sescli.groups.receipt.setup.bucket import Bucket
    from sescli.groups.receipt.setup.spec import ReceivingState
    from sescli.prompts.prompter import Prompter
    from sescli.prompts.steps import Asking

_YES, _NO = "yes", "no"


@dataclass(frozen=True)
class ReceivingInput:
    """What the options have said already; None is still to be asked. No recipients: the addresses are to come."""

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
        """The options that nothing can be set up without, and that were not given."""
        needed = {"--recipient": self.recipients, "--s3": self.bucket}
        return [option for option, value in needed.items() if not value]

    def set_name(self, state: ReceivingState) -> str:
        """The rule set: the one named, the active one, or a new one."""
        return self.rule_set or (state.active.name if state.active else DEFAULT_SET)

    def _follows(self, state: ReceivingState) -> bool:
        """Unless told, SES follows the set when it does so already, or follows none."""
        return state.active is None or state.active.name == self.set_name(state)

    def spec(self, state: ReceivingState) -> ReceivingSpec:
        """What is wanted, where nothing is missing. Raises `UsageError` that names all that is."""
        if not self.recipients or not self.bucket:
            raise UsageError(f"missing: {', '.join(self.missing)}", hint="sescli receipt setup --help")
        return ReceivingSpec(
            domain=state.domain,
            recipients=self.recipients,
            bucket=self.bucket,
            prefix=self.prefix,
            rule_set=self.set_name(state),
            rule=self.rule or default_rule_name(state.domain),
            activate=self._follows(state) if self.activate is None else self.activate,
            create_bucket=self.create_bucket,
            topic=self.topic,
            function=self.function,
            scan=self.scan,
        )


def ask_domain(prompter: Prompter) -> str:
    """The domain, on which all other questions hang."""
    return parse_domain(prompter.text("Whose mail shall come in? A domain:", check=_refusal(parse_domain)))


@dataclass(frozen=True)
class ReceivingWizard:
    """What the questions stand on; `say` explains, `look` finds a bucket, `rules_of` the rules of a set."""

    state: ReceivingState
    say: Callable[[str], None]
    look: Callable[[str], Bucket]
    rules_of: Callable[[str], list[Rule] | None]

    def ask(self, prompter: Prompter, given: ReceivingInput) -> ReceivingSpec:
        """Ask for what is missing, and for what hangs on it. Raises `UsageError` for options that will not do."""
        steps = (self.whom, self.ask_addresses, self.where, self.whom_to_tell)
        asked = walk(prompter, (*steps, self.which_set, self.activation, self.rule_name), given)
        return asked.spec(self.state)

    def whom(self, asking: Asking, given: ReceivingInput) -> ReceivingInput | None:
        """The recipients, but for single addresses."""
        if given.recipients is not None:
            return given
        domain = self.state.domain
        self.say("A rule takes mail by its recipients.")
        choices = (
            (f"everybody at {domain}", (domain,)),
            (f"everybody at {domain} and at its subdomains", (domain, f".{domain}")),
            ("some addresses only", ()),
        )
        chosen = asking.select("Whose mail?", choices)
        return None if chosen is None else replace(given, recipients=chosen)

    def ask_addresses(self, asking: Asking, given: ReceivingInput) -> ReceivingInput | None:
        """The single addresses."""
        if given.recipients:
            return given
        domain = self.state.domain
        self.say("An address also takes its +labels: jane+shop@… is jane@….")
        answer = asking.text(
            f"Which addresses at {domain}? (with commas between)",
            check=_refusal(lambda text: _addresses(text, domain), _message),
        )
        return None if answer is None else replace(given, recipients=_addresses(answer, domain))

    def where(self, asking: Asking, given: ReceivingInput) -> ReceivingInput | None:
        """The bucket and the prefix; a bucket that is not there is made on a yes."""
        if given.bucket is not None:
            exists = given.create_bucket or self._is_usable(asking, given.bucket)
            if exists is not None:
                return given if exists else replace(given, create_bucket=True)
        self.say("SES stores each mail as an object in an S3 bucket of yours; the prefix begins its key.")
        default = f"{proposed_name(self.state.domain, self.state.account_id)}/inbox/"
        while True:
            answer = asking.text(
                "Bucket and prefix, as BUCKET/PREFIX:", default=default, check=_refusal(self._checked_place)
            )
            if answer is None:
                return None
            place = parse_path(answer)
            exists = self._is_usable(asking, place.bucket)
            if exists is not None:
                return replace(given, bucket=place.bucket, prefix=place.key, create_bucket=not exists)
            default = answer

    def _is_usable(self, asking: Asking, bucket: str) -> bool | None:
        """Whether the bucket is there; None for one that shall not be used."""
        try:
            found = self.look(bucket)
        except AccessError as error:
            self.say(f"{error.message} ({error.hint})")
            return None
        if found.exists:
            return True
        choices = (("yes", _YES), ("no, I name another", _NO))
        question = f"There is no bucket {bucket} yet. Make it in {self.state.region}?"
        return False if asking.select(question, choices) == _YES else None

    def _checked_place(self, text: str) -> None:
        place = parse_path(text)
        members = {"BucketName": place.bucket, **({"ObjectKeyPrefix": place.key} if place.key else {})}
        actions.checked_actions([{"S3Action": members}], self.state.region)

    def whom_to_tell(self, asking: Asking, given: ReceivingInput) -> ReceivingInput | None:
        """A topic or a function."""
        if given.topic or given.function:
            return given
        self.say(f"An SNS topic or a Lambda function in {self.state.region} can hear of each mail at once.")
        answer = asking.text(
            "Its ARN (none is fine):", check=_refusal(lambda text: _target(text, self.state.region))
        )
        if answer is None:
            return None
        topic, function = _target(answer, self.state.region)
        return replace(given, topic=topic, function=function)

    def which_set(self, asking: Asking, given: ReceivingInput) -> ReceivingInput | None:
        """The rule set, where none is active and some are there."""
        active, sets = self.state.active, self.state.sets
        if given.rule_set is not None:
            return given
        if active is not None:
            self.say(f"The rule set {active.name} is active and stays so: the rule is added at its end.")
            return given
        if not sets:
            self.say(
                f"Rules stand in a rule set. There is none in {self.state.region}: {DEFAULT_SET} is made."
            )
            return given
        new = () if DEFAULT_SET in sets else ((f"a new one, {DEFAULT_SET}", DEFAULT_SET),)
        self.say(f"Rules stand in a rule set. None is active in {self.state.region}.")
        chosen = asking.select("Which rule set gets the rule?", (*new, *((name, name) for name in sets)))
        return None if chosen is None else replace(given, rule_set=chosen)

    def activation(self, asking: Asking, given: ReceivingInput) -> ReceivingInput | None:
        """Whether SES shall follow the set: with a warning where it follows another."""
        active, name = self.state.active, given.set_name(self.state)
        if given.activate is not None or (active is not None and active.name == name):
            return given
        if active is None:
            self.say("SES follows one rule set of a region. It follows none now, and so rejects all mail.")
            question, choices = f"Activate {name} at the end?", (("yes", _YES), ("no", _NO))
        else:
            rules = ", ".join(rule.name for rule in active.rules) or "none"
            self.say(f"SES follows one rule set of a region, now {active.name}. If {name} takes its place,")
            self.say(f"all that {active.name} does for incoming mail stops at once (its rules: {rules}).")
            question = f"Activate {name} in place of {active.name}?"
            choices = ((f"no, leave {active.name} active", _NO), (f"yes, stop {active.name}", _YES))
        chosen = asking.select(question, choices)
        return None if chosen is None else replace(given, activate=chosen == _YES)

    def rule_name(self, asking: Asking, given: ReceivingInput) -> ReceivingInput | None:
        """A name for the rule, where the one that offers itself is taken by another."""
        spec = given.spec(self.state)
        present = self.rules_of(spec.rule_set) or []
        taken = {rule.name for rule in present}
        same = next((rule for rule in present if rule.name == spec.rule), None)
        if given.rule is not None or same is None:
            return given
        if not differences(same, complete_rule(spec.members(self.state.region), self.state.region)):
            return given
        self.say(f"{spec.rule_set} has a rule {spec.rule} already, which does something else.")
        answer = asking.text(
            "A name for the new rule:", default=_free(spec.rule, taken), check=_refusal(_new_name(taken))
        )
        return None if answer is None else replace(given, rule=answer)


def _addresses(text: str, domain: str) -> tuple[str, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise UsageError("at least one", hint=f"such as support@{domain}")
    return parse_recipients((part if "@" in part else f"{part}@{domain}" for part in parts), domain)


def _target(text: str, region: str) -> tuple[str | None, str | None]:
    """A topic or a function, or neither, by its ARN."""
    arn = text.strip()
    if not arn:
        return None, None
    if arn.startswith("arn:") and arn.split(":")[2:3] == ["lambda"]:
        actions.checked_actions([{"LambdaAction": {"FunctionArn": arn}}], region)
        return None, arn
    actions.checked_actions([{"SNSAction": {"TopicArn": arn}}], region)
    return arn, None


def _free(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name[:60]}-{number}" in taken:
        number += 1
    return f"{name[:60]}-{number}"


def _new_name(taken: set[str]) -> Callable[[str], object]:
    def check(text: str) -> None:
        if checked_rule_name(text) in taken:
            raise UsageError(f"{text} is taken too")

    return check


def _hint_or_message(error: UsageError) -> str:
    """What would do: that is shorter than what will not."""
    return str(error.hint or error.message)


def _message(error: UsageError) -> str:
    return error.message


def _refusal(
    parse: Callable[[str], object], say: Callable[[UsageError], str] = _hint_or_message
) -> Callable[[str], str | None]:
    """A parser as a check of an answer; its reason stands in one line below the question."""

    def check(text: str) -> str | None:
        try:
            parse(text)
        except UsageError as error:
            return say(error)
        return None

    return check
