"""Which AWS a call goes to: account, region, endpoint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AwsEndpoint:
    """What the settings say of AWS; what is None is left to the ordinary AWS chain.

    `local` is the embedded SES: any keys do there, and the machine's own credentials are not sent to it.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    local: bool = False
