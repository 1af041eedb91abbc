"""Request and result of delivering a message to the emulator over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class RuleStep:
    """An action of a rule. `outcome`: done, failed (SES's PublishFailure), skipped, or not run (not supported here).

    `event` is the input for a Lambda function that could not run because Docker is missing.
    """

    rule: str
    action: str
    outcome: str
    detail: str
    event: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Refusal:
    """Why SES refused the message, or one recipient `address`. `fix` is the command to run, without `sescli`."""

    code: str
    reason: str
    fix: str
    address: str | None = None


@dataclass(frozen=True)
class DeliverResult:
    """The result for a message. `message_id` and `rule_set` are None if it was refused for all recipients."""

    message_id: str | None
    recipients: tuple[str, ...]
    steps: tuple[RuleStep, ...]
    refused: tuple[Refusal, ...]
    rule_set: str | None

    @property
    def failed(self) -> bool:
        """Whether an action failed."""
        return any(step.outcome == "failed" for step in self.steps)


@dataclass(frozen=True)
class DeliverRequest:
    """A message to deliver. `sender` is the envelope sender: None uses the From header, "" is the null sender.

    Each of `verdicts` has the form `spam=FAIL`.
    """

    content: bytes
    recipients: Sequence[str]
    sender: str | None = None
    source_ip: str | None = None
    verdicts: Sequence[str] = ()

    def query(self, region: str) -> list[tuple[str, str]]:
        """The parameters of `POST /_sescli/deliver`."""
        given = [("region", region), *(("to", each) for each in self.recipients)]
        if self.sender is not None:
            given.append(("from", self.sender))
        if self.source_ip is not None:
            given.append(("source_ip", self.source_ip))
        return given + [("verdict", each) for each in self.verdicts]


def read_result(answer: Mapping[str, Any]) -> DeliverResult:
    """Read the server's response."""
    return DeliverResult(
        message_id=answer["message_id"],
        recipients=tuple(answer["recipients"]),
        steps=tuple(RuleStep(**each) for each in answer["steps"]),
        refused=tuple(Refusal(**each) for each in answer["refused"]),
        rule_set=answer["rule_set"],
    )
