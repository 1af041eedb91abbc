"""The ARN of an identity."""

from __future__ import annotations

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def identity_arn(region: str, account_id: str, identity: str) -> str:
    """The Amazon Resource Name, in the partition of the region: aws, aws-cn or aws-us-gov."""
    partition = next((name for begin, name in _PARTITIONS.items() if region.startswith(begin)), "aws")
    return f"arn:{partition}:ses:{region}:{account_id}:identity/{identity}"
