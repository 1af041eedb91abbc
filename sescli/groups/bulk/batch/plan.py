"""What a run would take: recipients, calls, minutes, money."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sescli.pacing.rate_limiter import call_size

# Of SES, per 1,000 recipients, in US dollars; attachments and dedicated addresses cost extra.
_PRICE = 0.10
# When nobody says how fast the account may send: the rate of an account fresh out of the sandbox.
ASSUMED_RATE = 14.0


@dataclass(frozen=True)
class SendPlan:
    """A run before it starts. `recipients` counts as SES does, To, Cc and Bcc; `rate` is recipients a second."""

    mails: int
    recipients: int
    calls: int
    rate: float
    minutes: float
    cost_usd: float


def make_plan(mails: int, recipients: int, rate: float, *, one_call_each: bool) -> SendPlan:
    """The plan for so many mails to so many recipients at this rate."""
    size = 1 if one_call_each else call_size(rate)
    return SendPlan(
        mails=mails,
        recipients=recipients,
        calls=max(mails if one_call_each else math.ceil(recipients / size), 0),
        rate=rate,
        minutes=round(recipients / rate / 60, 2),
        cost_usd=round(recipients * _PRICE / 1000, 4),
    )


def effective_rate(wanted: float | None, allowed: float | None) -> float:
    """The limit to keep to: what is wanted, but never above what the account allows."""
    if wanted is None:
        return allowed or ASSUMED_RATE
    return min(wanted, allowed) if allowed else wanted
