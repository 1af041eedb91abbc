"""Which AWS account the credentials belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.errors import AccessError, ApiError, RetryableError

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway

# Stands for the account ID where STS does not return it.
UNKNOWN_ACCOUNT = "ACCOUNT-ID"


def account(aws: Gateway) -> str:
    """The account ID (STS GetCallerIdentity, which needs no permission), or `UNKNOWN_ACCOUNT`."""
    try:
        return str(aws.read("sts", "GetCallerIdentity")["Account"])
    except (AccessError, ApiError, RetryableError):
        return UNKNOWN_ACCOUNT
