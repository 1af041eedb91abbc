"""SES's mailbox simulator: mail whose fate is known beforehand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sescli.errors import AccessError, InterruptedRunError, SescliError, UsageError
from sescli.groups.reputation.service.quota import quota
from sescli.groups.send.service.send import Content, send_email
from sescli.mail.message import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    """A mail to the simulator. `message_id` is None where it was not sent, and `reason` says why."""

    scenario: str
    to: str
    message_id: str | None
    expect: str
    reason: str | None = None
    error: SescliError | None = field(default=None, metadata={"json": False})


@dataclass(frozen=True)
class SimulatorMessage:
    """What is sent: from whom, with which label after the `+`, by which configuration set."""

    sender: str
    label: str | None = None
    config_set: str | None = None

    def to(self, scenario: str) -> str:
        """The address of a scenario. Raises `UsageError` for a label that no address can have."""
        if self.label is None:
            return f"{scenario}@{DOMAIN}"
        if not _LABEL.fullmatch(self.label) or ".." in self.label:
            raise UsageError(
                f"--label is {self.label[:80]!r}", hint="up to 48 letters, digits, and . _ - between them"
            )
        return f"{scenario}+{self.label}@{DOMAIN}"


def parse_scenario(text: str) -> tuple[str, ...]:
    """One scenario, or all of them. Raises `UsageError`."""
    name = text.lower()
    if name == ALL:
        return tuple(SCENARIOS)
    if name not in SCENARIOS:
        raise UsageError(f"there is no scenario {text!r}", hint=f"it takes {', '.join((*SCENARIOS, ALL))}")
    return (name,)


def simulate(
    aws: Gateway,
    scenarios: Sequence[str],
    mailing: SimulatorMessage,
    *,
    warn: Callable[[str], None],
    sleep: Callable[[float], None],
) -> list[SimulationResult]:
    """Send a mail a scenario, within the account's rate (SES API v2 SendEmail).

    Each is a mail of its own, because SES answers several simulated bounces of one call with one. Raises what
    the first one raises; a later failure ends the series and stands in its row. Raises `InterruptedRunError`
    that names what was sent after Ctrl-C.
    """
    done: list[SimulationResult] = []
    try:
        _send_all(aws, scenarios, mailing, done, warn=warn, sleep=sleep)
    except KeyboardInterrupt:
        sent = "; ".join(f"{one.scenario} as {one.message_id}" for one in done)
        raise InterruptedRunError(f"interrupted; sent until then: {sent or 'nothing'}") from None
    return done


def _send_all(
    aws: Gateway,
    scenarios: Sequence[str],
    mailing: SimulatorMessage,
    done: list[SimulationResult],
    *,
    warn: Callable[[str], None],
    sleep: Callable[[float], None],
) -> None:
    pause = _seconds_between_sends(aws, len(scenarios))
    for scenario in scenarios:
        if done and pause:
            sleep(pause)
        try:
            done.append(_send_one(aws, scenario, mailing, look_up=not done, warn=warn))
        except SescliError as error:
            if not done:
                raise
            done.append(_failure_result(scenario, mailing, error))
            return


def _send_one(
    aws: Gateway, scenario: str, mailing: SimulatorMessage, *, look_up: bool, warn: Callable[[str], None]
) -> SimulationResult:
    to = mailing.to(scenario)
    content = Content(
        subject=f"Mailbox simulator: {scenario}", text=f"This mail tests what becomes of {scenario}."
    )
    envelope = Envelope(mailing.sender, to=[to], config_set=mailing.config_set)
    sent = send_email(aws, envelope, content, look_up=look_up, warn=warn)
    return SimulationResult(scenario, to, sent.message_id, SCENARIOS[scenario])


def _failure_result(scenario: str, mailing: SimulatorMessage, error: SescliError) -> SimulationResult:
    return SimulationResult(scenario, mailing.to(scenario), None, SCENARIOS[scenario], error.message, error)


def _seconds_between_sends(aws: Gateway, count: int) -> float:
    """Seconds between two mails, so that the simulator, which is rate-limited too, refuses none."""
    if count == 1 or aws.dry_run:
        return 0
    try:
        rate = quota(aws).max_send_rate or _SANDBOX_RATE
    except AccessError:
        rate = _SANDBOX_RATE
    return 0 if rate >= count else 1.1 / rate
