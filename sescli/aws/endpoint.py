"""Where AWS calls go: account, region, endpoint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AwsEndpoint:
    """The AWS settings of a call; boto3 finds the value of what is None as usual.

    `local` is the local SES emulator: it accepts any keys, and the credentials of the machine are not sent to it.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    local: bool = False
