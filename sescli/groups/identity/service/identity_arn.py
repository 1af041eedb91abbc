"""The ARN of an identity."""

from __future__ import annotations

from sescli.aws.arn import partition_of


def identity_arn(region: str, account_id: str, identity: str) -> str:
    """The Amazon Resource Name, in the partition of the region."""
    return f"arn:{partition_of(region)}:ses:{region}:{account_id}:identity/{identity}"
