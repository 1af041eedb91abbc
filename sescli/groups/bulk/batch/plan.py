"""Estimates what a run needs: recipients, calls, minutes, cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sescli.pacing.rate_limiter import call_size

# The price of SES per 1,000 recipients in US dollars; attachments and dedicated IP addresses cost extra.
_PRICE = 0.10
# Recipients per second where the account's rate is unknown: the rate of an account that just left the sandbox.
ASSUMED_RATE = 14.0


@dataclass(frozen=True)
class SendPlan:
    """The estimate. `recipients` counts To, Cc and Bcc, as SES does; `rate` is recipients per second."""

    mails: int
    recipients: int
    calls: int
    rate: float
    minutes: float
    cost_usd: float


def make_plan(mails: int, recipients: int, rate: float, *, one_call_each: bool) -> SendPlan:
    """Estimate a run with this number of messages and recipients at this rate."""
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
    """The rate to send at: `wanted`, but never more than the account allows."""
    if wanted is None:
        return allowed or ASSUMED_RATE
    return min(wanted, allowed) if allowed else wanted
