"""What the options of `receipt setup` give, before the wizard asks for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.advice import NextCommand
from sescli.errors import UsageError
from sescli.groups.receipt.setup.spec import DEFAULT_SET, ReceivingSpec, default_rule_name

if TYPE_CHECKING:
    from sescli.groups.receipt.setup.spec import ReceivingState


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
