"""SES's mailbox simulator: messages whose result is known in advance."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sescli.aws.try_read import try_read
from sescli.errors import InterruptedRunError, SescliError, UsageError
from sescli.groups.reputation.service.quota import quota
from sescli.groups.send.service.send import SimpleContent, send_email
from sescli.mail.message import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway

DOMAIN = "simulator.amazonses.com"
ALL = "all"
SCENARIOS = {
    "success": "a Delivery event",
    "bounce": "a Bounce event: 550 5.1.1, unknown user",
    "complaint": "a Delivery event, then a Complaint event",
    "ooto": "a Delivery event; an out-of-office reply goes to the Return-Path",
    "suppressionlist": "a Bounce event, as for an address on the global suppression list",
}

# A local part has 64 characters (RFC 5321), of which `suppressionlist+` takes 16.
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,46}[A-Za-z0-9])?")
_SANDBOX_RATE = 1.0


@dataclass(frozen=True)
class SimulationResult:
    """A message to the simulator. `message_id` is None if it was not sent; `reason` says why."""

    scenario: str
    to: str
    message_id: str | None
    expect: str
    reason: str | None = None
    error: SescliError | None = field(default=None, metadata={"json": False})


@dataclass(frozen=True)
class SimulatorMessage:
    """The sender of a message, the label after the `+`, and the configuration set."""

    sender: str
    label: str | None = None
    config_set: str | None = None

    def to(self, scenario: str) -> str:
        """The address of a scenario. Raises `UsageError` for an invalid label."""
        if self.label is None:
            return f"{scenario}@{DOMAIN}"
        if not _LABEL.fullmatch(self.label) or ".." in self.label:
            raise UsageError(
                f"--label {self.label[:80]!r} is not valid",
                hint="use up to 48 letters and digits, with . _ - between them",
            )
        return f"{scenario}+{self.label}@{DOMAIN}"


def parse_scenario(text: str) -> tuple[str, ...]:
    """Parse the name of a scenario, or `all`. Raises `UsageError`."""
    name = text.lower()
    if name == ALL:
        return tuple(SCENARIOS)
    if name not in SCENARIOS:
        raise UsageError(f"unknown scenario {text!r}", hint=f"give one of: {', '.join((*SCENARIOS, ALL))}")
    return (name,)


def simulate(
    aws: Gateway,
    scenarios: Sequence[str],
    message: SimulatorMessage,
    *,
    warn: Callable[[Hint], None],
    sleep: Callable[[float], None],
) -> list[SimulationResult]:
    """Send one message for each scenario, within the send rate of the account (SES API v2 SendEmail).

    Each is a separate message, because SES returns only one event for several simulated bounces in one call. An error
    of the first message is raised; a later error ends the series and is in its row. After Ctrl-C, raises
    `InterruptedRunError` that names what was sent.
    """
    done: list[SimulationResult] = []
    try:
        _send_all(aws, scenarios, message, done, warn=warn, sleep=sleep)
    except KeyboardInterrupt:
        sent = "; ".join(f"{one.scenario} as {one.message_id}" for one in done)
        raise InterruptedRunError(f"interrupted; sent before: {sent or 'nothing'}") from None
    return done


def _send_all(
    aws: Gateway,
    scenarios: Sequence[str],
    message: SimulatorMessage,
    done: list[SimulationResult],
    *,
    warn: Callable[[Hint], None],
    sleep: Callable[[float], None],
) -> None:
    pause = _seconds_between_sends(aws, len(scenarios))
    for scenario in scenarios:
        if done and pause:
            sleep(pause)
        try:
            done.append(_send_one(aws, scenario, message, look_up=not done, warn=warn))
        except SescliError as error:
            if not done:
                raise
            done.append(_failure_result(scenario, message, error))
            return


def _send_one(
    aws: Gateway, scenario: str, message: SimulatorMessage, *, look_up: bool, warn: Callable[[Hint], None]
) -> SimulationResult:
    to = message.to(scenario)
    content = SimpleContent(
        subject=f"Mailbox simulator: {scenario}", text=f"This message tests the scenario {scenario}."
    )
    envelope = Envelope(message.sender, to=[to], config_set=message.config_set)
    sent = send_email(aws, envelope, content, look_up=look_up, warn=warn)
    return SimulationResult(scenario, to, sent.message_id, SCENARIOS[scenario])


def _failure_result(scenario: str, message: SimulatorMessage, error: SescliError) -> SimulationResult:
    return SimulationResult(scenario, message.to(scenario), None, SCENARIOS[scenario], error.message, error)


def _seconds_between_sends(aws: Gateway, count: int) -> float:
    """Seconds between two messages, because the simulator is rate-limited too."""
    if count == 1 or aws.dry_run:
        return 0
    limits = try_read("the send rate", lambda: quota(aws))  # no warning: the sandbox rate is always allowed
    rate = (limits and limits.max_send_rate) or _SANDBOX_RATE
    return 0 if rate >= count else 1.1 / rate
